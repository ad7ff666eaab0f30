//! The typed parts of a policy document, each in the form that is compared, with its author's spelling beside it.
//!
//! Knows nothing of JSON text. What is compared is in `key`s; the spelling is for people and takes no part in it.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Serialize, Serializer};

/// What a policy document is attached to, which decides what its statements must hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyKind {
    /// A role's trust policy: its statements have principals and no resources.
    Trust,
    /// An inline or managed policy: its statements have resources and no principals.
    Identity,
}

/// What is remembered beside the meaning: any two are equal.
#[derive(Debug, Clone, Default)]
pub(super) struct Beside<T>(pub(super) T);

impl<T> PartialEq for Beside<T> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<T> Eq for Beside<T> {}

impl<T> PartialOrd for Beside<T> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Beside<T> {
    fn cmp(&self, _: &Self) -> Ordering {
        Ordering::Equal
    }
}

impl<T> Hash for Beside<T> {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// A text that is compared in another form than it was written in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spelled {
    key: String,
    /// Nothing where it is the key itself.
    written: Beside<Option<String>>,
}

impl Spelled {
    /// `written`, compared as `key`.
    pub(super) fn new(key: String, written: String) -> Self {
        let written = (written != key).then_some(written);
        Self { key, written: Beside(written) }
    }

    /// `written`, compared exactly.
    pub(super) fn exact(written: String) -> Self {
        Self { key: written, written: Beside(None) }
    }

    /// `written`, compared without regard to the case of ASCII letters.
    pub(super) fn any_case(written: String) -> Self {
        Self::new(written.to_ascii_lowercase(), written)
    }

    /// What is compared.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// As it was written.
    pub fn written(&self) -> &str {
        self.written.0.as_deref().unwrap_or(&self.key)
    }
}

/// Whether a statement allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// `Allow`.
    Allow,
    /// `Deny`.
    Deny,
}

impl Effect {
    /// As IAM writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
        }
    }
}

/// Who a principal is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrincipalType {
    /// An account, a role, a user, a session, or `*`.
    Aws,
    /// A canonical user id.
    CanonicalUser,
    /// An identity provider.
    Federated,
    /// An AWS service.
    Service,
}

impl PrincipalType {
    pub(super) const ALL: [Self; 4] = [Self::Aws, Self::CanonicalUser, Self::Federated, Self::Service];

    /// As IAM writes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "AWS",
            Self::CanonicalUser => "CanonicalUser",
            Self::Federated => "Federated",
            Self::Service => "Service",
        }
    }
}

/// An element of a document or of a statement, down to where values stand.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Element {
    /// The document's `Version`.
    Version,
    /// The document's `Id`.
    Id,
    /// `Sid`.
    Sid,
    /// `Effect`.
    Effect,
    /// `Principal`, of one type.
    Principal(PrincipalType),
    /// `NotPrincipal`, of one type.
    NotPrincipal(PrincipalType),
    /// `Action`.
    Action,
    /// `NotAction`.
    NotAction,
    /// `Resource`.
    Resource,
    /// `NotResource`.
    NotResource,
    /// `Condition`, one key under one operator.
    Condition {
        /// Such as `StringEquals`.
        operator: String,
        /// Such as `sts:ExternalId`.
        key: Spelled,
    },
}

impl Element {
    /// The element's own name.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Version => "Version",
            Self::Id => "Id",
            Self::Sid => "Sid",
            Self::Effect => "Effect",
            Self::Principal(_) => "Principal",
            Self::NotPrincipal(_) => "NotPrincipal",
            Self::Action => "Action",
            Self::NotAction => "NotAction",
            Self::Resource => "Resource",
            Self::NotResource => "NotResource",
            Self::Condition { .. } => "Condition",
        }
    }
}

/// The way to the values, for programs: `Principal.AWS`, `Condition.StringEquals.sts:ExternalId`.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Principal(of) | Self::NotPrincipal(of) => write!(f, ".{}", of.as_str()),
            Self::Condition { operator, key } => write!(f, ".{operator}.{}", key.written()),
            _ => Ok(()),
        }
    }
}

impl Serialize for Element {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// Values without order and without repetition.
pub(super) type Values = BTreeSet<Spelled>;

/// One statement. An element that is not there, or is there and empty where that means the same, has no entry.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Statement {
    pub(super) effect: Effect,
    pub(super) sid: Option<String>,
    pub(super) values: BTreeMap<Element, Values>,
    /// The how-manieth of its document it is, from 1.
    pub(super) number: Beside<usize>,
}
