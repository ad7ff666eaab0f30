//! The writes of one account: one change is one IAM call, and each is on record before it is sent.

use std::time::Duration;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::change::{Change, ChangeResult, Write};
use super::doubt::took_effect;
use super::ledger::{Ledger, LedgerClosed};
use crate::aws::clients::Attempts;
use crate::aws::failure::{AwsFailure, Class};
use crate::aws::retry::{BUSY_TIMEOUT, PRINCIPAL_TIMEOUT, PROPAGATION_TIMEOUT, patiently};
use crate::ids::PrincipalKind;

/// Why a change was not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyError {
    /// AWS refused it, or it is not known whether AWS took it.
    Aws(AwsFailure),
    /// It could not be put on record, so it was not sent.
    Ledger(LedgerClosed),
}

/// Puts `change` on record, sends it, and records what became of it. `role_is_new` says that this run created the role,
/// so that IAM not knowing it yet is worth waiting for. `attempts` is the one that `iam` counts in.
///
/// # Errors
/// [`ApplyError`]. A deletion of what is already gone is no error, nor is a write whose answer was lost and which has
/// taken effect.
pub async fn apply(
    iam: &Client,
    ledger: &impl Ledger,
    change: &Change,
    role_is_new: bool,
    attempts: &Attempts,
) -> Result<(), ApplyError> {
    ledger.intend(change).await.map_err(ApplyError::Ledger)?;
    let patience = |class| match class {
        Class::Busy => BUSY_TIMEOUT,
        Class::UnknownPrincipal => PRINCIPAL_TIMEOUT,
        Class::NotFound if role_is_new => PROPAGATION_TIMEOUT,
        Class::DeleteConflict => PROPAGATION_TIMEOUT,
        _ => Duration::ZERO,
    };
    let sent = patiently(attempts, patience, || send(iam, &change.write)).await;
    let (result, answer) = match sent {
        Ok(request_id) => (ChangeResult::Applied { request_id }, Ok(())),
        Err(failure) if failure.class == Class::NotFound && takes_away(&change.write) => {
            (ChangeResult::Applied { request_id: failure.request_id }, Ok(()))
        }
        // An earlier try of this very call may have made it: its answer was lost, not its effect.
        Err(failure)
            if (failure.in_doubt() || failure.class == Class::Exists && attempts.last() > 1)
                && took_effect(iam, &change.write).await.unwrap_or(false) =>
        {
            (ChangeResult::Applied { request_id: None }, Ok(()))
        }
        Err(failure) => {
            let result = ChangeResult::Failed { code: failure.code.clone(), request_id: failure.request_id.clone() };
            (result, Err(ApplyError::Aws(failure)))
        }
    };
    ledger.settled(change, &result);
    answer
}

/// Whether the write is done when its object is not there.
fn takes_away(write: &Write) -> bool {
    matches!(
        write,
        Write::DeleteRolePermissionsBoundary { .. }
            | Write::DeleteRolePolicy { .. }
            | Write::DetachRolePolicy { .. }
            | Write::DeleteGrant { .. }
            | Write::RemoveRoleFromInstanceProfile { .. }
            | Write::DeleteRole { .. }
    )
}

