//! The calls for a role: its reads, its writes, and whether a write whose answer was lost has taken effect.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use futures::future;

use super::observed::{ObservedRole, RoleSubject};
use super::write::RoleWrite as Write;
use crate::account::answers::{absent_or, collect, decode, parse_arn, request_id, unreadable};
use crate::account::compare::same_json;
use crate::aws::failure::{AwsFailure, Class};
use crate::ids::{Arn, PolicyName, RoleName};
use crate::policy::{CanonicalPolicy, PolicyKind};

/// Reads one role, in one round trip where it is all there and nothing else is; `None` where it is not there. The inner
/// error is what contradicts what.
pub(in crate::account) async fn look(
    iam: &Client,
    subject: &RoleSubject,
) -> Result<Result<Option<ObservedRole>, &'static str>, AwsFailure> {
    let profiles = async {
        if subject.instance_profiles { instance_profiles(iam, &subject.name).await } else { Ok(Some(BTreeSet::new())) }
    };
    let policies = async {
        let (inline_names, managed, mut inline) = future::try_join3(
            inline_names(iam, &subject.name),
            managed(iam, &subject.name),
            inline_texts(iam, &subject.name, subject.inline.iter()),
        )
        .await?;
        if subject.other_inline {
            let others = inline_names.iter().flatten().filter(|name| !subject.inline.contains(name));
            inline.extend(inline_texts(iam, &subject.name, others).await?);
        }
        Ok((inline_names, managed, inline))
    };
    let (role, (names, managed, inline), profiles) =
        future::try_join3(get_role(iam, &subject.name), policies, profiles).await?;
    let Some(role) = role else {
        let only_lists = names.is_some() || managed.is_some() || !inline.is_empty();
        let only_lists = only_lists || subject.instance_profiles && profiles.is_some();
        return Ok(if only_lists { Err("GetRole does not find the role, and other reads do") } else { Ok(None) });
    };
    let (Some(inline_names), Some(managed), Some(instance_profiles)) = (names, managed, profiles) else {
        return Ok(Err("GetRole finds the role, and a list of its policies does not"));
    };
    let wanted = |name: &PolicyName| subject.other_inline || subject.inline.contains(name);
    let texts_are_there = inline_names.iter().filter(|name| wanted(name)).all(|name| inline.contains_key(name));
    if !texts_are_there || !inline.keys().all(|name| inline_names.contains(name)) {
        return Ok(Err("the list of the role's inline policies and their texts are not of one time"));
    }
    Ok(Ok(Some(ObservedRole { inline_names, managed, inline, instance_profiles, ..role })))
}

/// Those of the inline policies that are there.
async fn inline_texts(
    iam: &Client,
    role: &RoleName,
    names: impl Iterator<Item = &PolicyName>,
) -> Result<BTreeMap<PolicyName, String>, AwsFailure> {
    let texts = future::try_join_all(names.map(|name| async move {
        let text = role_policy(iam, role.as_str(), name).await?;
        Ok::<_, AwsFailure>(text.map(|text| (name.clone(), text)))
    }));
    Ok(texts.await?.into_iter().flatten().collect())
}

async fn get_role(iam: &Client, role: &RoleName) -> Result<Option<ObservedRole>, AwsFailure> {
    const OPERATION: &str = "iam GetRole";
    let answer = iam.get_role().role_name(role.as_str()).send().await;
    let Some(answer) = absent_or(OPERATION, answer)? else { return Ok(None) };
    let role = answer.role().ok_or_else(|| unreadable(OPERATION, "no role in the answer"))?;
    let trust =
        role.assume_role_policy_document().ok_or_else(|| unreadable(OPERATION, "the role has no trust policy"))?;
    let boundary = role.permissions_boundary().and_then(|boundary| boundary.permissions_boundary_arn());
    Ok(Some(ObservedRole {
        arn: parse_arn(OPERATION, role.arn())?,
        path: role.path().to_owned(),
        description: role.description().map(str::to_owned),
        // IAM's default, which it may leave out.
        max_session_duration: role.max_session_duration().and_then(|s| u32::try_from(s).ok()).unwrap_or(3600),
        trust: decode(OPERATION, trust)?,
        boundary: boundary.map(|arn| parse_arn(OPERATION, arn)).transpose()?,
        tags: role.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect(),
        inline_names: BTreeSet::new(),
        inline: BTreeMap::new(),
        managed: BTreeSet::new(),
        instance_profiles: BTreeSet::new(),
    }))
}

async fn inline_names(iam: &Client, role: &RoleName) -> Result<Option<BTreeSet<PolicyName>>, AwsFailure> {
    const OPERATION: &str = "iam ListRolePolicies";
    let pages = iam.list_role_policies().role_name(role.as_str()).into_paginator().items().send();
    let Some(names) = absent_or(OPERATION, collect(pages).await)? else { return Ok(None) };
    let names = names.iter().map(|name| name.parse().map_err(|error| unreadable(OPERATION, &format!("{error}"))));
    names.collect::<Result<_, _>>().map(Some)
}

async fn managed(iam: &Client, role: &RoleName) -> Result<Option<BTreeSet<Arn>>, AwsFailure> {
    const OPERATION: &str = "iam ListAttachedRolePolicies";
    let pages = iam.list_attached_role_policies().role_name(role.as_str()).into_paginator().items().send();
    let Some(attached) = absent_or(OPERATION, collect(pages).await)? else { return Ok(None) };
    let arns = attached.iter().map(|policy| parse_arn(OPERATION, policy.policy_arn().unwrap_or_default()));
    arns.collect::<Result<_, _>>().map(Some)
}

