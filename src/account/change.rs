//! What a plan is made of: one change is one IAM write, with what was there before and what will be after.
//!
//! Pure data. The journal stores it, `apply` sends it, the reports show it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::outcome::Step;
use crate::ids::{Arn, PolicyName, PrincipalKind, PrincipalRef, RoleName};

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

/// One IAM write, with everything that is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action")]
pub enum Write {
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
    /// Adds or replaces the grant on a user, group or role (PutUserPolicy, PutGroupPolicy, PutRolePolicy).
    PutGrant {
        /// Who gets the grant.
        principal: PrincipalRef,
        /// The name of the inline policy that is the grant.
        policy: PolicyName,
        /// The policy, JSON text.
        document: Arc<str>,
    },
    /// Takes the grant away (DeleteUserPolicy, DeleteGroupPolicy, DeleteRolePolicy).
    DeleteGrant {
        /// Who had the grant.
        principal: PrincipalRef,
        /// The name of the inline policy that was the grant.
        policy: PolicyName,
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

impl Write {
    /// The parts of the setup that the write is about, the one that it fails for first.
    pub fn parts(&self) -> &'static [Part] {
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
            Self::PutGrant { .. } | Self::DeleteGrant { .. } => &[Part::PassRole],
        }
    }

    /// The name of the IAM call that carries the write out.
    pub fn action(&self) -> &'static str {
        match self {
            Self::CreateRole { .. } => "CreateRole",
            Self::UpdateRole { .. } => "UpdateRole",
            Self::UpdateAssumeRolePolicy { .. } => "UpdateAssumeRolePolicy",
            Self::PutRolePermissionsBoundary { .. } => "PutRolePermissionsBoundary",
            Self::DeleteRolePermissionsBoundary { .. } => "DeleteRolePermissionsBoundary",
            Self::TagRole { .. } => "TagRole",
            Self::UntagRole { .. } => "UntagRole",
            Self::PutRolePolicy { .. } => "PutRolePolicy",
            Self::DeleteRolePolicy { .. } => "DeleteRolePolicy",
            Self::AttachRolePolicy { .. } => "AttachRolePolicy",
            Self::DetachRolePolicy { .. } => "DetachRolePolicy",
            Self::AddRoleToInstanceProfile { .. } => "AddRoleToInstanceProfile",
            Self::RemoveRoleFromInstanceProfile { .. } => "RemoveRoleFromInstanceProfile",
            Self::DeleteRole { .. } => "DeleteRole",
            Self::PutGrant { principal, .. } => match principal.kind() {
                PrincipalKind::User => "PutUserPolicy",
                PrincipalKind::Group => "PutGroupPolicy",
                PrincipalKind::Role => "PutRolePolicy",
            },
            Self::DeleteGrant { principal, .. } => match principal.kind() {
                PrincipalKind::User => "DeleteUserPolicy",
                PrincipalKind::Group => "DeleteGroupPolicy",
                PrincipalKind::Role => "DeleteRolePolicy",
            },
        }
    }

    /// What is written to, for people: `role/Name`, `role/Name inline policy P`, `user/analyst inline policy P`.
    pub fn resource(&self) -> String {
        match self {
            Self::CreateRole { role, .. } | Self::UpdateRole { role, .. } | Self::DeleteRole { role } => {
                format!("role/{role}")
            }
            Self::UpdateAssumeRolePolicy { role, .. } => format!("role/{role} trust policy"),
            Self::PutRolePermissionsBoundary { role, .. } | Self::DeleteRolePermissionsBoundary { role } => {
                format!("role/{role} permissions boundary")
            }
            Self::TagRole { role, .. } | Self::UntagRole { role, .. } => format!("role/{role} tags"),
            Self::PutRolePolicy { role, policy, .. } | Self::DeleteRolePolicy { role, policy } => {
                format!("role/{role} inline policy {policy}")
            }
            Self::AttachRolePolicy { role, policy } | Self::DetachRolePolicy { role, policy } => {
                format!("role/{role} managed policy {policy}")
            }
            Self::AddRoleToInstanceProfile { role, profile }
            | Self::RemoveRoleFromInstanceProfile { role, profile } => {
                format!("role/{role} instance profile {profile}")
            }
            Self::PutGrant { principal, policy, .. } | Self::DeleteGrant { principal, policy } => {
                format!("{principal} inline policy {policy}")
            }
        }
    }

    /// The step that fails if the write fails.
    pub fn step(&self) -> Step {
        match self {
            Self::CreateRole { .. } => Step::CreateRole,
            Self::UpdateRole { .. } => Step::UpdateRole,
            Self::UpdateAssumeRolePolicy { .. } => Step::PutTrust,
            Self::PutRolePermissionsBoundary { .. } | Self::DeleteRolePermissionsBoundary { .. } => Step::PutBoundary,
            Self::TagRole { .. } | Self::UntagRole { .. } => Step::PutTags,
            Self::PutRolePolicy { .. } | Self::AttachRolePolicy { .. } => Step::PutPermissions,
            Self::DeleteRolePolicy { .. } | Self::DetachRolePolicy { .. } => Step::RemovePermissions,
            Self::PutGrant { .. } => Step::PutGrant,
            Self::DeleteGrant { .. } => Step::RemoveGrant,
            Self::AddRoleToInstanceProfile { .. } => Step::AddProfile,
            Self::RemoveRoleFromInstanceProfile { .. } => Step::RemoveProfile,
            Self::DeleteRole { .. } => Step::DeleteRole,
        }
    }

    /// What will be there afterwards: a policy's JSON text, an ARN, or a JSON object of the attributes that are set.
    /// `None` where the write takes something away.
    pub fn after(&self) -> Option<String> {
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
            Self::UpdateAssumeRolePolicy { document, .. }
            | Self::PutRolePolicy { document, .. }
            | Self::PutGrant { document, .. } => Some(document.to_string()),
            Self::PutRolePermissionsBoundary { boundary, .. } => Some(boundary.to_string()),
            Self::TagRole { tags, .. } => Some(serde_json::json!(tags).to_string()),
            Self::AttachRolePolicy { policy, .. } => Some(policy.to_string()),
            Self::AddRoleToInstanceProfile { profile, .. } => Some(profile.clone()),
            Self::DeleteRolePermissionsBoundary { .. }
            | Self::UntagRole { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::DetachRolePolicy { .. }
            | Self::DeleteGrant { .. }
            | Self::RemoveRoleFromInstanceProfile { .. }
            | Self::DeleteRole { .. } => None,
        }
    }
}

/// One write and what it replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What is sent.
    #[serde(flatten)]
    pub write: Write,
    /// What was there, in the form of [`Write::after`], as it was read; `None` where there was nothing.
    pub before: Option<String>,
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum ChangeResult {
    /// A plan shows it; nothing was sent.
    Pending,
    /// AWS took it.
    Applied {
        /// AWS's id of the request.
        request_id: Option<String>,
    },
    /// AWS refused it, or it is not known whether AWS took it.
    Failed {
        /// AWS's error code, or a word of ours such as `Timeout`.
        code: String,
        /// AWS's id of the request.
        request_id: Option<String>,
    },
}
