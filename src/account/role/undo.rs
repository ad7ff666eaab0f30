//! Writes to a role undone: an attribute, a policy, or the role as a whole. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::observed::{ObservedRole, RoleSubject};
use super::write::RoleWrite as Write;
use crate::account::compare::{same_meaning, same_policy};
use crate::account::model::change::{Change, Write as AnyWrite};
use crate::account::model::write::WriteOf;
use crate::account::rollback::undo::{Stands, Undo};
use crate::ids::{AccountId, Arn, PolicyName, RoleName};
use crate::policy::PolicyKind;

/// IAM's session duration where none was asked for.
const DEFAULT_DURATION: u32 = 3_600;

/// Description and session duration, as a change keeps them.
#[derive(Deserialize)]
struct Attributes {
    description: Option<String>,
    max_session_duration: Option<u32>,
}

/// A role as a deletion keeps it, in the form of CreateRole.
#[derive(Deserialize)]
struct RoleForm {
    path: String,
    trust: String,
    description: Option<String>,
    max_session_duration: Option<u32>,
    permissions_boundary: Option<Arn>,
    tags: BTreeMap<String, String>,
}

impl RoleForm {
    /// Tags of AWS's own cannot be set.
    fn own_tags(&self) -> BTreeMap<String, String> {
        own_tags(&self.tags)
    }
}

fn own_tags(tags: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    tags.iter().filter(|(key, _)| !key.starts_with("aws:")).map(|(k, v)| (k.clone(), v.clone())).collect()
}

/// What of the roles must be read to undo these writes.
pub(in crate::account) fn subjects(done: &[Change]) -> Vec<RoleSubject> {
    let mut inline: BTreeMap<&RoleName, BTreeSet<&PolicyName>> = BTreeMap::new();
    for change in done {
        let AnyWrite::Role(write) = &change.write else { continue };
        let named = inline.entry(write.role()).or_default();
        if let Write::PutRolePolicy { policy, .. } | Write::DeleteRolePolicy { policy, .. } = write {
            named.insert(policy);
        }
    }
    let subject = |(name, inline): (&RoleName, BTreeSet<&PolicyName>)| RoleSubject {
        name: name.clone(),
        inline: inline.into_iter().cloned().collect(),
        other_inline: false,
        instance_profiles: true,
    };
    inline.into_iter().map(subject).collect()
}

/// Undoes one write to a role.
pub(in crate::account) fn undo(undo: &mut Undo<'_>, change: &Change, write: &Write) {
    UndoRole { undo, role: write.role() }.undo(change, write);
}

/// One role while writes to it are undone.
struct UndoRole<'u, 'a> {
    undo: &'u mut Undo<'a>,
    role: &'u RoleName,
}

impl UndoRole<'_, '_> {
    fn undo(&mut self, change: &Change, write: &Write) {
        match write {
            Write::CreateRole { .. } => self.take_role_away(write),
            Write::DeleteRole { role } => self.make_role_again(change, role),
            Write::UpdateRole { role, .. } => self.undo_attributes(change, write, role),
            Write::UpdateAssumeRolePolicy { role, document } => self.undo_trust(change, role, document),
            Write::PutRolePermissionsBoundary { role, boundary } => self.undo_boundary(change, role, Some(boundary)),
            Write::DeleteRolePermissionsBoundary { role } => self.undo_boundary(change, role, None),
            Write::TagRole { role, tags } => {
                let left = tags.iter().map(|(key, value)| (key.as_str(), Some(value.as_str())));
                self.undo_tags(change, role, left.collect());
            }
            Write::UntagRole { role, keys } => {
                self.undo_tags(change, role, keys.iter().map(|key| (key.as_str(), None)).collect());
            }
            Write::PutRolePolicy { role, policy, document } => {
                self.undo_inline(change, role, policy, Some(&**document))
            }
            Write::DeleteRolePolicy { role, policy } => self.undo_inline(change, role, policy, None),
            Write::AttachRolePolicy { role, policy } => self.undo_managed(change, role, policy, true),
            Write::DetachRolePolicy { role, policy } => self.undo_managed(change, role, policy, false),
            Write::AddRoleToInstanceProfile { role, profile } => self.undo_profile(role, profile, true),
            Write::RemoveRoleFromInstanceProfile { role, profile } => self.undo_profile(role, profile, false),
        }
    }

