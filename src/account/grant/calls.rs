//! The calls for a grant: its reads, its writes, and whether a write whose answer was lost has taken effect.

use std::collections::BTreeMap;

use aws_sdk_iam::Client;
use futures::future;

use super::observed::ObservedGrant;
use super::write::GrantWrite as Write;
use crate::account::answers::{absent_or, decode, parse_arn, request_id};
use crate::account::compare::same_json;
use crate::account::role::calls::{delete_role_policy, put_role_policy, role_policy};
use crate::aws::failure::AwsFailure;
use crate::ids::{Arn, PolicyName, PrincipalKind, PrincipalRef};

/// Reads what each of the principals has by way of the grant.
///
/// # Errors
/// The first read that failed for another reason than `NoSuchEntity`.
pub(in crate::account) async fn observe_grants(
    iam: &Client,
    grants: &[(PrincipalRef, PolicyName)],
) -> Result<BTreeMap<(PrincipalRef, PolicyName), ObservedGrant>, AwsFailure> {
    let grants = future::try_join_all(grants.iter().map(|(grantee, policy)| async move {
        Ok::<_, AwsFailure>(((grantee.clone(), policy.clone()), grant(iam, grantee, policy).await?))
    }));
    Ok(grants.await?.into_iter().collect())
}

async fn grant(iam: &Client, grantee: &PrincipalRef, policy: &PolicyName) -> Result<ObservedGrant, AwsFailure> {
    let (name, policy_name) = (grantee.name(), policy.as_str());
    let document = match grantee.kind() {
        PrincipalKind::Role => role_policy(iam, name, policy).await?,
        PrincipalKind::User => {
            const OPERATION: &str = "iam GetUserPolicy";
            let answer = iam.get_user_policy().user_name(name).policy_name(policy_name).send().await;
            absent_or(OPERATION, answer)?.map(|answer| decode(OPERATION, answer.policy_document())).transpose()?
        }
        PrincipalKind::Group => {
            const OPERATION: &str = "iam GetGroupPolicy";
            let answer = iam.get_group_policy().group_name(name).policy_name(policy_name).send().await;
            absent_or(OPERATION, answer)?.map(|answer| decode(OPERATION, answer.policy_document())).transpose()?
        }
    };
    match document {
        Some(text) => Ok(ObservedGrant::Present(text)),
        // `NoSuchEntity` may mean the policy or its owner; IAM tells the two apart in its message only, so ask.
        None if principal_arn(iam, grantee).await?.is_some() => Ok(ObservedGrant::Absent),
        None => Ok(ObservedGrant::NoPrincipal),
    }
}

/// The principal's ARN, with its path; `None` where it does not exist.
pub(in crate::account) async fn principal_arn(
    iam: &Client,
    principal: &PrincipalRef,
) -> Result<Option<Arn>, AwsFailure> {
    let name = principal.name();
    let (operation, arn) = match principal.kind() {
        PrincipalKind::User => {
            let answer = absent_or("iam GetUser", iam.get_user().user_name(name).send().await)?;
            ("iam GetUser", answer.map(|answer| answer.user().map(|user| user.arn().to_owned())))
        }
        PrincipalKind::Group => {
            // One member is enough: the question is only which group it is.
            let answer = absent_or("iam GetGroup", iam.get_group().group_name(name).max_items(1).send().await)?;
            ("iam GetGroup", answer.map(|answer| answer.group().map(|group| group.arn().to_owned())))
        }
        PrincipalKind::Role => {
            let answer = absent_or("iam GetRole", iam.get_role().role_name(name).send().await)?;
            ("iam GetRole", answer.map(|answer| answer.role().map(|role| role.arn().to_owned())))
        }
    };
    arn.map(|arn| parse_arn(operation, &arn.unwrap_or_default())).transpose()
}

/// Sends one write. Returns AWS's request id.
pub(in crate::account) async fn send(iam: &Client, write: &Write) -> Result<Option<String>, AwsFailure> {
    match write {
        Write::Put { principal, policy, document } => match principal.kind() {
            PrincipalKind::Role => put_role_policy(iam, principal.name(), policy.as_str(), document).await,
            PrincipalKind::User => {
                let call = iam.put_user_policy().user_name(principal.name()).policy_name(policy.as_str());
                request_id("iam PutUserPolicy", call.policy_document(document.as_ref()).send().await)
            }
            PrincipalKind::Group => {
                let call = iam.put_group_policy().group_name(principal.name()).policy_name(policy.as_str());
                request_id("iam PutGroupPolicy", call.policy_document(document.as_ref()).send().await)
            }
        },
        Write::Delete { principal, policy } => match principal.kind() {
            PrincipalKind::Role => delete_role_policy(iam, principal.name(), policy.as_str()).await,
            PrincipalKind::User => {
                let call = iam.delete_user_policy().user_name(principal.name()).policy_name(policy.as_str());
                request_id("iam DeleteUserPolicy", call.send().await)
            }
            PrincipalKind::Group => {
                let call = iam.delete_group_policy().group_name(principal.name()).policy_name(policy.as_str());
                request_id("iam DeleteGroupPolicy", call.send().await)
            }
        },
    }
}

/// Whether what is there now is what `write` makes.
///
/// # Errors
/// A look that failed: then nothing is known.
pub(in crate::account) async fn is_so(iam: &Client, write: &Write) -> Result<bool, AwsFailure> {
    Ok(match write {
        Write::Put { principal, policy, document } => {
            matches!(grant(iam, principal, policy).await?, ObservedGrant::Present(found) if same_json(&found, document))
        }
        Write::Delete { principal, policy } => {
            !matches!(grant(iam, principal, policy).await?, ObservedGrant::Present(_))
        }
    })
}
