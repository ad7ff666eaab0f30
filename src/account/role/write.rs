//! The writes to a role, with everything that is sent. Pure data.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::account::model::difference::Difference;
use crate::account::model::words::{Part, PartStatus, Step, words};
use crate::account::model::write::WriteOf;
use crate::ids::{Arn, Partition, PolicyName, RoleName};
use crate::policy::PolicyKind;

words!(
    /// The IAM actions that write to a role.
    RoleAction {
        /// iam CreateRole.
        CreateRole = "CreateRole",
        /// iam UpdateRole.
        UpdateRole = "UpdateRole",
        /// iam UpdateAssumeRolePolicy.
        UpdateAssumeRolePolicy = "UpdateAssumeRolePolicy",
        /// iam PutRolePermissionsBoundary.
        PutRolePermissionsBoundary = "PutRolePermissionsBoundary",
        /// iam DeleteRolePermissionsBoundary.
        DeleteRolePermissionsBoundary = "DeleteRolePermissionsBoundary",
        /// iam TagRole.
        TagRole = "TagRole",
        /// iam UntagRole.
        UntagRole = "UntagRole",
        /// iam PutRolePolicy.
        PutRolePolicy = "PutRolePolicy",
        /// iam DeleteRolePolicy.
        DeleteRolePolicy = "DeleteRolePolicy",
        /// iam AttachRolePolicy.
        AttachRolePolicy = "AttachRolePolicy",
        /// iam DetachRolePolicy.
        DetachRolePolicy = "DetachRolePolicy",
        /// iam AddRoleToInstanceProfile.
        AddRoleToInstanceProfile = "AddRoleToInstanceProfile",
        /// iam RemoveRoleFromInstanceProfile.
        RemoveRoleFromInstanceProfile = "RemoveRoleFromInstanceProfile",
        /// iam DeleteRole.
        DeleteRole = "DeleteRole",
    }
);

/// One write to a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action")]
pub enum RoleWrite {
    /// Makes the role, with its trust, description, session duration, boundary and tags in one call.
    CreateRole {
        /// The role.
        role: RoleName,
        /// The path, `/` for none.
        path: String,
        /// The trust policy, JSON text.
        trust: Arc<str>,
        /// The description, if the setup has one.
        description: Option<String>,
        /// Seconds; IAM's default (3,600) where absent.
        max_session_duration: Option<u32>,
        /// The managed policy that is the role's permissions boundary.
        permissions_boundary: Option<Arn>,
        /// All tags, ours (`rolecall:setup`) among them.
        tags: BTreeMap<String, String>,
    },
    /// Sets description and session duration; both are sent, since the call replaces what it names.
    UpdateRole {
        /// The role.
        role: RoleName,
        /// The new description; absent means unchanged.
        description: Option<String>,
        /// The new session duration in seconds; IAM takes an absent one for its default (3,600).
        max_session_duration: Option<u32>,
    },
    /// Replaces the trust policy.
    UpdateAssumeRolePolicy {
        /// The role.
        role: RoleName,
        /// The trust policy, JSON text.
        document: Arc<str>,
    },
    /// Sets the permissions boundary.
    PutRolePermissionsBoundary {
        /// The role.
        role: RoleName,
        /// The managed policy that becomes the boundary.
        boundary: Arn,
    },
    /// Takes the permissions boundary away.
    DeleteRolePermissionsBoundary {
        /// The role.
        role: RoleName,
    },
    /// Adds tags or changes their values; other tags stay.
    TagRole {
        /// The role.
        role: RoleName,
        /// The tags to set.
        tags: BTreeMap<String, String>,
    },
    /// Takes tags away.
    UntagRole {
        /// The role.
        role: RoleName,
        /// The keys to remove.
        keys: Vec<String>,
    },
    /// Adds or replaces an inline policy of the role.
    PutRolePolicy {
        /// The role.
        role: RoleName,
        /// The policy's name.
        policy: PolicyName,
        /// The policy, JSON text.
        document: Arc<str>,
    },
    /// Takes an inline policy off the role.
    DeleteRolePolicy {
        /// The role.
        role: RoleName,
        /// The policy's name.
        policy: PolicyName,
    },
    /// Attaches a managed policy to the role.
    AttachRolePolicy {
        /// The role.
        role: RoleName,
        /// The managed policy.
        policy: Arn,
    },
    /// Detaches a managed policy from the role.
    DetachRolePolicy {
        /// The role.
        role: RoleName,
        /// The managed policy.
        policy: Arn,
    },
    /// Puts the role into an instance profile, which is there.
    AddRoleToInstanceProfile {
        /// The role.
        role: RoleName,
        /// The instance profile's name.
        profile: String,
    },
    /// Takes the role out of an instance profile, which stays.
    RemoveRoleFromInstanceProfile {
        /// The role.
        role: RoleName,
        /// The instance profile's name.
        profile: String,
    },
    /// Deletes the role, which by then has no policies.
    DeleteRole {
        /// The role.
        role: RoleName,
    },
}

