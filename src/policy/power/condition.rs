//! Conditions: whether one is fulfilled by a request, and whether one implies another.
//!
//! An implication is claimed only for operators of which more values surely make them wider (or, negated, tighter);
//! everything else must be the very same condition.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use super::glob::Glob;
use crate::policy::document::{Element, Values};

/// The condition keys of a request, in lower case, each with one value.
pub(super) type Context = BTreeMap<String, String>;

/// One operator on one key.
#[derive(Debug, Clone)]
pub(super) struct Condition<'a> {
    operator: &'a str,
    /// In lower case.
    key: &'a str,
    values: Vec<&'a str>,
    /// `None` for an operator that is not known here.
    meaning: Option<Meaning<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Meaning<'a> {
    over: Over,
    test: Test<'a>,
    negated: bool,
    if_exists: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Over {
    One,
    AnyValue,
    AllValues,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Test<'a> {
    Equals,
    Like,
    Arn,
    Null,
    /// Fulfilled by a value that is one of several, in one sense or another: `Bool`, `IpAddress`, `NumericEquals` …
    Other(&'a str),
}

impl<'a> Condition<'a> {
    pub(super) fn read(element: &'a Element, values: &'a Values) -> Option<Self> {
        let Element::Condition { operator, key } = element else { return None };
        let values = values.iter().map(|value| value.key()).collect();
        Some(Self { operator, key: key.key(), values, meaning: Meaning::of(operator) })
    }

    pub(super) fn key(&self) -> &'a str {
        self.key
    }

    fn has_variable(&self) -> bool {
        self.values.iter().any(|value| value.contains("${"))
    }

    fn is(&self, other: &Self, same_version: bool) -> bool {
        self.operator == other.operator
            && self.key == other.key
            && self.values == other.values
            && (same_version || !self.has_variable())
    }

    /// Whether every request that fulfils it fulfils `wide` too. Proven where true; false says nothing.
    pub(super) fn implies(&self, wide: &Self, same_version: bool) -> bool {
        if self.is(wide, same_version) {
            return true;
        }
        let (Some(own), Some(its)) = (self.meaning, wide.meaning) else { return false };
        let alike = self.key == wide.key
            && own.over == its.over
            && own.negated == its.negated
            && (!own.if_exists || its.if_exists)
            && own.test != Test::Null
            && !self.values.is_empty()
            && !wide.values.is_empty();
        // What is negated is tighter the more it names.
        let (more, less) = if own.negated { (self, wide) } else { (wide, self) };
        alike && less.values.iter().all(|value| more.names(value, less, same_version))
    }

    /// Whether what one value of `less` matches is matched by a value of this one.
    fn names(&self, value: &str, less: &Self, same_version: bool) -> bool {
        let (Some(own), Some(its)) = (self.meaning, less.meaning) else { return false };
        let variable = value.contains("${");
        let listed = own.test == its.test && self.values.contains(&value) && (same_version || !variable);
        if listed {
            return true;
        }
        // A variable without a value leaves open what a negated test says.
        if variable && own.negated {
            return false;
        }
        let narrow = match its.test {
            Test::Equals => Glob::literal(value),
            Test::Like | Test::Arn => Glob::pattern(value),
            Test::Null | Test::Other(_) => return false,
        };
        let wide = self.values.iter().map(|value| Glob::pattern(value));
        match (own.test, its.test) {
            (Test::Like, Test::Equals | Test::Like) => wide.into_iter().any(|wide| wide.covers(&narrow)),
            (Test::Arn, Test::Arn) => wide.into_iter().any(|wide| wide.covers_by_field(&narrow)),
            _ => false,
        }
    }

    /// Whether a request with just these keys fulfils it; `None` where that is not sure.
    pub(super) fn holds(&self, context: &Context) -> Option<bool> {
        let meaning = self.meaning?;
        let found = context.get(self.key);
        if meaning.test == Test::Null {
            return match self.values.as_slice() {
                ["true"] => Some(found.is_none()),
                ["false"] => Some(found.is_some()),
                _ => None,
            };
        }
        let Some(found) = found else {
            return match (meaning.over, meaning.negated) {
                _ if meaning.if_exists => Some(true),
                (Over::AllValues, _) => Some(true),
                (Over::One, negated) => Some(negated),
                (Over::AnyValue, false) => Some(false),
                (Over::AnyValue, true) => None,
            };
        };
        let met = any(self.values.iter().map(|value| meaning.test.is_met(value, found)));
        met.map(|met| met != meaning.negated)
    }

    /// A value of its key with which it holds, or `None` within for no such key in the request; nothing where none is
    /// known.
    pub(super) fn fulfilled(&self) -> Option<Option<String>> {
        let candidates = self.values.iter().flat_map(|value| match self.meaning.map(|meaning| meaning.test) {
            Some(Test::Like | Test::Arn) => Glob::pattern(value).samples(),
            _ => vec![(*value).split('/').next().unwrap_or_default().to_owned(), (*value).to_owned()],
        });
        let some = candidates.chain(["any".to_owned()]).map(Some);
        some.chain([None]).find(|value| self.holds(&self.context(value.as_deref())) == Some(true))
    }

    /// A value of its key with which it does not hold, if one is known.
    pub(super) fn unfulfilled(&self) -> Option<String> {
        let others = ["any", "true", "false", "0", "198.51.100.1"];
        others.into_iter().find(|value| self.holds(&self.context(Some(value))) == Some(false)).map(str::to_owned)
    }

    fn context(&self, value: Option<&str>) -> Context {
        value.map(|value| (self.key.to_owned(), value.to_owned())).into_iter().collect()
    }
}