    /// The role as it is while writes are undone.
    fn now(&mut self) -> Option<&mut ObservedRole> {
        self.undo.now.roles.get_mut(self.role)
    }

    fn add(&mut self, write: Write, before: Option<String>) {
        self.undo.add(AnyWrite::Role(write), before);
    }

    fn unknown(&mut self, change: &Change) {
        self.undo.unknown(change);
    }

    fn conflict(&mut self, change: &Change, found: Option<String>) {
        self.undo.conflict(change, found);
    }

    fn gone(&mut self) {
        self.undo.conflicts.push(format!("role/{} is gone", self.role));
    }

    fn undo_attributes(&mut self, change: &Change, write: &Write, role: &RoleName) {
        let Write::UpdateRole { description, max_session_duration, .. } = write else { return };
        let before = change.before.as_deref().and_then(|text| serde_json::from_str::<Attributes>(text).ok());
        let Some(before) = before else { return self.unknown(change) };
        let Some(now) = self.now() else { return self.gone() };
        let duration = before.max_session_duration.unwrap_or(DEFAULT_DURATION);
        let same_description = |with: &Option<String>| same_text(now.description.as_deref(), with.as_deref());
        let as_left = description.as_ref().is_none_or(|_| same_description(description))
            && max_session_duration.is_none_or(|left| left == now.max_session_duration);
        let as_before = same_description(&before.description) && now.max_session_duration == duration;
        let found = serde_json::json!({
            "description": now.description,
            "max_session_duration": now.max_session_duration,
        })
        .to_string();
        (now.description, now.max_session_duration) = (before.description.clone(), duration);
        match Stands::between(as_left, as_before) {
            Stands::AsBefore => {}
            // A description that is left out would stay.
            Stands::AsLeft => self.add(
                Write::UpdateRole {
                    role: role.clone(),
                    description: Some(before.description.unwrap_or_default()),
                    max_session_duration: Some(duration),
                },
                Some(found),
            ),
            Stands::Otherwise => self.conflict(change, Some(found)),
        }
    }

    fn undo_trust(&mut self, change: &Change, role: &RoleName, left: &str) {
        let partition = self.undo.partition;
        let Some(before) = change.before.clone() else { return self.unknown(change) };
        let Some(now) = self.now() else { return self.gone() };
        let found = std::mem::replace(&mut now.trust, before.clone());
        let alike = |with: &str| same_meaning(PolicyKind::Trust, &found, with, partition);
        match Stands::between(alike(left), alike(&before)) {
            Stands::AsBefore => {}
            Stands::AsLeft => {
                let write = Write::UpdateAssumeRolePolicy { role: role.clone(), document: before.into() };
                self.add(write, Some(found));
            }
            Stands::Otherwise => self.conflict(change, Some(found)),
        }
    }

    fn undo_boundary(&mut self, change: &Change, role: &RoleName, left: Option<&Arn>) {
        let before = match change.before.as_deref().map(str::parse::<Arn>) {
            Some(Err(_)) => return self.unknown(change),
            before => before.and_then(Result::ok),
        };
        let Some(now) = self.now() else { return self.gone() };
        let found = std::mem::replace(&mut now.boundary, before.clone());
        let (role, text) = (role.clone(), found.as_ref().map(ToString::to_string));
        match (Stands::between(found.as_ref() == left, found == before), before) {
            (Stands::AsBefore, _) => {}
            (Stands::AsLeft, Some(boundary)) => self.add(Write::PutRolePermissionsBoundary { role, boundary }, text),
            (Stands::AsLeft, None) => self.add(Write::DeleteRolePermissionsBoundary { role }, text),
            (Stands::Otherwise, _) => self.conflict(change, text),
        }
    }

