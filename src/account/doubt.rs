//! A write whose answer was lost: did it take effect? Only a look at what is there can tell.

use std::time::Duration;

use aws_sdk_iam::Client;
use tokio::time::sleep;

use super::change::Write;
use super::observation::{ObservedGrant, ObservedRole};
use super::observe::{get_role, grant, inline_names, instance_profiles, managed, role_policy};
use crate::aws::failure::AwsFailure;
use crate::aws::retry::Backoff;
use crate::ids::RoleName;
use crate::policy::{CanonicalPolicy, PolicyKind};

/// How often to look: what was just written may not be visible at once.
const LOOKS: u32 = 4;

/// Whether what is there now is what `write` makes. Looks again for a few seconds before it says no.
///
/// # Errors
/// A look that failed: then nothing is known.
pub(super) async fn took_effect(iam: &Client, write: &Write) -> Result<bool, AwsFailure> {
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
    for _ in 1..LOOKS {
        if is_so(iam, write).await? {
            return Ok(true);
        }
        sleep(backoff.wait()).await;
    }
    is_so(iam, write).await
}

async fn is_so(iam: &Client, write: &Write) -> Result<bool, AwsFailure> {
    Ok(match write {
        Write::CreateRole { role, path, trust, description, max_session_duration, permissions_boundary, tags } => {
            get_role(iam, role).await?.is_some_and(|found| {
                found.path == *path
                    && trusts(&found, trust)
                    && found.description == *description
                    && found.max_session_duration == max_session_duration.unwrap_or(3600)
                    && found.boundary == *permissions_boundary
                    && found.tags == *tags
            })
        }
        Write::UpdateRole { role, description, max_session_duration } => {
            of_role(iam, role, |found| {
                description.as_ref().is_none_or(|wanted| found.description.as_deref().unwrap_or_default() == wanted)
                    && found.max_session_duration == max_session_duration.unwrap_or(3600)
            })
            .await?
        }
        Write::UpdateAssumeRolePolicy { role, document } => of_role(iam, role, |found| trusts(found, document)).await?,
        Write::PutRolePermissionsBoundary { role, boundary } => {
            of_role(iam, role, |found| found.boundary.as_ref() == Some(boundary)).await?
        }
        Write::DeleteRolePermissionsBoundary { role } => of_role(iam, role, |found| found.boundary.is_none()).await?,
        Write::TagRole { role, tags } => {
            of_role(iam, role, |found| tags.iter().all(|(key, value)| found.tag(key) == Some(value.as_str()))).await?
        }
        Write::UntagRole { role, keys } => {
            of_role(iam, role, |found| keys.iter().all(|key| found.tag(key).is_none())).await?
        }
        Write::PutRolePolicy { role, policy, document } => {
            role_policy(iam, role.as_str(), policy).await?.is_some_and(|found| same(&found, document))
        }
        Write::DeleteRolePolicy { role, policy } => {
            inline_names(iam, role).await?.is_none_or(|names| !names.contains(policy))
        }
        Write::AttachRolePolicy { role, policy } => {
            managed(iam, role).await?.is_some_and(|attached| attached.contains(policy))
        }
        Write::DetachRolePolicy { role, policy } => {
            managed(iam, role).await?.is_none_or(|attached| !attached.contains(policy))
        }
        Write::PutGrant { principal, policy, document } => {
            matches!(grant(iam, principal, policy).await?, ObservedGrant::Present(found) if same(&found, document))
        }
        Write::DeleteGrant { principal, policy } => {
            !matches!(grant(iam, principal, policy).await?, ObservedGrant::Present(_))
        }
        Write::AddRoleToInstanceProfile { role, profile } => {
            instance_profiles(iam, role).await?.is_some_and(|profiles| profiles.contains(profile))
        }
        Write::RemoveRoleFromInstanceProfile { role, profile } => {
            instance_profiles(iam, role).await?.is_none_or(|profiles| !profiles.contains(profile))
        }
        Write::DeleteRole { role } => get_role(iam, role).await?.is_none(),
    })
}

async fn of_role(iam: &Client, role: &RoleName, is: impl Fn(&ObservedRole) -> bool) -> Result<bool, AwsFailure> {
    Ok(get_role(iam, role).await?.is_some_and(|found| is(&found)))
}

/// Whether the role trusts whom `document` says. IAM writes the principals of a trust in its own way (an account's id as
/// the ARN of its root), so the meaning counts.
fn trusts(found: &ObservedRole, document: &str) -> bool {
    let read = |text: &str| CanonicalPolicy::read(PolicyKind::Trust, text, found.arn.partition()).ok();
    match read(document) {
        Some(wanted) => read(&found.trust) == Some(wanted),
        // Somebody else's, which a rollback puts back as it was.
        None => same(&found.trust, document),
    }
}

/// Whether two documents are the same JSON. IAM keeps identity policies as they are sent; where it does not, the answer is
/// no, and the write counts as failed.
fn same(one: &str, other: &str) -> bool {
    let read = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    read(one).is_some_and(|one| read(other) == Some(one))
}
