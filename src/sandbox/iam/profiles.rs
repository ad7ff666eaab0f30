//! Instance profiles: what else can stand in the way of deleting a role.

use super::super::entities::{Named, SimProfile};
use super::super::refusal::Refusal;
use super::super::xml::Xml;
use super::call::{Call, Reply, role};
use super::roles::{self, Detail};

pub(super) fn list_for_role(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let iam = call.iam();
    call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[])?;
    let role = role(&iam, name)?;
    let holds = |profile: &&SimProfile| profile.role.as_deref() == Some(role.name());
    let mut xml = Xml::default();
    call.page(&mut xml, "InstanceProfiles", iam.profiles.iter().filter(holds), |xml, profile| {
        xml.within("member", |xml| write(call, xml, profile, Some(role)));
    })?;
    Ok(Some(xml))
}

pub(super) fn create(call: &Call<'_>) -> Reply {
    let name = call.name("InstanceProfileName")?;
    let path = call.path()?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.world.iam_arn(call.account.id, "instance-profile", path, name), &[])?;
    if iam.profiles.get(name).is_some() {
        return Err(Refusal::exists(format!("Instance Profile {name} already exists.")));
    }
    let profile = SimProfile {
        path: path.into(),
        name: name.into(),
        id: iam.new_id("AIPA", call.account.id),
        role: None,
        created: call.world.now(),
    };
    let mut xml = Xml::default();
    xml.within("InstanceProfile", |xml| write(call, xml, &profile, None));
    iam.profiles.insert(profile);
    Ok(Some(xml))
}

pub(super) fn delete(call: &Call<'_>) -> Reply {
    let name = call.name("InstanceProfileName")?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("instance-profile", &iam.profiles, name), &[])?;
    let profile = iam.profiles.get(name).ok_or_else(|| no_profile(name))?;
    if profile.role.is_some() {
        return Err(Refusal::delete_conflict("Cannot delete entity, must remove roles from instance profile first."));
    }
    iam.profiles.remove(name);
    Ok(None)
}

pub(super) fn add_role(call: &Call<'_>) -> Reply {
    let (name, wanted) = (call.name("InstanceProfileName")?, call.name("RoleName")?);
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("instance-profile", &iam.profiles, name), &[])?;
    // Whoever puts a role into an instance profile passes it to EC2.
    let passed_to = [("iam:PassedToService", "ec2.amazonaws.com")];
    call.authorize_as(&iam, "iam:PassRole", &call.arn_of("role", &iam.roles, wanted), &passed_to)?;
    let wanted = role(&iam, wanted)?.name.clone();
    let profile = iam.profiles.get_mut(name).ok_or_else(|| no_profile(name))?;
    if profile.role.is_some() {
        return Err(Refusal::limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
    }
    profile.role = Some(wanted);
    Ok(None)
}

pub(super) fn remove_role(call: &Call<'_>) -> Reply {
    let (name, held) = (call.name("InstanceProfileName")?, call.name("RoleName")?);
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("instance-profile", &iam.profiles, name), &[])?;
    let profile = iam.profiles.get_mut(name).ok_or_else(|| no_profile(name))?;
    if !profile.role.as_deref().is_some_and(|role| role.eq_ignore_ascii_case(held)) {
        return Err(Refusal::no_such_entity(format!("The role with name {held} cannot be found.")));
    }
    profile.role = None;
    Ok(None)
}

fn no_profile(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("Instance Profile {name} cannot be found."))
}

fn write(call: &Call<'_>, xml: &mut Xml, profile: &SimProfile, role: Option<&super::super::entities::SimRole>) {
    xml.text("Path", &profile.path)
        .text("InstanceProfileName", &profile.name)
        .text("InstanceProfileId", &profile.id)
        .text("Arn", &call.arn("instance-profile", profile))
        .time("CreateDate", profile.created);
    xml.within("Roles", |xml| {
        if let Some(role) = role {
            xml.within("member", |xml| roles::write(call, xml, role, Detail::Full));
        }
    });
}
