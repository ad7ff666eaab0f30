//! Groups and their members.

use super::super::entities::{Grants, SimGroup};
use super::super::refusal::Refusal;
use super::super::xml::Xml;
use super::call::{Call, Reply, group, no_group, user};
use super::users;

pub(super) fn get(call: &Call<'_>) -> Reply {
    let name = call.name("GroupName")?;
    let iam = call.iam();
    call.authorize(&iam, &call.arn_of("group", &iam.groups, name), &[])?;
    let group = group(&iam, name)?;
    let mut xml = Xml::default();
    xml.within("Group", |xml| write(call, xml, group));
    let members = group.members.iter().filter_map(|member| iam.users.get(member));
    call.page(&mut xml, "Users", members, |xml, user| {
        xml.within("member", |xml| users::write(call, xml, user));
    })?;
    Ok(Some(xml))
}

pub(super) fn list(call: &Call<'_>) -> Reply {
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let iam = call.iam();
    call.authorize(&iam, &call.world.iam_arn(call.account.id, "group", "/", ""), &[])?;
    let mut xml = Xml::default();
    let groups = iam.groups.iter().filter(|group| group.path.starts_with(prefix));
    call.page(&mut xml, "Groups", groups, |xml, group| {
        xml.within("member", |xml| write(call, xml, group));
    })?;
    Ok(Some(xml))
}

pub(super) fn list_for_user(call: &Call<'_>) -> Reply {
    let name = call.name("UserName")?;
    let iam = call.iam();
    call.authorize(&iam, &call.arn_of("user", &iam.users, name), &[])?;
    user(&iam, name)?;
    let mut xml = Xml::default();
    call.page(&mut xml, "Groups", iam.groups_of(name), |xml, group| {
        xml.within("member", |xml| write(call, xml, group));
    })?;
    Ok(Some(xml))
}

pub(super) fn create(call: &Call<'_>) -> Reply {
    let name = call.name("GroupName")?;
    let path = call.path()?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.world.iam_arn(call.account.id, "group", path, name), &[])?;
    if iam.groups.get(name).is_some() {
        return Err(Refusal::exists(format!("Group with name {name} already exists.")));
    }
    let group = SimGroup {
        path: path.into(),
        name: name.into(),
        id: iam.new_id("AGPA", call.account.id),
        grants: Grants::default(),
        members: Vec::new(),
        created: call.world.now(),
    };
    let mut xml = Xml::default();
    xml.within("Group", |xml| write(call, xml, &group));
    iam.groups.insert(group);
    Ok(Some(xml))
}

pub(super) fn delete(call: &Call<'_>) -> Reply {
    let name = call.name("GroupName")?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("group", &iam.groups, name), &[])?;
    let group = group(&iam, name)?;
    if !group.grants.is_empty() {
        return Err(Refusal::delete_conflict("Cannot delete entity, must delete policies first."));
    }
    if !group.members.is_empty() {
        return Err(Refusal::delete_conflict("Cannot delete entity, must remove users from group first."));
    }
    iam.groups.remove(name);
    Ok(None)
}

pub(super) fn add_user(call: &Call<'_>) -> Reply {
    let (name, member) = (call.name("GroupName")?, call.name("UserName")?);
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("group", &iam.groups, name), &[])?;
    let member = user(&iam, member)?.name.clone();
    let group = iam.groups.get_mut(name).ok_or_else(|| no_group(name))?;
    if !group.members.contains(&member) {
        group.members.push(member);
    }
    Ok(None)
}

pub(super) fn remove_user(call: &Call<'_>) -> Reply {
    let (name, member) = (call.name("GroupName")?, call.name("UserName")?);
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("group", &iam.groups, name), &[])?;
    user(&iam, member)?;
    let group = iam.groups.get_mut(name).ok_or_else(|| no_group(name))?;
    group.members.retain(|known| !known.eq_ignore_ascii_case(member));
    Ok(None)
}

fn write(call: &Call<'_>, xml: &mut Xml, group: &SimGroup) {
    xml.text("Path", &group.path)
        .text("GroupName", &group.name)
        .text("GroupId", &group.id)
        .text("Arn", &call.arn("group", group))
        .time("CreateDate", group.created);
}
