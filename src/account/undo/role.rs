//! A role that the run made or deleted, as a whole.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{DEFAULT_DURATION, Undo, same, same_text};
use crate::account::change::{Change, Write};
use crate::account::observation::ObservedRole;
use crate::ids::{AccountId, Arn, RoleName};
use crate::policy::PolicyKind;

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

impl Undo<'_> {
    pub(super) fn take_role_away(&mut self, change: &Change) {
        let Write::CreateRole { role, trust, description, max_session_duration, permissions_boundary, tags, .. } =
            &change.write
        else {
            return;
        };
        // Gone already is as before.
        let Some(now) = self.now.role.take() else { return };
        let mut differs = Vec::new();
        let mut unless = |same: bool, what: &str| {
            if !same {
                differs.push(what.to_owned());
            }
        };
        unless(same(PolicyKind::Trust, &now.trust, trust, self.partition), "its trust policy");
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
            self.conflicts.push(format!("role/{role} is not as the run made it: {}", differs.join(", ")));
        }
    }

    pub(super) fn make_role_again(&mut self, change: &Change, role: &RoleName) {
        let form = change.before.as_deref().and_then(|text| serde_json::from_str::<RoleForm>(text).ok());
        let Some(form) = form else { return self.unknown(change) };
        if let Some(now) = &self.now.role {
            let duration = form.max_session_duration.unwrap_or(DEFAULT_DURATION);
            let as_before = same(PolicyKind::Trust, &now.trust, &form.trust, self.partition)
                && same_text(now.description.as_deref(), form.description.as_deref())
                && now.max_session_duration == duration
                && now.boundary == form.permissions_boundary
                && now.path == form.path
                && own_tags(&now.tags) == form.own_tags();
            if !as_before {
                self.conflicts.push(format!("role/{role} is there again, and not as it was"));
            }
            return;
        }
        let (trust, tags) = (form.trust.as_str().into(), form.own_tags());
        self.now.role = Some(ObservedRole {
            arn: Arn::iam(self.partition, AccountId::EXAMPLE, &format!("role/{role}")),
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
        });
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