async fn instance_profiles(iam: &Client, role: &RoleName) -> Result<Option<BTreeSet<String>>, AwsFailure> {
    const OPERATION: &str = "iam ListInstanceProfilesForRole";
    let pages = iam.list_instance_profiles_for_role().role_name(role.as_str()).into_paginator().items().send();
    let profiles = absent_or(OPERATION, collect(pages).await)?;
    Ok(profiles.map(|profiles| profiles.iter().map(|profile| profile.instance_profile_name().to_owned()).collect()))
}

pub(in crate::account) async fn role_policy(
    iam: &Client,
    role: &str,
    policy: &PolicyName,
) -> Result<Option<String>, AwsFailure> {
    const OPERATION: &str = "iam GetRolePolicy";
    let answer = iam.get_role_policy().role_name(role).policy_name(policy.as_str()).send().await;
    absent_or(OPERATION, answer)?.map(|answer| decode(OPERATION, answer.policy_document())).transpose()
}

/// Sends one write. Returns AWS's request id.
pub(in crate::account) async fn send(iam: &Client, write: &Write) -> Result<Option<String>, AwsFailure> {
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
            request_id(OPERATION, call.send().await)
        }
        Write::UpdateRole { role, description, max_session_duration } => {
            let call = iam
                .update_role()
                .role_name(role.as_str())
                .set_description(description.clone())
                .set_max_session_duration(seconds(*max_session_duration));
            request_id("iam UpdateRole", call.send().await)
        }
        Write::UpdateAssumeRolePolicy { role, document } => {
            let call = iam.update_assume_role_policy().role_name(role.as_str()).policy_document(document.as_ref());
            request_id("iam UpdateAssumeRolePolicy", call.send().await)
        }
        Write::PutRolePermissionsBoundary { role, boundary } => {
            let call =
                iam.put_role_permissions_boundary().role_name(role.as_str()).permissions_boundary(boundary.to_string());
            request_id("iam PutRolePermissionsBoundary", call.send().await)
        }
        Write::DeleteRolePermissionsBoundary { role } => {
            let call = iam.delete_role_permissions_boundary().role_name(role.as_str());
            request_id("iam DeleteRolePermissionsBoundary", call.send().await)
        }
        Write::TagRole { role, tags } => {
            const OPERATION: &str = "iam TagRole";
            let call = iam.tag_role().role_name(role.as_str()).set_tags(Some(sdk_tags(OPERATION, tags)?));
            request_id(OPERATION, call.send().await)
        }
        Write::UntagRole { role, keys } => {
            let call = iam.untag_role().role_name(role.as_str()).set_tag_keys(Some(keys.clone()));
            request_id("iam UntagRole", call.send().await)
        }
        Write::PutRolePolicy { role, policy, document } => {
            put_role_policy(iam, role.as_str(), policy.as_str(), document).await
        }
        Write::DeleteRolePolicy { role, policy } => delete_role_policy(iam, role.as_str(), policy.as_str()).await,
        Write::AttachRolePolicy { role, policy } => {
            let call = iam.attach_role_policy().role_name(role.as_str()).policy_arn(policy.to_string());
            request_id("iam AttachRolePolicy", call.send().await)
        }
        Write::DetachRolePolicy { role, policy } => {
            let call = iam.detach_role_policy().role_name(role.as_str()).policy_arn(policy.to_string());
            request_id("iam DetachRolePolicy", call.send().await)
        }
        Write::AddRoleToInstanceProfile { role, profile } => {
            let call = iam.add_role_to_instance_profile().role_name(role.as_str()).instance_profile_name(profile);
            request_id("iam AddRoleToInstanceProfile", call.send().await)
        }
        Write::RemoveRoleFromInstanceProfile { role, profile } => {
            let call = iam.remove_role_from_instance_profile().role_name(role.as_str()).instance_profile_name(profile);
            request_id("iam RemoveRoleFromInstanceProfile", call.send().await)
        }
        Write::DeleteRole { role } => {
            request_id("iam DeleteRole", iam.delete_role().role_name(role.as_str()).send().await)
        }
    }
}

pub(in crate::account) async fn put_role_policy(
    iam: &Client,
    role: &str,
    policy: &str,
    document: &str,
) -> Result<Option<String>, AwsFailure> {
    let call = iam.put_role_policy().role_name(role).policy_name(policy).policy_document(document);
    request_id("iam PutRolePolicy", call.send().await)
}

pub(in crate::account) async fn delete_role_policy(
    iam: &Client,
    role: &str,
    policy: &str,
) -> Result<Option<String>, AwsFailure> {
    let call = iam.delete_role_policy().role_name(role).policy_name(policy);
    request_id("iam DeleteRolePolicy", call.send().await)
}

/// Whether what is there now is what `write` makes.
///
/// # Errors
/// A look that failed: then nothing is known.
pub(in crate::account) async fn is_so(iam: &Client, write: &Write) -> Result<bool, AwsFailure> {
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
            role_policy(iam, role.as_str(), policy).await?.is_some_and(|found| same_json(&found, document))
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
        None => same_json(&found.trust, document),
    }
}

/// IAM takes at most 43,200 seconds, so nothing is lost.
fn seconds(duration: Option<u32>) -> Option<i32> {
    duration.and_then(|seconds| i32::try_from(seconds).ok())
}

fn sdk_tags(operation: &'static str, tags: &BTreeMap<String, String>) -> Result<Vec<Tag>, AwsFailure> {
    tags.iter()
        .map(|(key, value)| Tag::builder().key(key).value(value).build())
        .collect::<Result<_, _>>()
        .map_err(|error| AwsFailure::ours(operation, "NotSent", error.to_string(), Class::Other))
}
