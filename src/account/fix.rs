//! The one line that says what to do about a failed call.

use std::time::Duration;

use super::model::failure_code::FailureCode;
use super::model::outcome::Failure;
use super::model::plan::Refusal;
use super::model::words::Step;
use crate::aws::ClockOff;
use crate::aws::denial::{Denial, refused_action};
use crate::aws::failure::{AwsFailure, Class};

/// What to do about `failure`, which happened at `step`, in one line. It never holds text that AWS or an account's owner
/// wrote, but for the action that was refused.
pub(super) fn advise(step: Step, failure: &AwsFailure) -> String {
    let action = refused_action(&failure.message).unwrap_or("the action");
    if failure.code == "WrongAccount" {
        return "something between here and AWS mixes up sessions: check --endpoint-url and the proxy, and trust neither".into();
    }
    if let Some(fix) = failure.network_fix() {
        return fix;
    }
    match failure.class {
        Class::Denied => denied(step, Denial::read(&failure.message), action),
        Class::Throttled => "AWS throttles this; rerun the account later, or with a lower --concurrency".into(),
        Class::ServiceFault => "AWS failed on its side; rerun the account later".into(),
        Class::Busy => "somebody else is changing the same entity; rerun the account in a few minutes".into(),
        Class::NotFound => "it went away while rolecall worked; rerun the account".into(),
        Class::NotAttachable => {
            "there is no such managed policy; correct managed_policies or permissions_boundary in the setup".into()
        }
        Class::Exists => "it was created while rolecall worked; rerun the account".into(),
        Class::DeleteConflict => "something is still attached to it; take that away and rerun the account".into(),
        Class::UnknownPrincipal => "the policy names a principal that does not exist; correct the setup's trust".into(),
        Class::Malformed => "IAM does not accept the policy; correct the setup's document".into(),
        Class::Quota if failure.message.contains("Maximum policy size") => {
            "its inline policies are too long together, which AWS cannot raise; take one away or use managed policies"
                .into()
        }
        Class::Quota => "a quota of the account is used up; free some of it or ask AWS to raise it".into(),
        Class::Credentials if step != Step::AssumeRole => {
            "the session in the account is no longer good; rerun the account, which begins a new one".into()
        }
        Class::Credentials => "the credentials have expired or are not known to AWS; log in again and rerun".into(),
        Class::Clock => clock(failure.clock),
        Class::Inconsistent => "IAM's answers are not of one time yet; rerun the account in a minute".into(),
        Class::Unreachable => "AWS was not reached; check the network, the region and the endpoint".into(),
        Class::TimedOut => "no answer came in time; rerun the account, which reads again what is in doubt".into(),
        Class::Other => "AWS's message says what is wrong; correct it and rerun the account".into(),
    }
}

/// AWS takes requests that are up to five minutes off.
const CLOCK_TOLERANCE: Duration = Duration::from_secs(300);

fn clock(off: Option<ClockOff>) -> String {
    match off {
        Some(ClockOff { by, ahead }) if by >= CLOCK_TOLERANCE / 2 => {
            let seconds = by.as_secs();
            let (minutes, seconds) = (seconds / 60, seconds % 60);
            let way = if ahead { "ahead of" } else { "behind" };
            format!("this machine's clock is {minutes} min {seconds} s {way} AWS's: set it, then rerun")
        }
        Some(_) => "this machine's clock agrees with AWS's, so it is the signature: check the secret key".into(),
        None => "set this machine's clock, then rerun; if it is right, check the secret key".into(),
    }
}

fn denied(step: Step, denial: Denial, action: &str) -> String {
    match denial {
        Denial::ServiceControlPolicy => {
            format!(
                "a service control policy denies {action}; exempt the assumed role in it, nothing in the account can help"
            )
        }
        Denial::ServiceControlPolicyMissing => {
            format!("no service control policy allows {action}; add it at every level above the account")
        }
        Denial::ResourceControlPolicy => format!("a resource control policy denies {action}; change that policy"),
        Denial::IdentityPolicy => format!("a policy of the caller denies {action}; take that Deny away"),
        Denial::IdentityPolicyMissing if step == Step::AssumeRole => {
            "grant sts:AssumeRole on the role to the identity that runs rolecall".to_owned()
        }
        Denial::IdentityPolicyMissing => format!("grant {action} to the assumed role"),
        Denial::PermissionsBoundary => format!("the caller's permissions boundary leaves out {action}; widen it"),
        Denial::SessionPolicy => format!("a session policy leaves out {action}; check the permission set or login"),
        Denial::ResourcePolicy => format!("a resource-based policy refuses {action}; change that policy"),
        Denial::TrustPolicyMissing => {
            "add the caller to the role's trust policy, and check its conditions (--external-id)".to_owned()
        }
        Denial::TrustPolicy => "the role's trust policy denies the caller; change it".to_owned(),
        Denial::VpcEndpointPolicy => format!("the VPC endpoint's policy refuses {action}; change it"),
        Denial::Unnamed if step == Step::AssumeRole => "check that the role exists there (invited accounts have no \
             OrganizationAccountAccessRole), that it trusts the caller, --assume-role and --external-id"
            .to_owned(),
        Denial::Unnamed => format!("AWS does not say which policy refused {action}; grant it to the assumed role"),
    }
}

/// Nothing may be written.
pub(super) fn of_refusal(refusal: Refusal) -> Failure {
    let Refusal { code, message, fix } = refusal;
    Failure { step: Step::Plan, code: code.into(), message, request_id: None, fix }
}

/// A call that failed, with what to do about it.
pub(super) fn of_aws(step: Step, failure: AwsFailure) -> Failure {
    let fix = advise(step, &failure);
    let code = FailureCode::of_aws(failure.code.clone(), failure.in_doubt());
    Failure { step, code, message: failure.message, request_id: failure.request_id, fix }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(class: Class, message: &str) -> AwsFailure {
        AwsFailure::ours("iam CreateRole", "AccessDenied", message, class)
    }

    #[test]
    fn a_denial_is_answered_by_the_policy_that_denied() {
        let scp = "User: arn:aws:sts::1:assumed-role/X/y is not authorized to perform: iam:CreateRole on resource: r \
                   with an explicit deny in a service control policy";
        let line = advise(Step::CreateRole, &failure(Class::Denied, scp));
        assert!(line.starts_with("a service control policy denies iam:CreateRole"), "{line}");
        let bare = "User: u is not authorized to perform: sts:AssumeRole on resource: r";
        assert!(advise(Step::AssumeRole, &failure(Class::Denied, bare)).contains("--external-id"));
    }

    #[test]
    fn a_clock_that_is_off_is_named_with_how_much() {
        let off = |seconds, ahead| {
            let clock = Some(ClockOff { by: Duration::from_secs(seconds), ahead });
            advise(Step::AssumeRole, &AwsFailure { clock, ..failure(Class::Clock, "") })
        };
        assert_eq!(off(432, true), "this machine's clock is 7 min 12 s ahead of AWS's: set it, then rerun");
        assert!(off(432, false).contains("behind"));
        assert!(off(1, true).contains("secret key"));
    }

    #[test]
    fn a_fix_is_one_line_and_holds_nothing_that_an_owner_wrote() {
        let hostile = "is not authorized to perform: iam:X\u{1b}[31m\n<script>";
        for step in Step::ALL {
            let line = advise(*step, &failure(Class::Denied, hostile));
            assert!(!line.contains(['\n', '\u{1b}', '<']), "{line:?}");
        }
    }
}
