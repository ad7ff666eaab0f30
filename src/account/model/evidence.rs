//! What was wanted in an account and what was found there, fact by fact: policies by the digest of their canonical form,
//! everything else by its value. Pure data, without times, so that equal states give equal evidence.
//!
//! The two sides are equal if, and only if, there is no difference. `docs/evidence.md` says how to check them by hand.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::digest::sha256;
use crate::ids::Partition;
use crate::policy::{CanonicalPolicy, PolicyKind};

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
    /// The facts, with their digest.
    pub(in crate::account) fn of(items: BTreeMap<String, String>) -> Self {
        let form = serde_json::to_string(&items).unwrap_or_default();
        Self { digest: sha256(&form), items }
    }
}

/// The facts of both sides while they are gathered.
#[derive(Debug, Default)]
pub(in crate::account) struct Gathered {
    /// What the setup says.
    pub(in crate::account) wanted: BTreeMap<String, String>,
    /// What the account has.
    pub(in crate::account) found: BTreeMap<String, String>,
}

impl Gathered {
    /// Takes down what the setup says.
    pub(in crate::account) fn want(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.wanted.insert(name.into(), value.into());
    }

    /// Takes down what the account has.
    pub(in crate::account) fn find(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.found.insert(name.into(), value.into());
    }

    /// Both sides, with their digests.
    pub(in crate::account) fn finish(self) -> Evidence {
        Evidence { wanted: Facts::of(self.wanted), found: Facts::of(self.found) }
    }
}

/// The digest of a policy's canonical form; of its text, and said so, where it cannot be read as a policy.
pub(in crate::account) fn meaning(kind: PolicyKind, text: &str, partition: &Partition) -> String {
    CanonicalPolicy::read(kind, text, partition)
        .map_or_else(|_| format!("unreadable:{}", sha256(text)), |policy| policy.digest())
}
