//! How the roles of an account differ from the setup's, with the evidence. Pure.

use super::observed::ObservedRole;
use super::plan::{change, foreign, is_own_grant, role_changes};
use crate::account::model::difference::{Difference, Findings};
use crate::account::model::evidence::{Gathered, meaning};
use crate::account::model::observation::Observation;
use crate::account::model::words::Part;
use crate::policy::PolicyKind;
use crate::setup::desired::{Desired, DesiredRole, ExtraPolicies};

/// Compares every role.
pub(in crate::account) fn verify(desired: &Desired, observed: &Observation) -> Findings {
    let mut findings = Findings::default();
    for wanted in &desired.roles {
        match observed.roles.get(&wanted.name) {
            None => {
                let (item, arn) = (format!("role/{}", wanted.name), wanted.arn.to_string());
                findings.differences.push(Difference::new(Part::Role, item, Some(arn), None));
            }
            Some(role) => of_role(desired, wanted, role, &mut findings.differences),
        }
    }
    if !desired.roles.iter().any(|wanted| observed.roles.contains_key(&wanted.name)) {
        findings.missing.extend([Part::Role, Part::Trust, Part::Permissions]);
    }
    findings
}

fn of_role(desired: &Desired, wanted: &DesiredRole, role: &ObservedRole, differences: &mut Vec<Difference>) {
    let (partition, name) = (&desired.partition, &wanted.name);
    if role.arn != wanted.arn {
        let (expected, found) = (wanted.arn.to_string(), role.arn.to_string());
        differences.push(Difference::new(Part::Role, format!("role/{name} ARN"), Some(expected), Some(found)));
    }
    let changes = role_changes(partition, wanted, role).into_iter().map(change);
    differences.extend(changes.flat_map(|change| change.differences(partition)));
    if wanted.extra_policies == ExtraPolicies::Ignore {
        return;
    }
    let foreign = foreign(desired, wanted, role);
    let mut extra = |part, item, found| differences.push(Difference::new(part, item, None, Some(found)));
    if let Some(boundary) = foreign.boundary {
        extra(Part::Role, format!("role/{name} permissions boundary"), boundary.to_string());
    }
    for arn in foreign.managed {
        extra(Part::Permissions, format!("role/{name} managed policy {arn}"), arn.to_string());
    }
    for policy in foreign.inline {
        let text = role.inline.get(policy).cloned().unwrap_or_default();
        extra(Part::Permissions, format!("role/{name} inline policy {policy}"), text);
    }
}

/// Gathers what was wanted of every role and what was found. With several roles, each fact has the role's name before it.
pub(in crate::account) fn evidence(desired: &Desired, observed: &Observation, gathered: &mut Gathered) {
    for wanted in &desired.roles {
        let of = if desired.roles.len() == 1 { String::new() } else { format!("{}/", wanted.name) };
        want(wanted, &of, gathered);
        if let Some(role) = observed.roles.get(&wanted.name) {
            find(desired, wanted, role, &of, gathered);
        }
    }
}

fn want(wanted: &DesiredRole, of: &str, gathered: &mut Gathered) {
    gathered.want(format!("{of}role"), wanted.arn.to_string());
    gathered.want(format!("{of}trust"), wanted.trust.meaning.digest());
    if let Some(description) = &wanted.description {
        gathered.want(format!("{of}description"), description.clone());
    }
    if let Some(seconds) = wanted.max_session_duration {
        gathered.want(format!("{of}max_session_duration"), seconds.to_string());
    }
    if let Some(boundary) = &wanted.boundary {
        gathered.want(format!("{of}boundary"), boundary.to_string());
    }
    for (key, value) in &wanted.tags {
        gathered.want(format!("{of}tag/{key}"), value.clone());
    }
    for (name, policy) in &wanted.inline {
        gathered.want(format!("{of}inline/{name}"), policy.meaning.digest());
    }
    for arn in &wanted.managed {
        gathered.want(format!("{of}managed/{arn}"), "attached");
    }
}

fn find(desired: &Desired, wanted: &DesiredRole, role: &ObservedRole, of: &str, gathered: &mut Gathered) {
    let partition = &desired.partition;
    gathered.find(format!("{of}role"), role.arn.to_string());
    gathered.find(format!("{of}trust"), meaning(PolicyKind::Trust, &role.trust, partition));
    if let Some(description) = role.description.as_ref().filter(|_| wanted.description.is_some()) {
        gathered.find(format!("{of}description"), description.clone());
    }
    if wanted.max_session_duration.is_some() {
        gathered.find(format!("{of}max_session_duration"), role.max_session_duration.to_string());
    }
    let extras = wanted.extra_policies != ExtraPolicies::Ignore;
    if let Some(boundary) = role.boundary.as_ref().filter(|_| extras || wanted.boundary.is_some()) {
        gathered.find(format!("{of}boundary"), boundary.to_string());
    }
    for (key, value) in wanted.tags.keys().filter_map(|key| Some((key, role.tag(key)?))) {
        gathered.find(format!("{of}tag/{key}"), value);
    }
    for name in &role.inline_names {
        let is_wanted = wanted.inline.contains_key(name);
        if is_wanted || (extras && !is_own_grant(desired, wanted, name)) {
            let text = role.inline.get(name);
            let value = text.map_or_else(|| "there".to_owned(), |text| meaning(PolicyKind::Identity, text, partition));
            gathered.find(format!("{of}inline/{name}"), value);
        }
    }
    for arn in role.managed.iter().filter(|arn| extras || wanted.managed.contains(*arn)) {
        gathered.find(format!("{of}managed/{arn}"), "attached");
    }
}