impl RoleWrite {
    /// The role that is written to.
    pub fn role(&self) -> &RoleName {
        match self {
            Self::CreateRole { role, .. }
            | Self::UpdateRole { role, .. }
            | Self::UpdateAssumeRolePolicy { role, .. }
            | Self::PutRolePermissionsBoundary { role, .. }
            | Self::DeleteRolePermissionsBoundary { role }
            | Self::TagRole { role, .. }
            | Self::UntagRole { role, .. }
            | Self::PutRolePolicy { role, .. }
            | Self::DeleteRolePolicy { role, .. }
            | Self::AttachRolePolicy { role, .. }
            | Self::DetachRolePolicy { role, .. }
            | Self::AddRoleToInstanceProfile { role, .. }
            | Self::RemoveRoleFromInstanceProfile { role, .. }
            | Self::DeleteRole { role } => role,
        }
    }

    /// The IAM action that carries the write out.
    pub fn role_action(&self) -> RoleAction {
        match self {
            Self::CreateRole { .. } => RoleAction::CreateRole,
            Self::UpdateRole { .. } => RoleAction::UpdateRole,
            Self::UpdateAssumeRolePolicy { .. } => RoleAction::UpdateAssumeRolePolicy,
            Self::PutRolePermissionsBoundary { .. } => RoleAction::PutRolePermissionsBoundary,
            Self::DeleteRolePermissionsBoundary { .. } => RoleAction::DeleteRolePermissionsBoundary,
            Self::TagRole { .. } => RoleAction::TagRole,
            Self::UntagRole { .. } => RoleAction::UntagRole,
            Self::PutRolePolicy { .. } => RoleAction::PutRolePolicy,
            Self::DeleteRolePolicy { .. } => RoleAction::DeleteRolePolicy,
            Self::AttachRolePolicy { .. } => RoleAction::AttachRolePolicy,
            Self::DetachRolePolicy { .. } => RoleAction::DetachRolePolicy,
            Self::AddRoleToInstanceProfile { .. } => RoleAction::AddRoleToInstanceProfile,
            Self::RemoveRoleFromInstanceProfile { .. } => RoleAction::RemoveRoleFromInstanceProfile,
            Self::DeleteRole { .. } => RoleAction::DeleteRole,
        }
    }
}

impl WriteOf for RoleWrite {
    fn parts(&self) -> &'static [Part] {
        match self {
            // The trust policy comes and goes with the role.
            Self::CreateRole { .. } | Self::DeleteRole { .. } => &[Part::Role, Part::Trust],
            Self::UpdateRole { .. }
            | Self::PutRolePermissionsBoundary { .. }
            | Self::DeleteRolePermissionsBoundary { .. }
            | Self::TagRole { .. }
            | Self::UntagRole { .. }
            | Self::AddRoleToInstanceProfile { .. }
            | Self::RemoveRoleFromInstanceProfile { .. } => &[Part::Role],
            Self::UpdateAssumeRolePolicy { .. } => &[Part::Trust],
            Self::PutRolePolicy { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::AttachRolePolicy { .. }
            | Self::DetachRolePolicy { .. } => &[Part::Permissions],
        }
    }

