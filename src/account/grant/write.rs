//! The writes of grants, with everything that is sent. Pure data.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::account::model::difference::Difference;
use crate::account::model::words::{Part, PartStatus, Step, words};
use crate::account::model::write::WriteOf;
use crate::ids::{Partition, PolicyName, PrincipalKind, PrincipalRef};
use crate::policy::PolicyKind;

/// One write of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action")]
pub enum GrantWrite {
    /// Adds or replaces the grant on a user, group or role (PutUserPolicy, PutGroupPolicy, PutRolePolicy).
    Put {
        /// Who gets the grant.
        principal: PrincipalRef,
        /// The name of the inline policy that is the grant.
        policy: PolicyName,
        /// The policy, JSON text.
        document: Arc<str>,
    },
    /// Takes the grant away (DeleteUserPolicy, DeleteGroupPolicy, DeleteRolePolicy).
    Delete {
        /// Who had the grant.
        principal: PrincipalRef,
        /// The name of the inline policy that was the grant.
        policy: PolicyName,
    },
}

words!(
    /// The IAM actions that write a grant.
    GrantAction {
        /// iam PutUserPolicy.
        PutUserPolicy = "PutUserPolicy",
        /// iam PutGroupPolicy.
        PutGroupPolicy = "PutGroupPolicy",
        /// iam PutRolePolicy.
        PutRolePolicy = "PutRolePolicy",
        /// iam DeleteUserPolicy.
        DeleteUserPolicy = "DeleteUserPolicy",
        /// iam DeleteGroupPolicy.
        DeleteGroupPolicy = "DeleteGroupPolicy",
        /// iam DeleteRolePolicy.
        DeleteRolePolicy = "DeleteRolePolicy",
    }
);

impl GrantAction {
    /// What gives a grant to such a principal.
    pub fn put(kind: PrincipalKind) -> Self {
        match kind {
            PrincipalKind::User => Self::PutUserPolicy,
            PrincipalKind::Group => Self::PutGroupPolicy,
            PrincipalKind::Role => Self::PutRolePolicy,
        }
    }

    /// What takes a grant from such a principal.
    pub fn delete(kind: PrincipalKind) -> Self {
        match kind {
            PrincipalKind::User => Self::DeleteUserPolicy,
            PrincipalKind::Group => Self::DeleteGroupPolicy,
            PrincipalKind::Role => Self::DeleteRolePolicy,
        }
    }
}

impl GrantWrite {
    /// Who gets the grant, or loses it.
    pub fn principal(&self) -> &PrincipalRef {
        match self {
            Self::Put { principal, .. } | Self::Delete { principal, .. } => principal,
        }
    }

    /// The name of the inline policy that is the grant.
    pub fn policy(&self) -> &PolicyName {
        match self {
            Self::Put { policy, .. } | Self::Delete { policy, .. } => policy,
        }
    }

    /// The IAM action that carries the write out.
    pub fn grant_action(&self) -> GrantAction {
        let kind = self.principal().kind();
        match self {
            Self::Put { .. } => GrantAction::put(kind),
            Self::Delete { .. } => GrantAction::delete(kind),
        }
    }
}

impl WriteOf for GrantWrite {
    fn parts(&self) -> &'static [Part] {
        &[Part::PassRole]
    }

    fn action(&self) -> &'static str {
        self.grant_action().as_str()
    }

    fn entity(&self) -> String {
        format!("{} inline policy {}", self.principal(), self.policy())
    }

    fn resource(&self) -> String {
        self.entity()
    }

    fn step(&self) -> Step {
        match self {
            Self::Put { .. } => Step::PutGrant,
            Self::Delete { .. } => Step::RemoveGrant,
        }
    }

    fn after(&self) -> Option<String> {
        match self {
            Self::Put { document, .. } => Some(document.to_string()),
            Self::Delete { .. } => None,
        }
    }

    fn is_done_when_absent(&self) -> bool {
        match self {
            Self::Put { .. } => false,
            Self::Delete { .. } => true,
        }
    }

    fn effect(&self, was_there: bool) -> PartStatus {
        match self {
            Self::Put { .. } if was_there => PartStatus::Updated,
            Self::Put { .. } => PartStatus::Created,
            Self::Delete { .. } => PartStatus::Removed,
        }
    }

    fn creates(&self, was_there: bool) -> bool {
        self.effect(was_there) == PartStatus::Created
    }

    fn differences(&self, before: Option<&str>, partition: &Partition) -> Vec<Difference> {
        let whole = Difference::new(Part::PassRole, self.resource(), self.after(), before.map(str::to_owned));
        match self {
            Self::Put { .. } => vec![whole.with_detail(PolicyKind::Identity, partition)],
            Self::Delete { .. } => vec![whole],
        }
    }
}
