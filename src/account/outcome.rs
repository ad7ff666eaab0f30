//! What became of one account: one row of `accounts.csv`.
//!
//! Pure data, shared by the engine, which makes it, and the reports, which show it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::change::Part;
use super::difference::Difference;
use super::evidence::Evidence;
use crate::ids::{AccountId, Arn};

/// An enum of words that stand in files: each variant is written as its `snake_case` name, everywhere the same.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every value, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word as it stands in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(UnknownWord { word: text.to_owned(), known: &[$($word),+] }),
                }
            }
        }
    };
}

/// A word that is none of those that a column may hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of {}", known.join(", "))]
pub struct UnknownWord {
    /// The word as it was given.
    pub word: String,
    /// The words that there are.
    pub known: &'static [&'static str],
}

words!(
    /// The `status` column.
    AccountStatus {
        /// apply: the role was not there, and is now.
        Created = "created",
        /// apply: something was changed.
        Updated = "updated",
        /// apply and plan: nothing to do.
        Unchanged = "unchanged",
        /// plan: apply would change something.
        Pending = "pending",
        /// verify: exactly as the setup says.
        Compliant = "compliant",
        /// verify: there, but different.
        Drifted = "drifted",
        /// verify: the role is not there.
        Missing = "missing",
        /// remove: taken away.
        Removed = "removed",
        /// remove: there was nothing.
        Absent = "absent",
        /// Something went wrong; the failure says what.
        Failed = "failed",
        /// Left out, for the reason in `error_message`.
        Skipped = "skipped",
        /// The run halted before this account.
        NotReached = "not_reached",
    }
);

words!(
    /// The columns `role`, `trust`, `permissions` and `pass_role`.
    PartStatus {
        /// Was not there, and is now.
        Created = "created",
        /// Was changed.
        Updated = "updated",
        /// Was right already.
        Unchanged = "unchanged",
        /// Was taken away.
        Removed = "removed",
        /// Was not there, and should not be.
        Absent = "absent",
        /// apply would change it.
        Pending = "pending",
        /// Is there, but different.
        Drifted = "drifted",
        /// Is not there.
        Missing = "missing",
        /// Not asked for.
        Skipped = "skipped",
        /// A write of this part failed.
        Failed = "failed",
        /// An earlier failure came before it.
        NotReached = "not_reached",
    }
);

words!(
    /// The `failed_step` column: where in an account's work a failure happened.
    Step {
        /// sts AssumeRole into the account.
        AssumeRole = "assume_role",
        /// Waiting for an account that may not be ready yet (`--wait-ready`).
        WaitReady = "wait_ready",
        /// The reads.
        Observe = "observe",
        /// The comparison: what is there is not rolecall's to change, or cannot be changed.
        Plan = "plan",
        /// iam CreateRole.
        CreateRole = "create_role",
        /// iam UpdateRole: description and session duration.
        UpdateRole = "update_role",
        /// iam UpdateAssumeRolePolicy.
        PutTrust = "put_trust",
        /// iam PutRolePermissionsBoundary or DeleteRolePermissionsBoundary.
        PutBoundary = "put_boundary",
        /// iam TagRole or UntagRole.
        PutTags = "put_tags",
        /// iam PutRolePolicy or AttachRolePolicy on the setup's role.
        PutPermissions = "put_permissions",
        /// iam DeleteRolePolicy or DetachRolePolicy on the setup's role.
        RemovePermissions = "remove_permissions",
        /// iam PutUserPolicy, PutGroupPolicy or PutRolePolicy on a grantee.
        PutGrant = "put_grant",
        /// iam DeleteUserPolicy, DeleteGroupPolicy or DeleteRolePolicy on a grantee.
        RemoveGrant = "remove_grant",
        /// iam AddRoleToInstanceProfile.
        AddProfile = "add_profile",
        /// iam RemoveRoleFromInstanceProfile.
        RemoveProfile = "remove_profile",
        /// iam DeleteRole.
        DeleteRole = "delete_role",
        /// Asking IAM's policy simulator.
        Verify = "verify",
    }
);