    fn action(&self) -> &'static str {
        self.role_action().as_str()
    }

    fn entity(&self) -> String {
        format!("role/{}", self.role())
    }

    fn resource(&self) -> String {
        let role = self.entity();
        match self {
            Self::CreateRole { .. } | Self::UpdateRole { .. } | Self::DeleteRole { .. } => role,
            Self::UpdateAssumeRolePolicy { .. } => format!("{role} trust policy"),
            Self::PutRolePermissionsBoundary { .. } | Self::DeleteRolePermissionsBoundary { .. } => {
                format!("{role} permissions boundary")
            }
            Self::TagRole { .. } | Self::UntagRole { .. } => format!("{role} tags"),
            Self::PutRolePolicy { policy, .. } | Self::DeleteRolePolicy { policy, .. } => {
                format!("{role} inline policy {policy}")
            }
            Self::AttachRolePolicy { policy, .. } | Self::DetachRolePolicy { policy, .. } => {
                format!("{role} managed policy {policy}")
            }
            Self::AddRoleToInstanceProfile { profile, .. } | Self::RemoveRoleFromInstanceProfile { profile, .. } => {
                format!("{role} instance profile {profile}")
            }
        }
    }

    fn step(&self) -> Step {
        match self {
            Self::CreateRole { .. } => Step::CreateRole,
            Self::UpdateRole { .. } => Step::UpdateRole,
            Self::UpdateAssumeRolePolicy { .. } => Step::PutTrust,
            Self::PutRolePermissionsBoundary { .. } | Self::DeleteRolePermissionsBoundary { .. } => Step::PutBoundary,
            Self::TagRole { .. } | Self::UntagRole { .. } => Step::PutTags,
            Self::PutRolePolicy { .. } | Self::AttachRolePolicy { .. } => Step::PutPermissions,
            Self::DeleteRolePolicy { .. } | Self::DetachRolePolicy { .. } => Step::RemovePermissions,
            Self::AddRoleToInstanceProfile { .. } => Step::AddProfile,
            Self::RemoveRoleFromInstanceProfile { .. } => Step::RemoveProfile,
            Self::DeleteRole { .. } => Step::DeleteRole,
        }
    }

    fn after(&self) -> Option<String> {
        match self {
            Self::CreateRole { path, trust, description, max_session_duration, permissions_boundary, tags, .. } => {
                Some(
                    serde_json::json!({
                        "path": path,
                        "trust": trust.as_ref(),
                        "description": description,
                        "max_session_duration": max_session_duration,
                        "permissions_boundary": permissions_boundary,
                        "tags": tags,
                    })
                    .to_string(),
                )
            }
            Self::UpdateRole { description, max_session_duration, .. } => Some(
                serde_json::json!({ "description": description, "max_session_duration": max_session_duration })
                    .to_string(),
            ),
            Self::UpdateAssumeRolePolicy { document, .. } | Self::PutRolePolicy { document, .. } => {
                Some(document.to_string())
            }
            Self::PutRolePermissionsBoundary { boundary, .. } => Some(boundary.to_string()),
            Self::TagRole { tags, .. } => Some(serde_json::json!(tags).to_string()),
            Self::AttachRolePolicy { policy, .. } => Some(policy.to_string()),
            Self::AddRoleToInstanceProfile { profile, .. } => Some(profile.clone()),
            Self::DeleteRolePermissionsBoundary { .. }
            | Self::UntagRole { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::DetachRolePolicy { .. }
            | Self::RemoveRoleFromInstanceProfile { .. }
            | Self::DeleteRole { .. } => None,
        }
    }

    fn is_done_when_absent(&self) -> bool {
        match self {
            Self::DeleteRolePermissionsBoundary { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::DetachRolePolicy { .. }
            | Self::RemoveRoleFromInstanceProfile { .. }
            | Self::DeleteRole { .. } => true,
            Self::CreateRole { .. }
            | Self::UpdateRole { .. }
            | Self::UpdateAssumeRolePolicy { .. }
            | Self::PutRolePermissionsBoundary { .. }
            | Self::TagRole { .. }
            | Self::UntagRole { .. }
            | Self::PutRolePolicy { .. }
            | Self::AttachRolePolicy { .. }
            | Self::AddRoleToInstanceProfile { .. } => false,
        }
    }

    fn effect(&self, was_there: bool) -> PartStatus {
        match self {
            Self::CreateRole { .. } => PartStatus::Created,
            Self::DeleteRole { .. } | Self::DeleteRolePolicy { .. } | Self::DetachRolePolicy { .. } => {
                PartStatus::Removed
            }
            Self::PutRolePolicy { .. } | Self::AttachRolePolicy { .. } if !was_there => PartStatus::Created,
            Self::PutRolePolicy { .. }
            | Self::AttachRolePolicy { .. }
            | Self::UpdateRole { .. }
            | Self::UpdateAssumeRolePolicy { .. }
            | Self::PutRolePermissionsBoundary { .. }
            | Self::DeleteRolePermissionsBoundary { .. }
            | Self::TagRole { .. }
            | Self::UntagRole { .. }
            | Self::AddRoleToInstanceProfile { .. }
            | Self::RemoveRoleFromInstanceProfile { .. } => PartStatus::Updated,
        }
    }

    fn creates(&self, _: bool) -> bool {
        matches!(self, Self::CreateRole { .. })
    }

    fn differences(&self, before: Option<&str>, partition: &Partition) -> Vec<Difference> {
        let part = self.parts().first().copied().unwrap_or(Part::Role);
        let whole = || Difference::new(part, self.resource(), self.after(), before.map(str::to_owned));
        match self {
            Self::TagRole { role, tags } => of_tags(role, tags, before),
            Self::UpdateRole { role, .. } => of_attributes(role, self.after().as_deref(), before),
            Self::UpdateAssumeRolePolicy { .. } => vec![whole().with_detail(PolicyKind::Trust, partition)],
            Self::PutRolePolicy { .. } => vec![whole().with_detail(PolicyKind::Identity, partition)],
            _ => vec![whole()],
        }
    }
}

fn of_tags(role: &RoleName, tags: &BTreeMap<String, String>, before: Option<&str>) -> Vec<Difference> {
    let before: BTreeMap<String, String> = before.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let difference = |(key, value): (&String, &String)| {
        let item = format!("role/{role} tag {key}");
        Difference::new(Part::Role, item, Some(value.clone()), before.get(key).cloned())
    };
    tags.iter().map(difference).collect()
}

/// Description and session duration, each where it is set.
fn of_attributes(role: &RoleName, after: Option<&str>, before: Option<&str>) -> Vec<Difference> {
    let object = |text: Option<&str>| text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let (after, before): (Value, Value) = (object(after), object(before));
    let text = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    let difference = |(name, shown): (&str, &str)| {
        let expected = text(after.get(name)?)?;
        let found = before.get(name).and_then(text);
        // What is right is sent along with what is not.
        (found.as_ref() != Some(&expected))
            .then(|| Difference::new(Part::Role, format!("role/{role} {shown}"), Some(expected), found))
    };
    let attributes = [("description", "description"), ("max_session_duration", "session duration in seconds")];
    attributes.into_iter().filter_map(difference).collect()
}
