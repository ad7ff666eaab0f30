//! The reads of one account: side by side, every page, decoded.
//!
//! A read that failed is never taken for "absent": only IAM's own `NoSuchEntity` means that something is not there, and
//! whatever else goes wrong ends the observation. Nor is a read that another one contradicts: IAM's answers may be of
//! different times for a while after a change.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_iam::Client;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures::future;
use percent_encoding::percent_decode_str;

use super::observation::{Observation, ObservedGrant, ObservedRole};
use crate::aws::failure::{AwsFailure, Class};
use crate::aws::retry::Backoff;
use crate::ids::{Arn, PolicyName, PrincipalKind, PrincipalRef, RoleName};

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The setup's role.
    pub role: RoleName,
    /// The inline policies of the role whose text is needed.
    pub inline: Vec<PolicyName>,
    /// Whether the text of the role's other inline policies is needed as well.
    pub other_inline: bool,
    /// The principals that should have a grant, each with the name of the inline policy that is the grant.
    pub grants: Vec<(PrincipalRef, PolicyName)>,
    /// Whether to ask which instance profiles the role is in.
    pub instance_profiles: bool,
}

/// How often to look while what is read contradicts itself.
const LOOKS: u32 = 5;

/// Reads everything that `subject` names, in one round trip where it is all there and nothing else is. While the reads
/// contradict each other, as they may for some seconds after a change, everything is read again.
///
/// # Errors
/// The first read that failed for another reason than `NoSuchEntity`, an answer that cannot be read, or reads that go on
/// contradicting each other.
pub async fn observe(iam: &Client, subject: &Subject) -> Result<Observation, AwsFailure> {
    let mut backoff = Backoff::new(Duration::from_millis(500), Duration::from_secs(4));
    for _ in 1..LOOKS {
        match look(iam, subject).await? {
            Ok(observation) => return Ok(observation),
            Err(contradiction) => tracing::debug!(contradiction, "reading again"),
        }
        tokio::time::sleep(backoff.wait()).await;
    }
    let last = look(iam, subject).await?;
    last.map_err(|contradiction| {
        AwsFailure::ours("iam GetRole", "InconsistentReads", contradiction, Class::Inconsistent)
    })
}

/// One look; the inner error is what contradicts what.
async fn look(iam: &Client, subject: &Subject) -> Result<Result<Observation, &'static str>, AwsFailure> {
    let grants = future::try_join_all(subject.grants.iter().map(|(grantee, policy)| async move {
        Ok::<_, AwsFailure>(((grantee.clone(), policy.clone()), grant(iam, grantee, policy).await?))
    }));
    let profiles = async {
        if subject.instance_profiles { instance_profiles(iam, &subject.role).await } else { Ok(Some(BTreeSet::new())) }
    };
    let policies = async {
        let (inline_names, managed, mut inline) = future::try_join3(
            inline_names(iam, &subject.role),
            managed(iam, &subject.role),
            inline_texts(iam, &subject.role, subject.inline.iter()),
        )
        .await?;
        if subject.other_inline {
            let others = inline_names.iter().flatten().filter(|name| !subject.inline.contains(name));
            inline.extend(inline_texts(iam, &subject.role, others).await?);
        }
        Ok((inline_names, managed, inline))
    };
    let (role, (names, managed, inline), grants, profiles) =
        future::try_join4(get_role(iam, &subject.role), policies, grants, profiles).await?;
    let grants = grants.into_iter().collect();
    let Some(role) = role else {
        let only_lists = names.is_some() || managed.is_some() || !inline.is_empty();
        let only_lists = only_lists || subject.instance_profiles && profiles.is_some();
        return Ok(if only_lists {
            Err("GetRole does not find the role, and other reads do")
        } else {
            Ok(Observation { role: None, grants })
        });
    };
    let (Some(inline_names), Some(managed), Some(instance_profiles)) = (names, managed, profiles) else {
        return Ok(Err("GetRole finds the role, and a list of its policies does not"));
    };
    let wanted = |name: &PolicyName| subject.other_inline || subject.inline.contains(name);
    let texts_are_there = inline_names.iter().filter(|name| wanted(name)).all(|name| inline.contains_key(name));
    if !texts_are_there || !inline.keys().all(|name| inline_names.contains(name)) {
        return Ok(Err("the list of the role's inline policies and their texts are not of one time"));
    }
    let role = Some(ObservedRole { inline_names, managed, inline, instance_profiles, ..role });
    Ok(Ok(Observation { role, grants }))
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

