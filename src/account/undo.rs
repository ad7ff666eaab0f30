//! One write after the other undone in a copy of what was observed, newest first. Pure.

mod role;

use std::collections::BTreeMap;

use serde::Deserialize;

use super::change::{Change, Write};
use super::difference::Difference;
use super::observation::{Observation, ObservedGrant};
use crate::ids::{Arn, Partition, PolicyName, PrincipalKind, PrincipalRef, RoleName};
use crate::policy::{CanonicalPolicy, PolicyKind};

/// IAM's session duration where none was asked for.
const DEFAULT_DURATION: u32 = 3_600;

/// Description and session duration, as a change keeps them.
#[derive(Deserialize)]
struct Attributes {
    description: Option<String>,
    max_session_duration: Option<u32>,
}

/// The account as it is while writes are undone, one after the other.
pub(super) struct Undo<'a> {
    now: Observation,
    partition: &'a Partition,
    /// The writes that put back what can be.
    pub(super) changes: Vec<Change>,
    /// What somebody changed since.
    pub(super) conflicts: Vec<String>,
    /// Of what it is not known how it was.
    pub(super) unknown: Vec<String>,
}

/// How something stands between what the run left and what was before it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    AsLeft,
    AsBefore,
    Otherwise,
}

impl Stands {
    /// What is as before needs nothing, whether or not the run left it so.
    fn between(as_left: bool, as_before: bool) -> Self {
        match (as_before, as_left) {
            (true, _) => Self::AsBefore,
            (false, true) => Self::AsLeft,
            (false, false) => Self::Otherwise,
        }
    }
}

impl<'a> Undo<'a> {
    pub(super) fn new(observed: &Observation, partition: &'a Partition) -> Self {
        let now = observed.clone();
        Self { now, partition, changes: Vec::new(), conflicts: Vec::new(), unknown: Vec::new() }
    }

    fn add(&mut self, write: Write, before: Option<String>) {
        self.changes.push(Change { write, before });
    }

    fn unknown(&mut self, change: &Change) {
        self.unknown.push(change.write.resource());
    }

    /// Tells of a conflict: what differs from what the run left.
    fn conflict(&mut self, change: &Change, found: Option<String>) {
        if change.write.after().is_none() {
            self.conflicts.push(format!("{} is there again", change.write.resource()));
            return;
        }
        let differs = Difference::of(&Change { write: change.write.clone(), before: found }, self.partition);
        let differs = differs.iter().map(Difference::summary).collect::<Vec<_>>().join("; ");
        self.conflicts.push(if differs.is_empty() { change.write.resource() } else { differs });
    }

    /// Undoes one write, the newest of those that are left.
    pub(super) fn undo(&mut self, change: &Change) {
        match &change.write {
            Write::CreateRole { .. } => self.take_role_away(change),
            Write::DeleteRole { role } => self.make_role_again(change, role),
            Write::UpdateRole { role, .. } => self.undo_attributes(change, role),
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
            Write::PutGrant { principal, policy, document } => {
                self.undo_grant(change, principal, policy, Some(&**document))
            }
            Write::DeleteGrant { principal, policy } => self.undo_grant(change, principal, policy, None),
        }
    }

    fn undo_attributes(&mut self, change: &Change, role: &RoleName) {
        let Write::UpdateRole { description, max_session_duration, .. } = &change.write else { return };
        let before = change.before.as_deref().and_then(|text| serde_json::from_str::<Attributes>(text).ok());
        let Some(before) = before else { return self.unknown(change) };
        let Some(now) = &mut self.now.role else { return self.conflicts.push(format!("role/{role} is gone")) };
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
        let Some(before) = change.before.clone() else { return self.unknown(change) };
        let Some(now) = &mut self.now.role else { return self.conflicts.push(format!("role/{role} is gone")) };
        let found = std::mem::replace(&mut now.trust, before.clone());
        let alike = |with: &str| same(PolicyKind::Trust, &found, with, self.partition);
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
        let Some(now) = &mut self.now.role else { return self.conflicts.push(format!("role/{role} is gone")) };
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
        let Some(now) = &mut self.now.role else { return self.conflicts.push(format!("role/{role} is gone")) };
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
        let before = change.before.clone();
        if left.is_none() && before.is_none() {
            return self.unknown(change);
        }
        let found = self.now.role.as_mut().and_then(|now| {
            now.inline_names.remove(policy);
            let found = now.inline.remove(policy);
            if let Some(before) = &before {
                now.inline_names.insert(policy.clone());
                now.inline.insert(policy.clone(), before.clone());
            }
            found
        });
        let alike = |with: Option<&str>| same_policy(found.as_deref(), with, self.partition);
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
        let is_there = self
            .now
            .role
            .as_mut()
            .map(|now| if left { now.managed.remove(policy) } else { !now.managed.insert(policy.clone()) });
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
        let Some(now) = &mut self.now.role else { return };
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

    fn undo_grant(&mut self, change: &Change, principal: &PrincipalRef, policy: &PolicyName, left: Option<&str>) {
        let before = change.before.clone();
        if left.is_none() && before.is_none() {
            return self.unknown(change);
        }
        let key = (principal.clone(), policy.clone());
        let found = match self.now.grants.remove(&key) {
            Some(ObservedGrant::Present(text)) => Some(text),
            _ => None,
        };
        if let Some(before) = &before {
            self.now.grants.insert(key, ObservedGrant::Present(before.clone()));
        }
        // A grant that the role has on itself is one of its inline policies.
        if let Some(now) = self.now.role.as_mut()
            && before.is_none()
            && principal.kind() == PrincipalKind::Role
            && now.arn.resource().rsplit('/').next() == Some(principal.name())
        {
            now.inline_names.remove(policy);
        }
        let alike = |with: Option<&str>| same_policy(found.as_deref(), with, self.partition);
        let (principal, policy) = (principal.clone(), policy.clone());
        match (Stands::between(alike(left), alike(before.as_deref())), before) {
            (Stands::AsBefore, _) => {}
            (Stands::AsLeft, Some(before)) => {
                self.add(Write::PutGrant { principal, policy, document: before.into() }, found);
            }
            (Stands::AsLeft, None) => self.add(Write::DeleteGrant { principal, policy }, found),
            (Stands::Otherwise, _) => self.conflict(change, found),
        }
    }
}

/// Whether two policies mean the same. What cannot be read as a policy is the same only letter by letter.
fn same(kind: PolicyKind, one: &str, other: &str, partition: &Partition) -> bool {
    let read = |text| CanonicalPolicy::read(kind, text, partition).ok();
    one == other || read(one).is_some_and(|one| read(other) == Some(one))
}

fn same_policy(one: Option<&str>, other: Option<&str>, partition: &Partition) -> bool {
    match (one, other) {
        (Some(one), Some(other)) => same(PolicyKind::Identity, one, other, partition),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// IAM has no difference between no description and an empty one.
fn same_text(one: Option<&str>, other: Option<&str>) -> bool {
    one.unwrap_or_default() == other.unwrap_or_default()
}