    fn undo_tags(&mut self, change: &Change, role: &RoleName, left: Vec<(&str, Option<&str>)>) {
        let before = change.before.as_deref().unwrap_or("{}");
        let Ok(before) = serde_json::from_str::<BTreeMap<String, String>>(before) else { return self.unknown(change) };
        let Some(now) = self.now() else { return self.gone() };
        let (mut set, mut unset, mut found, mut conflict) = (BTreeMap::new(), Vec::new(), BTreeMap::new(), false);
        for (key, left) in left {
            let (value, was) = (now.tag(key).map(str::to_owned), before.get(key));
            if let Some(value) = &value {
                found.insert(key.to_owned(), value.clone());
            }
            match (Stands::between(value.as_deref() == left, value.as_ref() == was), was) {
                (Stands::AsBefore, _) => {}
                (Stands::AsLeft, Some(was)) => drop(set.insert(key.to_owned(), was.clone())),
                (Stands::AsLeft, None) => unset.push(key.to_owned()),
                (Stands::Otherwise, _) => conflict = true,
            }
            let folded = key.to_lowercase();
            now.tags.retain(|known, _| known.to_lowercase() != folded);
            now.tags.extend(was.map(|was| (key.to_owned(), was.clone())));
        }
        let text = |keys: &mut dyn Iterator<Item = &String>| {
            let found: BTreeMap<_, _> = keys.filter_map(|key| Some((key, found.get(key)?))).collect();
            Some(serde_json::json!(found).to_string())
        };
        if conflict {
            return self.conflict(change, text(&mut found.keys()));
        }
        let (before_set, before_unset) = (text(&mut set.keys()), text(&mut unset.iter()));
        if !set.is_empty() {
            self.add(Write::TagRole { role: role.clone(), tags: set }, before_set);
        }
        if !unset.is_empty() {
            self.add(Write::UntagRole { role: role.clone(), keys: unset }, before_unset);
        }
    }

    fn undo_inline(&mut self, change: &Change, role: &RoleName, policy: &PolicyName, left: Option<&str>) {
        let partition = self.undo.partition;
        let before = change.before.clone();
        if left.is_none() && before.is_none() {
            return self.unknown(change);
        }
        let found = self.now().and_then(|now| {
            now.inline_names.remove(policy);
            let found = now.inline.remove(policy);
            if let Some(before) = &before {
                now.inline_names.insert(policy.clone());
                now.inline.insert(policy.clone(), before.clone());
            }
            found
        });
        let alike = |with: Option<&str>| same_policy(found.as_deref(), with, partition);
        let (role, policy) = (role.clone(), policy.clone());
        match (Stands::between(alike(left), alike(before.as_deref())), before) {
            (Stands::AsBefore, _) => {}
            (Stands::AsLeft, Some(before)) => {
                self.add(Write::PutRolePolicy { role, policy, document: before.into() }, found);
            }
            (Stands::AsLeft, None) => self.add(Write::DeleteRolePolicy { role, policy }, found),
            (Stands::Otherwise, _) => self.conflict(change, found),
        }
    }

    fn undo_managed(&mut self, change: &Change, role: &RoleName, policy: &Arn, left: bool) {
        let is_there =
            self.now().map(|now| if left { now.managed.remove(policy) } else { !now.managed.insert(policy.clone()) });
        let (role, policy) = (role.clone(), policy.clone());
        match (is_there, left) {
            (Some(true), true) => {
                let before = Some(policy.to_string());
                self.add(Write::DetachRolePolicy { role, policy }, before);
            }
            (Some(false), false) => self.add(Write::AttachRolePolicy { role, policy }, None),
            (None, false) => self.conflict(change, None),
            _ => {}
        }
    }

    fn undo_profile(&mut self, role: &RoleName, profile: &str, left: bool) {
        let Some(now) = self.now() else { return };
        let is_there = if left {
            now.instance_profiles.remove(profile)
        } else {
            !now.instance_profiles.insert(profile.to_owned())
        };
        let (role, profile) = (role.clone(), profile.to_owned());
        match (is_there, left) {
            (true, true) => {
                let before = Some(profile.clone());
                self.add(Write::RemoveRoleFromInstanceProfile { role, profile }, before);
            }
            (false, false) => self.add(Write::AddRoleToInstanceProfile { role, profile }, None),
            _ => {}
        }
    }

