//! Users.

use super::super::authorize::gone;
use super::super::entities::{Grants, SimUser};
use super::super::refusal::Refusal;
use super::super::session::Identity;
use super::super::xml::Xml;
use super::call::{Call, Reply, user};

pub(super) fn get(call: &Call<'_>) -> Reply {
    let named = call.params.get("UserName").map(|_| call.name("UserName")).transpose()?;
    // Without a name it is the caller that is meant.
    let name = match (&call.caller.identity, named) {
        (_, Some(name)) => name,
        (Identity::User(own), None) => own,
        (Identity::Role(_), None) => {
            return Err(Refusal::validation("Must specify userName when calling with non-User credentials"));
        }
    };
    let iam = call.iam();
    call.authorize(&iam, &call.arn_of("user", &iam.users, name), &[])?;
    let user = user(&iam, name)?;
    let mut xml = Xml::default();
    xml.within("User", |xml| write(call, xml, user));
    Ok(Some(xml))
}

pub(super) fn list(call: &Call<'_>) -> Reply {
    let prefix = call.params.get("PathPrefix").unwrap_or("/");
    let iam = call.iam();
    call.authorize(&iam, &call.world.iam_arn(call.account.id, "user", "/", ""), &[])?;
    let mut xml = Xml::default();
    let users = iam.users.iter().filter(|user| user.path.starts_with(prefix));
    call.page(&mut xml, "Users", users, |xml, user| {
        xml.within("member", |xml| write(call, xml, user));
    })?;
    Ok(Some(xml))
}

pub(super) fn create(call: &Call<'_>) -> Reply {
    let name = call.name("UserName")?;
    let path = call.path()?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.world.iam_arn(call.account.id, "user", path, name), &[])?;
    if iam.users.get(name).is_some() {
        return Err(Refusal::exists(format!("User with name {name} already exists.")));
    }
    let user = SimUser {
        path: path.into(),
        name: name.into(),
        id: iam.new_id("AIDA", call.account.id),
        grants: Grants::default(),
        created: call.world.now(),
    };
    let mut xml = Xml::default();
    xml.within("User", |xml| write(call, xml, &user));
    iam.users.insert(user);
    Ok(Some(xml))
}

pub(super) fn delete(call: &Call<'_>) -> Reply {
    let name = call.name("UserName")?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("user", &iam.users, name), &[])?;
    if !user(&iam, name)?.grants.is_empty() {
        return Err(Refusal::delete_conflict("Cannot delete entity, must delete policies first."));
    }
    if iam.groups_of(name).next().is_some() {
        return Err(Refusal::delete_conflict("Cannot delete entity, must remove users from group first."));
    }
    let user = iam.users.remove(name).ok_or_else(gone)?;
    call.world.forget(&user.id);
    Ok(None)
}

/// A user's members.
pub(super) fn write(call: &Call<'_>, xml: &mut Xml, user: &SimUser) {
    xml.text("Path", &user.path)
        .text("UserName", &user.name)
        .text("UserId", &user.id)
        .text("Arn", &call.arn("user", user))
        .time("CreateDate", user.created);
}
