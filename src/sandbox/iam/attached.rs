//! Managed policies on roles, users and groups. Attaching twice is no error; detaching what is not there is.

use std::sync::Arc;

use super::super::refusal::Refusal;
use super::super::xml::Xml;
use super::call::{Call, Holder, Reply};
use super::inline::{arn, grants, grants_mut};

/// How many managed policies one may have before its quota is raised.
const ATTACHED: usize = 10;

pub(super) fn list(call: &Call<'_>, kind: Holder) -> Reply {
    let name = call.name(kind.parameter())?;
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let iam = call.iam();
    call.authorize(&iam, &arn(call, &iam, kind, name), &[])?;
    let mut xml = Xml::default();
    let attached = grants(&iam, kind, name)?.attached.iter().filter(|managed| managed.path.starts_with(prefix));
    call.page(&mut xml, "AttachedPolicies", attached, |xml, managed| {
        xml.within("member", |xml| {
            xml.text("PolicyName", &managed.name).text("PolicyArn", &managed.arn);
        });
    })?;
    Ok(Some(xml))
}

pub(super) fn attach(call: &Call<'_>, kind: Holder) -> Reply {
    let name = call.name(kind.parameter())?;
    let policy = policy_arn(call)?;
    let mut iam = call.iam();
    call.authorize(&iam, &arn(call, &iam, kind, name), &[("iam:PolicyARN", policy)])?;
    let managed = call.managed(&iam, policy);
    let grants = grants_mut(&mut iam, kind, name)?;
    let managed = managed
        .ok_or_else(|| Refusal::no_such_entity(format!("Policy {policy} does not exist or is not attachable.")))?;
    if grants.attached.iter().any(|known| known.arn == managed.arn) {
        return Ok(None);
    }
    if grants.attached.len() >= ATTACHED {
        return Err(Refusal::limit(format!("Cannot exceed quota for PoliciesPer{}: {ATTACHED}", kind.word())));
    }
    grants.attached.push(managed);
    Ok(None)
}

pub(super) fn detach(call: &Call<'_>, kind: Holder) -> Reply {
    let name = call.name(kind.parameter())?;
    let policy = policy_arn(call)?;
    let mut iam = call.iam();
    call.authorize(&iam, &arn(call, &iam, kind, name), &[("iam:PolicyARN", policy)])?;
    let grants = grants_mut(&mut iam, kind, name)?;
    let before = grants.attached.len();
    grants.attached.retain(|known| known.arn != policy);
    if grants.attached.len() == before {
        return Err(Refusal::no_such_entity(format!("Policy {policy} was not found.")));
    }
    Ok(None)
}

pub(super) fn get_policy(call: &Call<'_>) -> Reply {
    let policy = policy_arn(call)?;
    let iam = call.iam();
    call.authorize(&iam, policy, &[])?;
    let managed =
        call.managed(&iam, policy).ok_or_else(|| Refusal::no_such_entity(format!("Policy {policy} was not found.")))?;
    let holds = |attached: &[Arc<_>]| attached.iter().any(|known| Arc::ptr_eq(known, &managed));
    let count = iam.roles.iter().filter(|role| holds(&role.grants.attached)).count()
        + iam.users.iter().filter(|user| holds(&user.grants.attached)).count()
        + iam.groups.iter().filter(|group| holds(&group.grants.attached)).count();
    let mut xml = Xml::default();
    xml.within("Policy", |xml| {
        xml.text("PolicyName", &managed.name)
            .text("Arn", &managed.arn)
            .text("Path", &managed.path)
            .plain("DefaultVersionId", "v1")
            .plain("AttachmentCount", count)
            .plain("IsAttachable", true);
    });
    Ok(Some(xml))
}

/// The sandbox's managed policies have one version.
pub(super) fn get_policy_version(call: &Call<'_>) -> Reply {
    let policy = policy_arn(call)?;
    let version = call.params.required("VersionId")?;
    let iam = call.iam();
    call.authorize(&iam, policy, &[])?;
    let missing = || Refusal::no_such_entity(format!("Policy {policy} version {version} does not exist."));
    let managed = call.managed(&iam, policy).filter(|_| version == "v1").ok_or_else(missing)?;
    let mut xml = Xml::default();
    xml.within("PolicyVersion", |xml| {
        xml.document("Document", managed.document.text()).plain("VersionId", "v1").plain("IsDefaultVersion", true);
    });
    Ok(Some(xml))
}

fn policy_arn<'a>(call: &Call<'a>) -> Result<&'a str, Refusal> {
    let arn = call.params.required("PolicyArn")?;
    let shape = arn.parse::<crate::ids::Arn>();
    if shape.is_ok_and(|shape| shape.service() == "iam" && shape.resource().starts_with("policy/")) {
        return Ok(arn);
    }
    Err(Refusal::invalid_input(format!("ARN {arn} is not valid.")))
}
