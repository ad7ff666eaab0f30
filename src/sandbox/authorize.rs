//! May this caller do this? Every request is asked, in AWS's words.

use super::entities::Iam;
use super::policy::{Context, Decision, Layers};
use super::refusal::Refusal;
use super::session::{Caller, Identity};
use super::world::Inner;

/// Condition keys that a single operation adds: their names and values.
pub(super) type Extra<'a> = &'a [(&'a str, &'a str)];

impl Inner {
    /// Whether `caller`, whose account's IAM is `iam`, may do `action` on `resource`.
    ///
    /// # Errors
    /// AWS's AccessDenied, which names the layer of policies that stands in the way.
    pub(super) fn authorize(
        &self,
        caller: &Caller,
        iam: &Iam,
        action: &str,
        resource: &str,
        extra: Extra<'_>,
    ) -> Result<(), Refusal> {
        let context = match self.decide(caller, iam, action, resource, extra)? {
            Decision::Allowed => return Ok(()),
            Decision::ExplicitDeny(layer) => {
                let article = if layer.as_str().starts_with('i') { "an" } else { "a" };
                format!("with an explicit deny in {article} {}", layer.as_str())
            }
            Decision::ImplicitDeny(layer) => format!("because no {} allows the {action} action", layer.as_str()),
        };
        let arn = &caller.arn;
        Err(Refusal::access_denied(format!(
            "User: {arn} is not authorized to perform: {action} on resource: {resource} {context}"
        )))
    }

    /// The same, as a decision.
    ///
    /// # Errors
    /// The role or user behind the credentials is no more.
    pub(super) fn decide(
        &self,
        caller: &Caller,
        iam: &Iam,
        action: &str,
        resource: &str,
        extra: Extra<'_>,
    ) -> Result<Decision, Refusal> {
        let layers = self.layers(caller, iam)?;
        let mut context = self.context(caller, iam);
        for (key, value) in extra {
            context.set(*key, *value);
        }
        Ok(layers.decide(action, resource, &context))
    }

    fn layers<'a>(&'a self, caller: &'a Caller, iam: &Iam) -> Result<Layers<'a>, Refusal> {
        let scps = self.account(caller.account).map(|account| self.scps(account)).unwrap_or_default();
        match &caller.identity {
            Identity::User(name) => {
                let user = iam.users.get(name).ok_or_else(gone)?;
                let groups = iam.groups_of(name).flat_map(|group| group.grants.documents());
                let identity = user.grants.documents().chain(groups).collect();
                Ok(Layers { scps, identity, boundary: None, session: None })
            }
            Identity::Role(session) => {
                let role = iam.roles.get(&session.claims.role).filter(|role| *role.id == *session.claims.role_id);
                let role = role.ok_or_else(gone)?;
                Ok(Layers {
                    scps,
                    identity: role.grants.documents().collect(),
                    boundary: role.boundary.as_ref().map(|managed| std::sync::Arc::clone(&managed.document)),
                    session: session.policies.as_deref(),
                })
            }
        }
    }

    /// The condition keys that every request has.
    pub(super) fn context<'a>(&'a self, caller: &'a Caller, iam: &Iam) -> Context<'a> {
        let mut context = Context::new();
        context.set("aws:PrincipalAccount", caller.account.to_string());
        if self.organization.exists {
            context.set("aws:PrincipalOrgID", self.organization_id.as_str());
        }
        match &caller.identity {
            Identity::User(name) => {
                context.set("aws:PrincipalArn", caller.arn.as_str());
                context.set("aws:PrincipalType", "User");
                context.set("aws:username", name.as_str());
                if let Some(user) = iam.users.get(name) {
                    context.set("aws:userid", user.id.to_string());
                }
            }
            Identity::Role(session) => {
                let claims = &session.claims;
                context.set("aws:PrincipalArn", self.iam_arn(claims.account, "role", &claims.role_path, &claims.role));
                context.set("aws:PrincipalType", "AssumedRole");
                context.set("aws:userid", format!("{}:{}", claims.role_id, claims.name));
                if let Some(identity) = &claims.source_identity {
                    context.set("aws:SourceIdentity", identity.as_str());
                }
            }
        }
        context.set("aws:CurrentTime", self.now().to_string());
        context.set("aws:RequestedRegion", self.region);
        context.set("aws:SecureTransport", "false");
        context.set("aws:SourceIp", "127.0.0.1");
        context
    }
}

/// The answer to credentials that nobody stands behind.
pub(super) fn gone() -> Refusal {
    Refusal::new(403, "InvalidClientTokenId", "The security token included in the request is invalid.")
}
