//! Which policy said no: read out of AWS's AccessDenied messages.
//!
//! The phrases are those of the IAM user guide's page on troubleshooting access-denied messages; they are matched by
//! substring, without regard to case, first hit first. Only one policy type is ever named, even where several deny.

/// The policy type that denied a request, as far as AWS says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// A service control policy denies it.
    ServiceControlPolicy,
    /// No service control policy allows it.
    ServiceControlPolicyMissing,
    /// A resource control policy.
    ResourceControlPolicy,
    /// A policy of the caller denies it.
    IdentityPolicy,
    /// No policy of the caller allows it.
    IdentityPolicyMissing,
    /// The caller's permissions boundary.
    PermissionsBoundary,
    /// The session policy.
    SessionPolicy,
    /// A resource-based policy.
    ResourcePolicy,
    /// The role's trust policy does not let the caller in.
    TrustPolicyMissing,
    /// The role's trust policy denies the caller.
    TrustPolicy,
    /// A VPC endpoint's policy.
    VpcEndpointPolicy,
    /// AWS does not say.
    Unnamed,
}

/// The phrases, in the order in which they are tried.
const PHRASES: &[(&str, Denial)] = &[
    ("explicit deny in a service control policy", Denial::ServiceControlPolicy),
    ("no service control policy allows", Denial::ServiceControlPolicyMissing),
    ("explicit deny in a resource control policy", Denial::ResourceControlPolicy),
    ("no resource control policy allows", Denial::ResourceControlPolicy),
    ("explicit deny in an identity-based policy", Denial::IdentityPolicy),
    ("no identity-based policy allows", Denial::IdentityPolicyMissing),
    ("explicit deny in a permissions boundary", Denial::PermissionsBoundary),
    ("no permissions boundary allows", Denial::PermissionsBoundary),
    ("no session policy allows", Denial::SessionPolicy),
    ("explicit deny in a session policy", Denial::SessionPolicy),
    ("in a sessions policy", Denial::SessionPolicy),
    ("no resource-based policy allows", Denial::ResourcePolicy),
    ("explicit deny in a resource-based policy", Denial::ResourcePolicy),
    ("no role trust policy allows", Denial::TrustPolicyMissing),
    ("explicit deny in the role trust policy", Denial::TrustPolicy),
    ("vpc endpoint policy", Denial::VpcEndpointPolicy),
];

impl Denial {
    /// Reads the message of an AccessDenied error.
    pub fn read(message: &str) -> Self {
        let message = message.to_lowercase();
        PHRASES.iter().find(|(phrase, _)| message.contains(phrase)).map_or(Self::Unnamed, |(_, denial)| *denial)
    }
}

/// The action that was refused, from `… is not authorized to perform: ACTION …`, where AWS says it.
pub fn refused_action(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("is not authorized to perform: ")?;
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == ':' || c == '-')).unwrap_or(rest.len());
    rest.get(..end).filter(|action| action.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_names_its_policy_type_and_action() {
        let message = "User: arn:aws:sts::123456789012:assumed-role/X/y is not authorized to perform: iam:CreateRole \
                       on resource: arn:aws:iam::123456789012:role/Z with an explicit deny in a Service Control Policy";
        assert_eq!(Denial::read(message), Denial::ServiceControlPolicy);
        assert_eq!(refused_action(message), Some("iam:CreateRole"));
        assert_eq!(Denial::read("Access denied"), Denial::Unnamed);
        assert_eq!(refused_action("no"), None);
    }
}
