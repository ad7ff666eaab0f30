//! A policy as it is evaluated: parsed once, compared often. Made from JSON that `syntax` has accepted.

use serde_json::Value;

use super::condition::Condition;
use super::glob::matches;
use crate::ids::AccountId;

/// All statements of a document.
#[derive(Debug, Clone)]
pub(in crate::sandbox) struct Policy {
    pub(super) statements: Vec<Statement>,
}

/// One statement.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) allows: bool,
    pub(super) principals: Option<Principals>,
    /// Lower case: service prefix and action name are compared without regard to case.
    pub(super) actions: Globs,
    pub(super) resources: Option<Globs>,
    pub(super) conditions: Vec<Condition>,
}

/// `Action`, `NotAction`, `Resource` or `NotResource`.
#[derive(Debug, Clone)]
pub(super) struct Globs {
    pub(super) negated: bool,
    pub(super) patterns: Vec<Box<str>>,
}

impl Globs {
    /// Whether the element covers `text`.
    pub(super) fn cover(&self, text: &str) -> bool {
        self.patterns.iter().any(|pattern| matches(pattern, text)) != self.negated
    }
}

/// `Principal` or `NotPrincipal`.
#[derive(Debug, Clone)]
pub(super) struct Principals {
    pub(super) negated: bool,
    pub(super) any_of: Vec<Principal>,
}

/// One principal of a trust policy, as it is stored.
#[derive(Debug, Clone)]
pub(super) enum Principal {
    /// `"*"` or `{"AWS": "*"}`.
    Anyone,
    /// An account, by its root ARN or its id.
    Account(AccountId),
    /// A role or a user, by its unique id.
    UniqueId(Box<str>),
    /// An assumed role session, or anything else that has an ARN.
    Arn(Box<str>),
    /// A service or an identity provider: nobody who calls the sandbox.
    Elsewhere,
}

impl Policy {
    /// Reads a document that `syntax::check` has accepted. What it would have refused is left out, never guessed at.
    pub(in crate::sandbox) fn read(document: &Value) -> Self {
        Self { statements: list(document.get("Statement")).map(Statement::read).collect() }
    }
}

impl Statement {
    fn read(statement: &Value) -> Self {
        let globs = |name: &str, not: &str, fold: bool| {
            let negated = statement.get(not).is_some();
            let value = statement.get(if negated { not } else { name })?;
            let patterns = strings(value).map(|text| if fold { text.to_ascii_lowercase().into() } else { text.into() });
            Some(Globs { negated, patterns: patterns.collect() })
        };
        Self {
            allows: statement.get("Effect").and_then(Value::as_str) == Some("Allow"),
            principals: principals(statement),
            actions: globs("Action", "NotAction", true).unwrap_or(Globs { negated: false, patterns: Vec::new() }),
            resources: globs("Resource", "NotResource", false),
            conditions: statement.get("Condition").map(Condition::read_all).unwrap_or_default(),
        }
    }
}

fn principals(statement: &Value) -> Option<Principals> {
    let negated = statement.get("NotPrincipal").is_some();
    let value = statement.get("Principal").or_else(|| statement.get("NotPrincipal"))?;
    let any_of = match value {
        Value::String(text) => vec![Principal::read("AWS", text)],
        Value::Object(kinds) => {
            kinds.iter().flat_map(|(kind, names)| strings(names).map(|name| Principal::read(kind, name))).collect()
        }
        _ => Vec::new(),
    };
    Some(Principals { negated, any_of })
}

impl Principal {
    fn read(kind: &str, name: &str) -> Self {
        if kind != "AWS" {
            return Self::Elsewhere;
        }
        if name == "*" {
            return Self::Anyone;
        }
        if let Ok(account) = name.parse() {
            return Self::Account(account);
        }
        match name.parse::<crate::ids::Arn>() {
            Ok(arn) if arn.service() == "iam" && arn.resource() == "root" => {
                arn.account().parse().map_or(Self::Elsewhere, Self::Account)
            }
            Ok(_) => Self::Arn(name.into()),
            Err(_) => Self::UniqueId(name.into()),
        }
    }
}

/// A list, or one element that stands for a list of one.
pub(super) fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    let (many, one) = match value {
        Some(Value::Array(items)) => (items.as_slice(), None),
        other => (&[][..], other),
    };
    many.iter().chain(one)
}

/// The strings of a list or of one element.
pub(super) fn strings(value: &Value) -> impl Iterator<Item = &str> {
    list(Some(value)).filter_map(Value::as_str)
}
