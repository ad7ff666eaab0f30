//! Policies that decide together: allowed is what one allows and none denies.
//!
//! A policy of which only the ARN is known may allow and deny anything, the same wherever it is attached.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use super::condition::{all, any};
use super::request::Request;
use super::statement::Statement;
use crate::policy::{CanonicalPolicy, PolicyKind};

/// Pieces beyond which nothing is proven any more: a statement of a thousand actions on a thousand resources is read by
/// nobody, and must not take minutes.
const MOST_PIECES: usize = 10_000;

/// AWS's one managed policy whose document is taken as known: everything on everything, unchanged since 2015.
static ADMINISTRATOR_ACCESS: LazyLock<Option<CanonicalPolicy>> = LazyLock::new(|| {
    let text = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    CanonicalPolicy::parse(PolicyKind::Identity, text, &"aws".parse().ok()?).ok()
});

fn is_administrator_access(arn: &str) -> bool {
    arn.starts_with("arn:") && arn.ends_with(":iam::aws:policy/AdministratorAccess")
}

/// Policies that decide together.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer<'a> {
    statements: Vec<Statement<'a>>,
    /// The ARNs of policies whose documents are not known.
    unknown: BTreeSet<&'a str>,
    /// Whether other policies, the same on both sides and not known, decide along.
    among_others: bool,
}

/// What keeps one layer from being proven within another.
#[derive(Debug, Default)]
pub(super) struct Gaps<'a> {
    /// What is allowed and not proven to be allowed there, or denied there and not proven to be denied here.
    pub(super) statements: Vec<Statement<'a>>,
    /// A policy that is attached here alone.
    pub(super) unknown_extra: Option<&'a str>,
    /// A policy that is attached there alone, and may deny.
    pub(super) unknown_missing: Option<&'a str>,
    /// Too much to look at.
    pub(super) too_large: bool,
}

impl Gaps<'_> {
    /// The first of them in words.
    pub(super) fn why(&self) -> Option<String> {
        if let Some(arn) = self.unknown_extra {
            Some(format!("what `{arn}` allows is not known here"))
        } else if let Some(statement) = self.statements.first() {
            Some(format!("not proven to be within the setup: {statement}"))
        } else if let Some(arn) = self.unknown_missing {
            Some(format!("`{arn}` is not attached, and may have denied something"))
        } else {
            self.too_large.then(|| "there are too many statements to compare".to_owned())
        }
    }

    /// Whether it is proven.
    pub(super) fn is_empty(&self) -> bool {
        let unknown = self.unknown_extra.or(self.unknown_missing);
        self.statements.is_empty() && unknown.is_none() && !self.too_large
    }
}

impl<'a> Layer<'a> {
    /// Just these documents.
    pub(super) fn of(policies: impl IntoIterator<Item = &'a CanonicalPolicy>) -> Self {
        Self { statements: policies.into_iter().flat_map(Statement::all).collect(), ..Self::default() }
    }

    /// One document, which decides along with others.
    pub(super) fn among_others(policy: Option<&'a CanonicalPolicy>) -> Self {
        Self { among_others: true, ..Self::of(policy) }
    }

    /// Adds an attached policy, of which nothing but the ARN may be known.
    pub(super) fn add(&mut self, arn: &'a str, document: Option<&'a CanonicalPolicy>) {
        let everything = is_administrator_access(arn).then(|| ADMINISTRATOR_ACCESS.as_ref()).flatten();
        match document.or(everything) {
            Some(document) => self.statements.extend(Statement::all(document)),
            None => {
                self.unknown.insert(arn);
            }
        }
    }

    pub(super) fn allows(&self) -> impl Iterator<Item = &Statement<'a>> {
        self.statements.iter().filter(|statement| statement.allows)
    }

    pub(super) fn denies(&self) -> impl Iterator<Item = &Statement<'a>> {
        self.statements.iter().filter(|statement| !statement.allows)
    }

    /// Whether it is sure that nothing is allowed.
    pub(super) fn is_idle(&self) -> bool {
        self.unknown.is_empty() && !self.among_others && self.allows().next().is_none()
    }

    /// What keeps it from being proven that all that is allowed here is allowed by `wide`.
    pub(super) fn beyond(&self, wide: &Self, home: &str) -> Gaps<'a> {
        let mut gaps = Gaps::default();
        if self.is_idle() {
            return gaps;
        }
        gaps.unknown_extra = self.unknown.difference(&wide.unknown).next().copied();
        gaps.unknown_missing = wide.unknown.difference(&self.unknown).next().copied();
        let mut left = MOST_PIECES;
        for allow in self.allows() {
            let covered = |one: &Statement<'a>| {
                wide.allows().any(|wide| wide.covers(one, home)) || self.denies().any(|deny| deny.covers(one, home))
            };
            gaps.add(allow, covered, &mut left);
        }
        let known = self.unknown.is_empty() && !self.among_others;
        for deny in wide.denies() {
            let harmless = |one: &Statement<'a>| {
                self.denies().any(|own| own.covers(one, home)) || known && !self.allows().any(|allow| allow.meets(one))
            };
            gaps.add(deny, harmless, &mut left);
        }
        gaps
    }

    /// Whether the request is allowed; `None` where that is not sure. Policies beside it are left out of account.
    pub(super) fn decides(&self, request: &Request) -> Option<bool> {
        let unknown = (!self.unknown.is_empty()).then_some(None);
        let allowed = any(self.allows().map(|statement| statement.matches(request)).chain(unknown));
        let denied = any(self.denies().map(|statement| statement.matches(request)).chain(unknown));
        all([allowed, denied.map(|denied| !denied)])
    }
}

impl<'a> Gaps<'a> {
    /// Takes note of what in the statement is not harmless.
    fn add(&mut self, statement: &Statement<'a>, harmless: impl Fn(&Statement<'a>) -> bool, left: &mut usize) {
        if harmless(statement) {
            return;
        }
        match left.checked_sub(statement.size()) {
            Some(rest) => *left = rest,
            None => {
                self.too_large = true;
                return;
            }
        }
        self.statements.extend(statement.pieces().into_iter().filter(|piece| !harmless(piece)));
    }
}