    fn take_role_away(&mut self, write: &Write) {
        let Write::CreateRole { role, trust, description, max_session_duration, permissions_boundary, tags, .. } =
            write
        else {
            return;
        };
        // Gone already is as before.
        let Some(now) = self.undo.now.roles.remove(self.role) else { return };
        let mut differs = Vec::new();
        let mut unless = |same: bool, what: &str| {
            if !same {
                differs.push(what.to_owned());
            }
        };
        unless(same_meaning(PolicyKind::Trust, &now.trust, trust, self.undo.partition), "its trust policy");
        unless(same_text(now.description.as_deref(), description.as_deref()), "its description");
        let duration = max_session_duration.unwrap_or(DEFAULT_DURATION);
        unless(now.max_session_duration == duration, "its session duration");
        unless(now.boundary == *permissions_boundary, "its permissions boundary");
        unless(own_tags(&now.tags) == own_tags(tags), "its tags");
        differs.extend(now.inline_names.iter().map(|name| format!("an inline policy {name}")));
        differs.extend(now.managed.iter().map(|arn| format!("the managed policy {arn}")));
        differs.extend(now.instance_profiles.iter().map(|name| format!("the instance profile {name}")));
        if differs.is_empty() {
            self.add(Write::DeleteRole { role: role.clone() }, as_made(role, &now).after());
        } else {
            self.undo.conflicts.push(format!("role/{role} is not as the run made it: {}", differs.join(", ")));
        }
    }

    fn make_role_again(&mut self, change: &Change, role: &RoleName) {
        let form = change.before.as_deref().and_then(|text| serde_json::from_str::<RoleForm>(text).ok());
        let Some(form) = form else { return self.unknown(change) };
        if let Some(now) = self.undo.now.roles.get(self.role) {
            let duration = form.max_session_duration.unwrap_or(DEFAULT_DURATION);
            let as_before = same_meaning(PolicyKind::Trust, &now.trust, &form.trust, self.undo.partition)
                && same_text(now.description.as_deref(), form.description.as_deref())
                && now.max_session_duration == duration
                && now.boundary == form.permissions_boundary
                && now.path == form.path
                && own_tags(&now.tags) == form.own_tags();
            if !as_before {
                self.undo.conflicts.push(format!("role/{role} is there again, and not as it was"));
            }
            return;
        }
        let (trust, tags) = (form.trust.as_str().into(), form.own_tags());
        let again = ObservedRole {
            arn: Arn::iam(self.undo.partition, AccountId::EXAMPLE, &format!("role/{role}")),
            path: form.path.clone(),
            description: form.description.clone(),
            max_session_duration: form.max_session_duration.unwrap_or(DEFAULT_DURATION),
            trust: form.trust.clone(),
            boundary: form.permissions_boundary.clone(),
            tags: tags.clone(),
            inline_names: BTreeSet::new(),
            inline: BTreeMap::new(),
            managed: BTreeSet::new(),
            instance_profiles: BTreeSet::new(),
        };
        self.undo.now.roles.insert(role.clone(), again);
        let RoleForm { path, description, max_session_duration, permissions_boundary, .. } = form;
        let role = role.clone();
        self.add(
            Write::CreateRole { role, path, trust, description, max_session_duration, permissions_boundary, tags },
            None,
        );
    }
}

/// The role as CreateRole would make it.
fn as_made(role: &RoleName, now: &ObservedRole) -> Write {
    Write::CreateRole {
        role: role.clone(),
        path: now.path.clone(),
        trust: now.trust.as_str().into(),
        description: now.description.clone(),
        max_session_duration: Some(now.max_session_duration),
        permissions_boundary: now.boundary.clone(),
        tags: now.tags.clone(),
    }
}

/// IAM has no difference between no description and an empty one.
fn same_text(one: Option<&str>, other: Option<&str>) -> bool {
    one.unwrap_or_default() == other.unwrap_or_default()
}