/// Why an account failed, with the one line that fixes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Where it happened.
    pub step: Step,
    /// AWS's error code (`AccessDenied`), or a word of ours where AWS gave none (`Timeout`, `NotOurs`, `Panic`).
    pub code: String,
    /// AWS's message, or ours. Not trusted: it may hold anything an account's owner can name.
    pub message: String,
    /// AWS's id of the request, if it got as far as AWS.
    pub request_id: Option<String>,
    /// What to do, in one line.
    pub fix: String,
}

/// What became of each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parts {
    /// The role itself.
    pub role: PartStatus,
    /// Its trust policy.
    pub trust: PartStatus,
    /// Its policies.
    pub permissions: PartStatus,
    /// The grants.
    pub pass_role: PartStatus,
}

impl Parts {
    /// The same word for every part.
    pub fn all(status: PartStatus) -> Self {
        Self { role: status, trust: status, permissions: status, pass_role: status }
    }

    /// The status of one part.
    pub fn get(&self, part: Part) -> PartStatus {
        match part {
            Part::Role => self.role,
            Part::Trust => self.trust,
            Part::Permissions => self.permissions,
            Part::PassRole => self.pass_role,
        }
    }

    /// The status of one part, to be set.
    pub fn get_mut(&mut self, part: Part) -> &mut PartStatus {
        match part {
            Part::Role => &mut self.role,
            Part::Trust => &mut self.trust,
            Part::Permissions => &mut self.permissions,
            Part::PassRole => &mut self.pass_role,
        }
    }
}

/// What became of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The account.
    pub account_id: AccountId,
    /// Its name as the inventory has it; empty where unknown. Not trusted.
    pub account_name: String,
    /// The names of the organizational units above it, joined by ` / `; empty where unknown. Not trusted.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// What the account's row of the inventory said differently from the command line: cells by column, as an
    /// inventory has them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub overrides: BTreeMap<String, String>,
    /// The whole in one word.
    pub status: AccountStatus,
    /// Each part in one word.
    pub parts: Parts,
    /// The setup's role in this account, where it is known.
    pub role_arn: Option<Arn>,
    /// How many writes AWS took (plan: how many apply would make).
    pub changes: u32,
    /// Why it failed; only with [`AccountStatus::Failed`].
    pub failure: Option<Failure>,
    /// Why it was left out; only with [`AccountStatus::Skipped`] and [`AccountStatus::NotReached`].
    pub reason: Option<String>,
    /// What is worth knowing though nothing failed, such as a foreign policy on the role.
    pub notes: Vec<String>,
    /// What differs from the setup; only plan and verify fill it in.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub differences: Vec<Difference>,
    /// What was wanted and what was found, by digest; only verify fills it in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// The most times that any one call for this account was sent; 1 when nothing had to be tried again, 0 when
    /// nothing was sent.
    pub attempts: u32,
    /// When work on the account began, if it did.
    pub started_at: Option<Timestamp>,
    /// How long the work took.
    pub duration: Duration,
}

impl Outcome {
    /// The account failed; what is known of it otherwise stays.
    pub fn fail(&mut self, failure: Failure) {
        self.status = AccountStatus::Failed;
        self.failure = Some(failure);
    }

    /// The outcome of an account on which no work was done: `status` is [`AccountStatus::Skipped`] or
    /// [`AccountStatus::NotReached`].
    pub fn untouched(account_id: AccountId, account_name: &str, status: AccountStatus, reason: String) -> Self {
        let part = if status == AccountStatus::Skipped { PartStatus::Skipped } else { PartStatus::NotReached };
        Self {
            account_id,
            account_name: account_name.to_owned(),
            unit: String::new(),
            overrides: BTreeMap::new(),
            status,
            parts: Parts::all(part),
            role_arn: None,
            changes: 0,
            failure: None,
            reason: Some(reason),
            notes: Vec::new(),
            differences: Vec::new(),
            evidence: None,
            attempts: 0,
            started_at: None,
            duration: Duration::ZERO,
        }
    }
}