/// Sends one write. Returns AWS's request id.
async fn send(iam: &Client, write: &Write) -> Result<Option<String>, AwsFailure> {
    match write {
        Write::CreateRole { role, path, trust, description, max_session_duration, permissions_boundary, tags } => {
            const OPERATION: &str = "iam CreateRole";
            let call = iam
                .create_role()
                .role_name(role.as_str())
                .path(path)
                .assume_role_policy_document(trust.as_ref())
                .set_description(description.clone())
                .set_max_session_duration(seconds(*max_session_duration))
                .set_permissions_boundary(permissions_boundary.as_ref().map(ToString::to_string))
                .set_tags(Some(sdk_tags(OPERATION, tags)?));
            read(OPERATION, call.send().await)
        }
        Write::UpdateRole { role, description, max_session_duration } => {
            let call = iam
                .update_role()
                .role_name(role.as_str())
                .set_description(description.clone())
                .set_max_session_duration(seconds(*max_session_duration));
            read("iam UpdateRole", call.send().await)
        }
        Write::UpdateAssumeRolePolicy { role, document } => {
            let call = iam.update_assume_role_policy().role_name(role.as_str()).policy_document(document.as_ref());
            read("iam UpdateAssumeRolePolicy", call.send().await)
        }
        Write::PutRolePermissionsBoundary { role, boundary } => {
            let call =
                iam.put_role_permissions_boundary().role_name(role.as_str()).permissions_boundary(boundary.to_string());
            read("iam PutRolePermissionsBoundary", call.send().await)
        }
        Write::DeleteRolePermissionsBoundary { role } => {
            let call = iam.delete_role_permissions_boundary().role_name(role.as_str());
            read("iam DeleteRolePermissionsBoundary", call.send().await)
        }
        Write::TagRole { role, tags } => {
            const OPERATION: &str = "iam TagRole";
            let call = iam.tag_role().role_name(role.as_str()).set_tags(Some(sdk_tags(OPERATION, tags)?));
            read(OPERATION, call.send().await)
        }
        Write::UntagRole { role, keys } => {
            let call = iam.untag_role().role_name(role.as_str()).set_tag_keys(Some(keys.clone()));
            read("iam UntagRole", call.send().await)
        }
        Write::PutRolePolicy { role, policy, document } => {
            put_role_policy(iam, role.as_str(), policy.as_str(), document).await
        }
        Write::DeleteRolePolicy { role, policy } => delete_role_policy(iam, role.as_str(), policy.as_str()).await,
        Write::AttachRolePolicy { role, policy } => {
            let call = iam.attach_role_policy().role_name(role.as_str()).policy_arn(policy.to_string());
            read("iam AttachRolePolicy", call.send().await)
        }
        Write::DetachRolePolicy { role, policy } => {
            let call = iam.detach_role_policy().role_name(role.as_str()).policy_arn(policy.to_string());
            read("iam DetachRolePolicy", call.send().await)
        }
        Write::PutGrant { principal, policy, document } => match principal.kind() {
            PrincipalKind::Role => put_role_policy(iam, principal.name(), policy.as_str(), document).await,
            PrincipalKind::User => {
                let call = iam.put_user_policy().user_name(principal.name()).policy_name(policy.as_str());
                read("iam PutUserPolicy", call.policy_document(document.as_ref()).send().await)
            }
            PrincipalKind::Group => {
                let call = iam.put_group_policy().group_name(principal.name()).policy_name(policy.as_str());
                read("iam PutGroupPolicy", call.policy_document(document.as_ref()).send().await)
            }
        },
        Write::DeleteGrant { principal, policy } => match principal.kind() {
            PrincipalKind::Role => delete_role_policy(iam, principal.name(), policy.as_str()).await,
            PrincipalKind::User => {
                let call = iam.delete_user_policy().user_name(principal.name()).policy_name(policy.as_str());
                read("iam DeleteUserPolicy", call.send().await)
            }
            PrincipalKind::Group => {
                let call = iam.delete_group_policy().group_name(principal.name()).policy_name(policy.as_str());
                read("iam DeleteGroupPolicy", call.send().await)
            }
        },
        Write::RemoveRoleFromInstanceProfile { role, profile } => {
            let call = iam.remove_role_from_instance_profile().role_name(role.as_str()).instance_profile_name(profile);
            read("iam RemoveRoleFromInstanceProfile", call.send().await)
        }
        Write::DeleteRole { role } => read("iam DeleteRole", iam.delete_role().role_name(role.as_str()).send().await),
    }
}

async fn put_role_policy(iam: &Client, role: &str, policy: &str, document: &str) -> Result<Option<String>, AwsFailure> {
    let call = iam.put_role_policy().role_name(role).policy_name(policy).policy_document(document);
    read("iam PutRolePolicy", call.send().await)
}

async fn delete_role_policy(iam: &Client, role: &str, policy: &str) -> Result<Option<String>, AwsFailure> {
    let call = iam.delete_role_policy().role_name(role).policy_name(policy);
    read("iam DeleteRolePolicy", call.send().await)
}

/// The request id of an answer, or the failure.
fn read<T: RequestId, E>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<String>, AwsFailure>
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match answer {
        Ok(answer) => Ok(answer.request_id().map(str::to_owned)),
        Err(error) => Err(AwsFailure::from_sdk(operation, &error)),
    }
}

/// IAM takes at most 43,200 seconds, so nothing is lost.
fn seconds(duration: Option<u32>) -> Option<i32> {
    duration.and_then(|seconds| i32::try_from(seconds).ok())
}

fn sdk_tags(
    operation: &'static str,
    tags: &std::collections::BTreeMap<String, String>,
) -> Result<Vec<Tag>, AwsFailure> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| AwsFailure::ours(operation, "NotSent", error.to_string(), Class::Other))
}
