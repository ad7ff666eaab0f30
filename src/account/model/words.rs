//! The words of a row: what became of an account and of each part of a setup, and at which step it failed. Pure data.

use serde::{Deserialize, Serialize};

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

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::account::model::words::UnknownWord;

            fn from_str(text: &str) -> Result<Self, $crate::account::model::words::UnknownWord> {
                match text {
                    $($word => Ok(Self::$variant),)+
                    _ => Err($crate::account::model::words::UnknownWord { word: text.to_owned(), known: &[$($word),+] }),
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

/// The four parts of a setup, each with a column of its own in `accounts.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// The role itself: that it exists, its description, session duration, tags and permissions boundary.
    Role,
    /// Who may assume the role.
    Trust,
    /// The role's inline and managed policies.
    Permissions,
    /// The grants that let somebody pass the role.
    PassRole,
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

pub(in crate::account) use words;
