//! Inline policies of roles, users and groups.

use super::super::entities::{Grants, Iam};
use super::super::names::check_name;
use super::super::policy::{PolicyKind, check};
use super::super::refusal::Refusal;
use super::super::xml::Xml;
use super::call::{Call, Holder, Reply, group, no_group, no_user, role, role_mut, user};

pub(super) fn list(call: &Call<'_>, kind: Holder) -> Reply {
    let name = call.name(kind.parameter())?;
    let iam = call.iam();
    call.authorize(&iam, &arn(call, &iam, kind, name), &[])?;
    let mut xml = Xml::default();
    call.page(&mut xml, "PolicyNames", grants(&iam, kind, name)?.inline.iter(), |xml, (policy, _)| {
        xml.text("member", policy);
    })?;
    Ok(Some(xml))
}

pub(super) fn get(call: &Call<'_>, kind: Holder) -> Reply {
    let name = call.name(kind.parameter())?;
    let policy = policy_name(call)?;
    let iam = call.iam();
    call.authorize(&iam, &arn(call, &iam, kind, name), &[])?;
    let document = grants(&iam, kind, name)?.get(policy).ok_or_else(|| no_policy(kind, policy))?;
    let mut xml = Xml::with_capacity(document.text().len() * 2 + 250);
    xml.text(kind.parameter(), name).text("PolicyName", policy).document("PolicyDocument", document.text());
    Ok(Some(xml))
}

pub(super) fn put(call: &Call<'_>, kind: Holder) -> Reply {
    let name = call.name(kind.parameter())?;
    let policy = policy_name(call)?;
    let text = call.params.required("PolicyDocument")?;
    let mut iam = call.iam();
    call.authorize(&iam, &arn(call, &iam, kind, name), &[])?;
    let limit = kind.inline_limit();
    let grants = grants_mut(&mut iam, kind, name)?;
    check(text, PolicyKind::Identity).map_err(Refusal::malformed)?;
    let document = call.world.documents.document(text);
    let others = grants.inline.iter().filter(|(known, _)| **known != *policy);
    let size: usize = others.map(|(_, document)| document.size()).sum::<usize>() + document.size();
    if size > limit {
        let kind = kind.lower();
        return Err(Refusal::limit(format!("Maximum policy size of {limit} bytes exceeded for {kind} {name}")));
    }
    grants.put(policy, document);
    Ok(None)
}

pub(super) fn delete(call: &Call<'_>, kind: Holder) -> Reply {
    let name = call.name(kind.parameter())?;
    let policy = policy_name(call)?;
    let mut iam = call.iam();
    call.authorize(&iam, &arn(call, &iam, kind, name), &[])?;
    if grants_mut(&mut iam, kind, name)?.delete(policy) { Ok(None) } else { Err(no_policy(kind, policy)) }
}

fn policy_name<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let name = call.params.required("PolicyName")?;
    check_name("policyName", name, 1, 128)?;
    Ok(name)
}

fn no_policy(kind: Holder, policy: &str) -> Refusal {
    Refusal::no_such_entity(format!("The {} policy with name {policy} cannot be found.", kind.lower()))
}

/// The ARN of the holder of that name.
pub(super) fn arn(call: &Call<'_>, iam: &Iam, kind: Holder, name: &str) -> String {
    match kind {
        Holder::Role => call.arn_of("role", &iam.roles, name),
        Holder::User => call.arn_of("user", &iam.users, name),
        Holder::Group => call.arn_of("group", &iam.groups, name),
    }
}

pub(super) fn grants<'i>(iam: &'i Iam, kind: Holder, name: &str) -> Result<&'i Grants, Refusal> {
    Ok(match kind {
        Holder::Role => &role(iam, name)?.grants,
        Holder::User => &user(iam, name)?.grants,
        Holder::Group => &group(iam, name)?.grants,
    })
}

pub(super) fn grants_mut<'i>(iam: &'i mut Iam, kind: Holder, name: &str) -> Result<&'i mut Grants, Refusal> {
    Ok(match kind {
        Holder::Role => &mut role_mut(iam, name)?.grants,
        Holder::User => &mut iam.users.get_mut(name).ok_or_else(|| no_user(name))?.grants,
        Holder::Group => &mut iam.groups.get_mut(name).ok_or_else(|| no_group(name))?.grants,
    })
}
