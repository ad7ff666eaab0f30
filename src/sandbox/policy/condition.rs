//! The conditions of a statement, and the keys of a request that they look at.

use std::borrow::Cow;

use serde_json::Value;

use super::glob::matches;
use super::statement::list;

/// The condition keys of one request. Names are compared without regard to case, as IAM does.
#[derive(Debug, Clone, Default)]
pub(in crate::sandbox) struct Context<'a>(Vec<(Cow<'a, str>, Vec<Cow<'a, str>>)>);

impl<'a> Context<'a> {
    /// No keys.
    pub(in crate::sandbox) fn new() -> Self {
        Self(Vec::with_capacity(10))
    }

    /// Adds a key with one value.
    pub(in crate::sandbox) fn set(&mut self, key: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) {
        self.set_all(key, vec![value.into()]);
    }

    /// Adds a key with its values.
    pub(in crate::sandbox) fn set_all(&mut self, key: impl Into<Cow<'a, str>>, values: Vec<Cow<'a, str>>) {
        self.0.push((key.into(), values));
    }

    fn get(&self, key: &str) -> Option<&[Cow<'a, str>]> {
        self.0.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, values)| values.as_slice())
    }

    /// `text` with IAM's `${key}` variables filled in; `None` where a variable has no single value.
    pub(super) fn fill<'t>(&self, text: &'t str) -> Option<Cow<'t, str>> {
        if !text.contains("${") {
            return Some(Cow::Borrowed(text));
        }
        let mut filled = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, more) = after.split_once('}')?;
            filled.push_str(before);
            match (name, self.get(name)) {
                ("*" | "?" | "$", _) => filled.push_str(name),
                (_, Some([value])) => filled.push_str(value),
                _ => return None,
            }
            rest = more;
        }
        filled.push_str(rest);
        Some(Cow::Owned(filled))
    }
}

