//! What can be set on a role that exists: description, session duration, tags, permissions boundary.

use super::super::entities::Tags;
use super::super::refusal::Refusal;
use super::super::xml::Xml;
use super::call::{Call, Reply, role, role_mut};

/// The number of tags that a role may have.
const TAGS: usize = 50;

pub(super) fn update(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let description = call.params.get("Description");
    check_description(description)?;
    let duration = check_duration(call.params.number("MaxSessionDuration")?)?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[])?;
    let role = role_mut(&mut iam, name)?;
    if let Some(description) = description {
        role.description = Some(description.into());
    }
    // The API reference: a duration that the call leaves out becomes the default again.
    role.max_session_duration = duration.unwrap_or(3600);
    Ok(Some(Xml::default()))
}

pub(super) fn tag(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let tags = checked_tags(&call.params.tags())?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[])?;
    // Not `role_mut`: the model has no UnmodifiableEntity for tags.
    let role = iam.roles.get_mut(name).ok_or_else(|| super::call::no_role(name))?;
    let mut after: Tags = role.tags.clone();
    for (key, value) in tags {
        // A key that differs in case only is the same key, and keeps its first spelling.
        let known = after.keys().find(|known| known.eq_ignore_ascii_case(&key)).cloned();
        after.insert(known.unwrap_or(key), value);
    }
    if after.len() > TAGS {
        return Err(Refusal::limit(format!("The number of tags has reached the maximum limit of {TAGS}.")));
    }
    role.tags = after;
    Ok(None)
}

pub(super) fn untag(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let keys = call.params.list("TagKeys");
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[])?;
    let role = iam.roles.get_mut(name).ok_or_else(|| super::call::no_role(name))?;
    role.tags.retain(|known, _| !keys.iter().any(|key| known.eq_ignore_ascii_case(key)));
    Ok(None)
}

pub(super) fn list_tags(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let iam = call.iam();
    call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[])?;
    let mut xml = Xml::default();
    call.page(&mut xml, "Tags", role(&iam, name)?.tags.iter(), |xml, (key, value)| {
        xml.within("member", |xml| {
            xml.text("Key", key).text("Value", value);
        });
    })?;
    Ok(Some(xml))
}

pub(super) fn put_boundary(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let arn = call.params.required("PermissionsBoundary")?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[("iam:PermissionsBoundary", arn)])?;
    let managed = call
        .managed(&iam, arn)
        .ok_or_else(|| Refusal::no_such_entity(format!("Scope ARN: {arn} does not exist or is not attachable.")));
    role_mut(&mut iam, name)?.boundary = Some(managed?);
    Ok(None)
}

pub(super) fn delete_boundary(call: &Call<'_>) -> Reply {
    let name = call.name("RoleName")?;
    let mut iam = call.iam();
    call.authorize(&iam, &call.arn_of("role", &iam.roles, name), &[])?;
    let role = role_mut(&mut iam, name)?;
    if role.boundary.take().is_none() {
        return Err(Refusal::no_such_entity(format!("Role {name} does not have a permissions boundary.")));
    }
    Ok(None)
}

/// A description's length and characters: `roleDescriptionType`.
pub(super) fn check_description(description: Option<&str>) -> Result<(), Refusal> {
    let Some(text) = description else { return Ok(()) };
    if text.chars().count() > 1000 {
        return Err(Refusal::constraint(text, "description", "Member must have length less than or equal to 1000"));
    }
    let fine = text.chars().all(|c| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}'));
    if fine {
        return Ok(());
    }
    let rule = "Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*";
    Err(Refusal::constraint(text, "description", rule))
}

/// A session duration in seconds: 3,600 to 43,200.
pub(super) fn check_duration(seconds: Option<i64>) -> Result<Option<u32>, Refusal> {
    let Some(seconds) = seconds else { return Ok(None) };
    if seconds < 3600 {
        let rule = "Member must have value greater than or equal to 3600";
        return Err(Refusal::constraint(&seconds.to_string(), "maxSessionDuration", rule));
    }
    match u32::try_from(seconds) {
        Ok(fine) if fine <= 43_200 => Ok(Some(fine)),
        _ => {
            let rule = "Member must have value less than or equal to 43200";
            Err(Refusal::constraint(&seconds.to_string(), "maxSessionDuration", rule))
        }
    }
}

/// Tags of the right shape, no key of them twice.
pub(super) fn checked_tags(tags: &[(&str, &str)]) -> Result<Tags, Refusal> {
    let allowed =
        |text: &str| text.chars().all(|c| c.is_alphanumeric() || c == ' ' || c == '\u{a0}' || "_.:/=+-@".contains(c));
    let mut checked = Tags::new();
    for (at, (key, value)) in tags.iter().enumerate() {
        let length = key.chars().count();
        if !(1..=128).contains(&length) || !allowed(key) {
            let rule = "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+";
            return Err(Refusal::constraint(key, &format!("tags.{}.member.key", at + 1), rule));
        }
        if value.chars().count() > 256 || !allowed(value) {
            let rule = "Member must satisfy regular expression pattern: [\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*";
            return Err(Refusal::constraint(value, &format!("tags.{}.member.value", at + 1), rule));
        }
        if key.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("aws:")) {
            return Err(Refusal::invalid_input("Tag keys may not begin with 'aws:'."));
        }
        if checked.keys().any(|known| known.eq_ignore_ascii_case(key)) {
            return Err(Refusal::invalid_input(
                "Duplicate tag keys found. Please note that Tag keys are case insensitive.",
            ));
        }
        checked.insert((*key).into(), (*value).into());
    }
    if checked.len() > TAGS {
        return Err(Refusal::limit(format!("The number of tags has reached the maximum limit of {TAGS}.")));
    }
    Ok(checked)
}