pub(super) async fn get_role(iam: &Client, role: &RoleName) -> Result<Option<ObservedRole>, AwsFailure> {
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

pub(super) async fn inline_names(iam: &Client, role: &RoleName) -> Result<Option<BTreeSet<PolicyName>>, AwsFailure> {
    const OPERATION: &str = "iam ListRolePolicies";
    let pages = iam.list_role_policies().role_name(role.as_str()).into_paginator().items().send();
    let Some(names) = absent_or(OPERATION, collect(pages).await)? else { return Ok(None) };
    let names = names.iter().map(|name| name.parse().map_err(|error| unreadable(OPERATION, &format!("{error}"))));
    names.collect::<Result<_, _>>().map(Some)
}

pub(super) async fn managed(iam: &Client, role: &RoleName) -> Result<Option<BTreeSet<Arn>>, AwsFailure> {
    const OPERATION: &str = "iam ListAttachedRolePolicies";
    let pages = iam.list_attached_role_policies().role_name(role.as_str()).into_paginator().items().send();
    let Some(attached) = absent_or(OPERATION, collect(pages).await)? else { return Ok(None) };
    let arns = attached.iter().map(|policy| parse_arn(OPERATION, policy.policy_arn().unwrap_or_default()));
    arns.collect::<Result<_, _>>().map(Some)
}

pub(super) async fn instance_profiles(iam: &Client, role: &RoleName) -> Result<Option<BTreeSet<String>>, AwsFailure> {
    const OPERATION: &str = "iam ListInstanceProfilesForRole";
    let pages = iam.list_instance_profiles_for_role().role_name(role.as_str()).into_paginator().items().send();
    let profiles = absent_or(OPERATION, collect(pages).await)?;
    Ok(profiles.map(|profiles| profiles.iter().map(|profile| profile.instance_profile_name().to_owned()).collect()))
}

pub(super) async fn role_policy(iam: &Client, role: &str, policy: &PolicyName) -> Result<Option<String>, AwsFailure> {
    const OPERATION: &str = "iam GetRolePolicy";
    let answer = iam.get_role_policy().role_name(role).policy_name(policy.as_str()).send().await;
    absent_or(OPERATION, answer)?.map(|answer| decode(OPERATION, answer.policy_document())).transpose()
}

pub(super) async fn grant(
    iam: &Client,
    grantee: &PrincipalRef,
    policy: &PolicyName,
) -> Result<ObservedGrant, AwsFailure> {
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
pub(super) async fn principal_arn(iam: &Client, principal: &PrincipalRef) -> Result<Option<Arn>, AwsFailure> {
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

/// Gathers the items of every page.
async fn collect<T, E>(
    pages: aws_smithy_async::future::pagination_stream::PaginationStream<Result<T, E>>,
) -> Result<Vec<T>, E> {
    let mut pages = pages;
    let mut items = Vec::new();
    while let Some(item) = pages.try_next().await? {
        items.push(item);
    }
    Ok(items)
}

/// `None` where IAM says `NoSuchEntity`, and only there.
fn absent_or<T, E>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, AwsFailure>
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => match AwsFailure::from_sdk(operation, &error) {
            failure if failure.class == Class::NotFound => Ok(None),
            failure => Err(failure),
        },
    }
}

/// A policy document as IAM sends it, `%XX`-encoded (RFC 3986). A `+` is a plus sign, not a space.
pub(super) fn decode(operation: &'static str, text: &str) -> Result<String, AwsFailure> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| unreadable(operation, "a policy document that is not UTF-8"))
}

fn parse_arn(operation: &'static str, text: &str) -> Result<Arn, AwsFailure> {
    text.parse().map_err(|error| unreadable(operation, &format!("{error}")))
}

/// An answer that came, and makes no sense.
pub(super) fn unreadable(operation: &'static str, what: &str) -> AwsFailure {
    AwsFailure::ours(operation, "UnreadableAnswer", what, Class::Other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_in_a_policy_document_stays_a_plus() {
        assert_eq!(decode("iam GetRole", "%7B%22a%22%3A%22b+c%20d%22%7D").unwrap(), r#"{"a":"b+c d"}"#);
        assert_eq!(decode("iam GetRole", "%FF").unwrap_err().code, "UnreadableAnswer");
    }
}
