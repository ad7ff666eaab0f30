//! What was wanted in an account and what was found there, fact by fact: policies by the digest of their canonical form,
//! everything else by its value. Pure data, without times, so that equal states give equal evidence.
//!
//! The two sides are equal if, and only if, there is no difference. `docs/evidence.md` says how to check them by hand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::observation::{Observation, ObservedGrant};
use super::plan::{Asked, asked, is_own_grant};
use crate::digest::sha256;
use crate::ids::Partition;
use crate::policy::{CanonicalPolicy, PolicyKind};
use crate::setup::desired::{Desired, ExtraPolicies};

/// Both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// What the setup says.
    pub wanted: Facts,
    /// What the account has, of all that the setup has a say in.
    pub found: Facts,
}

/// One side: facts by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Facts {
    /// SHA-256 of `items` as minified JSON with sorted names, in hexadecimal.
    pub digest: String,
    /// A policy's digest, or a value, by `trust`, `inline/NAME`, `managed/ARN`, `tag/KEY`, `grant/user/NAME/POLICY` …
    pub items: BTreeMap<String, String>,
}

impl Facts {
    fn of(items: BTreeMap<String, String>) -> Self {
        let form = serde_json::to_string(&items).unwrap_or_default();
        Self { digest: sha256(&form), items }
    }
}

/// Gathers both sides.
pub fn evidence(desired: &Desired, observed: &Observation) -> Evidence {
    Evidence { wanted: Facts::of(wanted(desired, observed)), found: Facts::of(found(desired, observed)) }
}

fn wanted(desired: &Desired, observed: &Observation) -> BTreeMap<String, String> {
    let mut items = BTreeMap::new();
    let mut put = |name: String, value: String| items.insert(name, value);
    put("role".into(), desired.role_arn.to_string());
    put("trust".into(), desired.trust.meaning.digest());
    if let Some(description) = &desired.description {
        put("description".into(), description.clone());
    }
    if let Some(seconds) = desired.max_session_duration {
        put("max_session_duration".into(), seconds.to_string());
    }
    if let Some(boundary) = &desired.boundary {
        put("boundary".into(), boundary.to_string());
    }
    for (key, value) in &desired.tags {
        put(format!("tag/{key}"), value.clone());
    }
    for (name, policy) in &desired.inline {
        put(format!("inline/{name}"), policy.meaning.digest());
    }
    for arn in &desired.managed {
        put(format!("managed/{arn}"), "attached".into());
    }
    for asked in asked(desired, observed).filter(|asked| asked.passed_over().is_none()) {
        let Asked { grant, principal, .. } = asked;
        put(format!("grant/{principal}/{}", grant.name), grant.policy.meaning.digest());
    }
    items
}

fn found(desired: &Desired, observed: &Observation) -> BTreeMap<String, String> {
    let partition = desired.role_arn.partition();
    let mut items = BTreeMap::new();
    let mut put = |name: String, value: String| items.insert(name, value);
    for ((principal, name), grant) in &observed.grants {
        if let ObservedGrant::Present(text) = grant {
            put(format!("grant/{principal}/{name}"), meaning(PolicyKind::Identity, text, partition));
        }
    }
    let Some(role) = &observed.role else { return items };
    put("role".into(), role.arn.to_string());
    put("trust".into(), meaning(PolicyKind::Trust, &role.trust, partition));
    if let Some(description) = role.description.as_ref().filter(|_| desired.description.is_some()) {
        put("description".into(), description.clone());
    }
    if desired.max_session_duration.is_some() {
        put("max_session_duration".into(), role.max_session_duration.to_string());
    }
    let extras = desired.extra_policies != ExtraPolicies::Ignore;
    if let Some(boundary) = role.boundary.as_ref().filter(|_| extras || desired.boundary.is_some()) {
        put("boundary".into(), boundary.to_string());
    }
    for (key, value) in desired.tags.keys().filter_map(|key| Some((key, role.tag(key)?))) {
        put(format!("tag/{key}"), value.to_owned());
    }
    for name in &role.inline_names {
        let wanted = desired.inline.contains_key(name);
        let is_grant = is_own_grant(desired, name);
        if wanted || (extras && !is_grant) {
            let text = role.inline.get(name);
            let value = text.map_or_else(|| "there".to_owned(), |text| meaning(PolicyKind::Identity, text, partition));
            put(format!("inline/{name}"), value);
        }
    }
    for arn in role.managed.iter().filter(|arn| extras || desired.managed.contains(*arn)) {
        put(format!("managed/{arn}"), "attached".into());
    }
    items
}

/// The digest of a policy's canonical form; of its text, and said so, where it cannot be read as a policy.
fn meaning(kind: PolicyKind, text: &str, partition: &Partition) -> String {
    CanonicalPolicy::read(kind, text, partition)
        .map_or_else(|_| format!("unreadable:{}", sha256(text)), |policy| policy.digest())
}
