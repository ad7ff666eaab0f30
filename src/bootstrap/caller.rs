//! What the one who runs rolecall needs to be allowed.

use std::collections::BTreeSet;

use super::need::{Name, Need};
use super::policies::Trusted;
use crate::ids::RolePath;
use crate::inventory::organization;

/// Into every account, the list of accounts, and a question about itself. `trusted` is who it is, where that is known.
pub fn caller(assume_role: &RolePath, trusted: Option<&Trusted>) -> Vec<Need> {
    let need = |sid, actions: &[&str], on| Need {
        sid,
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        on: BTreeSet::from([on]),
        passed_to: &[],
    };
    // A role has to look up the path in its ARN, which a session does not know.
    let itself: &[&str] = match trusted {
        Some(trusted) if trusted.is_user() => &["iam:SimulatePrincipalPolicy"],
        _ => &["iam:GetRole", "iam:SimulatePrincipalPolicy"],
    };
    let reads: Vec<String> = organization::ACTIONS.iter().map(|action| format!("organizations:{action}")).collect();
    let reads: Vec<&str> = reads.iter().map(String::as_str).collect();
    vec![
        need("EnterTheAccounts", &["sts:AssumeRole"], Name::Everywhere(format!("role/{assume_role}"))),
        need("ReadTheOrganization", &reads, Name::Any),
        // Tells, where a role cannot be assumed, whether it is this side that does not allow it.
        need("AskAboutItself", itself, Name::Caller),
    ]
}