/// One operator on one key.
#[derive(Debug, Clone)]
pub(super) struct Condition {
    test: Test,
    negated: bool,
    if_exists: bool,
    over: Over,
    key: Box<str>,
    values: Vec<Box<str>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    One,
    AnyValue,
    AllValues,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test {
    Equals,
    EqualsIgnoreCase,
    Like,
    ArnLike,
    Bool,
    Null,
    Number(Comparison),
    Date(Comparison),
    /// Source addresses: every caller of the sandbox is on this machine.
    Address,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Comparison {
    Equals,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Whether IAM knows the operator.
pub(super) fn is_operator(name: &str) -> bool {
    operator(name).is_some()
}

/// What an operator tests, whether it is the negated form, has `IfExists`, and ranges over the values of a key.
fn operator(name: &str) -> Option<(Test, bool, bool, Over)> {
    let (over, name) = match name.split_once(':') {
        Some(("ForAnyValue", rest)) => (Over::AnyValue, rest),
        Some(("ForAllValues", rest)) => (Over::AllValues, rest),
        Some(_) => return None,
        None => (Over::One, name),
    };
    let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |rest| (rest, true));
    let (test, negated) = match name {
        "StringEquals" | "BinaryEquals" => (Test::Equals, false),
        "StringNotEquals" => (Test::Equals, true),
        "StringEqualsIgnoreCase" => (Test::EqualsIgnoreCase, false),
        "StringNotEqualsIgnoreCase" => (Test::EqualsIgnoreCase, true),
        "StringLike" => (Test::Like, false),
        "StringNotLike" => (Test::Like, true),
        "ArnLike" | "ArnEquals" => (Test::ArnLike, false),
        "ArnNotLike" | "ArnNotEquals" => (Test::ArnLike, true),
        "Bool" => (Test::Bool, false),
        "Null" if !if_exists => (Test::Null, false),
        "IpAddress" => (Test::Address, false),
        "NotIpAddress" => (Test::Address, true),
        _ => {
            let (kind, comparison) = if let Some(rest) = name.strip_prefix("Numeric") {
                (Test::Number as fn(Comparison) -> Test, rest)
            } else {
                (Test::Date as fn(Comparison) -> Test, name.strip_prefix("Date")?)
            };
            let (comparison, negated) = match comparison {
                "Equals" => (Comparison::Equals, false),
                "NotEquals" => (Comparison::Equals, true),
                "LessThan" => (Comparison::Less, false),
                "LessThanEquals" => (Comparison::LessOrEqual, false),
                "GreaterThan" => (Comparison::Greater, false),
                "GreaterThanEquals" => (Comparison::GreaterOrEqual, false),
                _ => return None,
            };
            (kind(comparison), negated)
        }
    };
    Some((test, negated, if_exists, over))
}

impl Condition {
    /// All conditions of a `Condition` element. They are joined by "and".
    pub(super) fn read_all(element: &Value) -> Vec<Self> {
        let operators = element.as_object().into_iter().flatten();
        operators
            .filter_map(|(name, keys)| Some((operator(name)?, keys.as_object()?)))
            .flat_map(|((test, negated, if_exists, over), keys)| {
                keys.iter().map(move |(key, values)| Self {
                    test,
                    negated,
                    if_exists,
                    over,
                    key: key.as_str().into(),
                    values: list(Some(values)).map(text_of).collect(),
                })
            })
            .collect()
    }

    /// Whether the request fulfils the condition.
    pub(super) fn holds(&self, context: &Context<'_>) -> bool {
        let found = context.get(&self.key);
        if self.test == Test::Null {
            let wants_absence = self.values.iter().any(|value| &**value == "true");
            return found.is_none() == wants_absence;
        }
        let Some(found) = found else {
            return self.if_exists || (self.over == Over::One && self.negated) || self.over == Over::AllValues;
        };
        let one = |value: &str| self.values.iter().any(|wanted| self.is_met(wanted, value, context)) != self.negated;
        match self.over {
            Over::AllValues => found.iter().all(|value| one(value)),
            Over::One if self.negated => found.iter().all(|value| one(value)),
            Over::One | Over::AnyValue => found.iter().any(|value| one(value)),
        }
    }

    fn is_met(&self, wanted: &str, found: &str, context: &Context<'_>) -> bool {
        let Some(wanted) = context.fill(wanted) else { return false };
        match self.test {
            Test::Equals => wanted == found,
            Test::EqualsIgnoreCase => wanted.eq_ignore_ascii_case(found),
            Test::Like => matches(&wanted, found),
            Test::ArnLike => is_arn_like(&wanted, found),
            Test::Bool => wanted.eq_ignore_ascii_case(found),
            Test::Null => false,
            Test::Number(comparison) => {
                wanted.parse::<f64>().ok().zip(found.parse::<f64>().ok()).is_some_and(|(wanted, found)| {
                    found.partial_cmp(&wanted).is_some_and(|order| comparison.accepts(order))
                })
            }
            Test::Date(comparison) => {
                let instant = |text: &str| text.parse::<jiff::Timestamp>().ok();
                instant(&wanted)
                    .zip(instant(found))
                    .is_some_and(|(wanted, found)| comparison.accepts(found.cmp(&wanted)))
            }
            Test::Address => ["0.0.0.0/0", "127.0.0.0/8", "127.0.0.1/32", "127.0.0.1"].contains(&&*wanted),
        }
    }
}

impl Comparison {
    fn accepts(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equals => order.is_eq(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Each of the six fields of an ARN is matched by itself, so that a star does not reach over a colon.
fn is_arn_like(pattern: &str, arn: &str) -> bool {
    let mut patterns = pattern.splitn(6, ':');
    let mut fields = arn.splitn(6, ':');
    loop {
        match (patterns.next(), fields.next()) {
            (None, None) => return true,
            (Some(pattern), Some(field)) if matches(pattern, field) => {}
            _ => return false,
        }
    }
}

/// A value as text: quotes are optional round numbers and booleans.
fn text_of(value: &Value) -> Box<str> {
    match value {
        Value::String(text) => text.as_str().into(),
        other => other.to_string().into(),
    }
}