impl<'a> Meaning<'a> {
    fn of(operator: &'a str) -> Option<Self> {
        let (over, name) = match operator.split_once(':') {
            Some(("ForAnyValue", rest)) => (Over::AnyValue, rest),
            Some(("ForAllValues", rest)) => (Over::AllValues, rest),
            Some(_) => return None,
            None => (Over::One, operator),
        };
        let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
        let (test, negated) = match name {
            "StringEquals" => (Test::Equals, false),
            "StringNotEquals" => (Test::Equals, true),
            "StringLike" => (Test::Like, false),
            "StringNotLike" => (Test::Like, true),
            "ArnEquals" | "ArnLike" => (Test::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Test::Arn, true),
            "Null" if over == Over::One && !if_exists => (Test::Null, false),
            "StringEqualsIgnoreCase" | "Bool" | "IpAddress" | "NumericEquals" | "DateEquals" | "BinaryEquals" => {
                (Test::Other(name), false)
            }
            "StringNotEqualsIgnoreCase" => (Test::Other("StringEqualsIgnoreCase"), true),
            "NotIpAddress" => (Test::Other("IpAddress"), true),
            "NumericNotEquals" => (Test::Other("NumericEquals"), true),
            "DateNotEquals" => (Test::Other("DateEquals"), true),
            _ => return None,
        };
        Some(Self { over, test, negated, if_exists })
    }
}

impl Test<'_> {
    fn is_met(self, wanted: &str, found: &str) -> Option<bool> {
        if wanted.contains("${") {
            return None;
        }
        match self {
            Self::Equals | Self::Other("BinaryEquals") => Some(wanted == found),
            Self::Like => Some(Glob::pattern(wanted).matches(found)),
            Self::Arn => {
                let pattern = Glob::pattern(wanted);
                match (pattern.matches_by_field(found), pattern.matches(found)) {
                    (true, _) => Some(true),
                    (_, false) => Some(false),
                    _ => None,
                }
            }
            Self::Other("StringEqualsIgnoreCase" | "Bool") => Some(wanted.eq_ignore_ascii_case(found)),
            Self::Other("NumericEquals") => {
                let (wanted, found) = (wanted.parse::<i64>().ok()?, found.parse::<i64>().ok()?);
                Some(wanted == found)
            }
            Self::Other("IpAddress") => in_network(wanted, found),
            Self::Null | Self::Other(_) => None,
        }
    }
}

/// Whether an IPv4 address is in a network, or is that address; `None` where either is something else.
fn in_network(network: &str, address: &str) -> Option<bool> {
    let address: u32 = address.parse::<Ipv4Addr>().ok()?.into();
    let (base, bits) = network.split_once('/').unwrap_or((network, "32"));
    let (base, bits): (u32, u32) = (base.parse::<Ipv4Addr>().ok()?.into(), bits.parse().ok()?);
    let mask = u32::MAX.checked_shl(32_u32.checked_sub(bits)?).unwrap_or(0);
    Some(base & mask == address & mask)
}

/// Whether one is true; `None` where none is and one is not sure.
pub(super) fn any(of: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    let mut unsure = false;
    for one in of {
        match one {
            Some(true) => return Some(true),
            Some(false) => {}
            None => unsure = true,
        }
    }
    (!unsure).then_some(false)
}

/// Whether all are true; `None` where none is false and one is not sure.
pub(super) fn all(of: impl IntoIterator<Item = Option<bool>>) -> Option<bool> {
    any(of.into_iter().map(|one| one.map(|one| !one))).map(|one| !one)
}
