//! Roles: made, read, trusted, deleted.

use super::super::entities::{Grants, SimRole};
use super::super::refusal::Refusal;
use super::super::xml::Xml;
use super::call::{Call, Reply, role, role_mut};
use super::role_settings::{check_description, check_duration, checked_tags};
use super::trust;

/// The number of roles that an account may have before its quota is raised.
const ROLES: usize = 1000;

pub(super) fn get(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let iam = call.iam();
    call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[])?;
    let role = role(&iam, name)?;
    let mut xml = Xml::with_capacity(role.trust.text().len() * 2 + 900);
    xml.within("Role", |xml| write(call, xml, role, Detail::Full));
    Ok(Some(xml))
}

pub(super) fn list(call: &Call<'_>) -> Reply {
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let iam = call.iam();
    call.authorize(&iam, &call.world.iam_arn(call.account.id, "role", "/", ""), &[])?;
    let mut xml = Xml::with_capacity(4096);
    let roles = iam.roles.iter().filter(|role| role.path.starts_with(prefix));
    call.page(&mut xml, "Roles", roles, |xml, role| {
        xml.within("member", |xml| write(call, xml, role, Detail::InList));
    })?;
    Ok(Some(xml))
}

pub(super) fn create(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let path = call.path()?;
    let text = call.params.required("AssumeRolePolicyDocument")?;
    let description = call.params.get("Description");
    check_description(description)?;
    let duration = check_duration(call.params.number("MaxSessionDuration")?)?;
    let tags = checked_tags(&call.params.tags())?;
    let boundary = call.params.get("PermissionsBoundary");

    let arn = call.world.iam_arn(call.account.id, "role", path, name);
    {
        let iam = call.iam();
        let extra: Vec<(&str, &str)> = boundary.map(|arn| ("iam:PermissionsBoundary", arn)).into_iter().collect();
        call.authorize(&iam, &arn, &extra)?;
        if !tags.is_empty() {
            call.authorize_as(&iam, "iam:TagRole", &arn, &[])?;
        }
        if boundary.is_some() {
            call.authorize_as(&iam, "iam:PutRolePermissionsBoundary", &arn, &extra)?;
        }
    }
    // A role cannot name itself here: it does not exist yet.
    let trust = trust::stored(call.world, text)?;

    let mut iam = call.iam();
    if iam.roles.get(name).is_some() {
        return Err(Refusal::exists(format!("Role with name {name} already exists.")));
    }
    if iam.roles.iter().count() >= ROLES {
        return Err(Refusal::limit(format!("Cannot exceed quota for RolesPerAccount: {ROLES}")));
    }
    let boundary = boundary
        .map(|arn| {
            call.managed(&iam, arn).ok_or_else(|| {
                Refusal::no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable."))
            })
        })
        .transpose()?;
    let role = SimRole {
        path: path.into(),
        name: name.into(),
        id: iam.new_id("AROA", call.account.id),
        trust,
        description: description.map(Into::into),
        max_session_duration: duration.unwrap_or(3600),
        boundary,
        tags,
        grants: Grants::default(),
        created: call.world.now(),
    };
    let mut xml = Xml::with_capacity(role.trust.text().len() * 2 + 900);
    xml.within("Role", |xml| write(call, xml, &role, Detail::Full));
    iam.roles.insert(role);
    Ok(Some(xml))
}

pub(super) fn update_trust(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let text = call.params.required("PolicyDocument")?;
    {
        let iam = call.iam();
        call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[])?;
        role(&iam, name)?;
    }
    let document = trust::stored(call.world, text)?;
    role_mut(&mut call.iam(), name)?.trust = document;
    Ok(None)
}

pub(super) fn delete(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[])?;
    let in_profile =
        iam.profiles.iter().any(|profile| profile.role.as_deref().is_some_and(|role| role.eq_ignore_ascii_case(name)));
    let role = role_mut(&mut iam, name)?;
    if !role.grants.attached.is_empty() {
        return Err(Refusal::delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.grants.inline.is_empty() {
        return Err(Refusal::delete_conflict("Cannot delete entity, must delete policies first."));
    }
    if in_profile {
        return Err(Refusal::delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    if let Some(role) = iam.roles.remove(name) {
        call.world.forget(&role.id);
    }
    Ok(None)
}

/// Lists leave out tags and boundary, as AWS documents.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Detail {
    Full,
    InList,
}

/// A role's members.
pub(super) fn write(call: &Call<'_>, xml: &mut Xml, role: &SimRole, detail: Detail) {
    xml.text("Path", &role.path)
        .text("RoleName", &role.name)
        .text("RoleId", &role.id)
        .text("Arn", &call.arn("role", role))
        .time("CreateDate", role.created)
        .document("AssumeRolePolicyDocument", &trust::shown(call.world, &role.trust));
    if let Some(description) = &role.description {
        xml.text("Description", description);
    }
    xml.plain("MaxSessionDuration", role.max_session_duration);
    if detail == Detail::InList {
        return;
    }
    if let Some(boundary) = &role.boundary {
        xml.within("PermissionsBoundary", |xml| {
            xml.raw("<PermissionsBoundaryType>Policy</PermissionsBoundaryType>")
                .text("PermissionsBoundaryArn", &boundary.arn);
        });
    }
    if !role.tags.is_empty() {
        xml.within("Tags", |xml| {
            for (key, value) in &role.tags {
                xml.within("member", |xml| {
                    xml.text("Key", key).text("Value", value);
                });
            }
        });
    }
    xml.raw("<RoleLastUsed/>");
}
