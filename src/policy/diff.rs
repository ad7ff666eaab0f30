//! What differs between two policies: which statement, which element of it, and which values on which side.
//!
//! There is a difference if, and only if, the canonical forms are not equal. Statements that are on one side only are
//! paired by their `Sid`, then by how much they have in common; what is left over is missing or extra as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use super::canonical::{CanonicalPolicy, Statement};
use super::error::printable;
use super::word::Word;

/// All that differs between two policies, in words and as data.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PolicyDiff {
    differences: Vec<PolicyDifference>,
}

/// One thing that differs. Texts are as their authors spelled them, and not trusted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum PolicyDifference {
    /// The `Version`, or the `Id`.
    Document {
        /// `Version` or `Id`.
        element: String,
        /// What is there, if anything is.
        found: Option<String>,
        /// What is wanted, if anything is.
        wanted: Option<String>,
    },
    /// A wanted statement is not there.
    StatementMissing {
        /// The statement, in words.
        statement: String,
    },
    /// A statement is there that is not wanted.
    StatementExtra {
        /// The statement, in words.
        statement: String,
    },
    /// A statement is there, with another element.
    Element {
        /// The statement, in words; empty where the policy has but one.
        statement: String,
        /// `Effect`, `Action`, `Principal AWS`, `Condition StringEquals aws:SourceAccount` …
        element: String,
        /// Values that are wanted and not there.
        missing: Vec<String>,
        /// Values that are there and not wanted.
        extra: Vec<String>,
    },
}

/// Behind a principal that is a unique id.
const DELETED: &str = " (the id of a role or user that was deleted)";
/// How many values of one element are named in a line.
const NAMED: usize = 6;
/// How much two statements must have in common to count as one that was changed, in per cent of all that they have.
const ALIKE: usize = 30;

impl PolicyDiff {
    /// Compares what was found with what is wanted.
    pub fn between(found: &CanonicalPolicy, wanted: &CanonicalPolicy) -> Self {
        let mut differences = Vec::new();
        let mut document = |element: &str, found: Option<&String>, wanted: Option<&String>| {
            if found != wanted {
                let (found, wanted) = (found.cloned(), wanted.cloned());
                differences.push(PolicyDifference::Document { element: element.to_owned(), found, wanted });
            }
        };
        document("Version", Some(&found.version), Some(&wanted.version));
        document("Id", found.id.as_ref(), wanted.id.as_ref());
        let alone = found.statements.len() <= 1 && wanted.statements.len() <= 1;
        let mut extra: Vec<&Statement> = found.statements.difference(&wanted.statements).collect();
        let mut missing: Vec<&Statement> = wanted.statements.difference(&found.statements).collect();
        for (found, wanted) in pairs(&mut extra, &mut missing) {
            let name = if alone { String::new() } else { in_words(wanted) };
            differences.extend(elements(&name, found, wanted));
        }
        let word = |statement: &&Statement| in_words(statement);
        differences.extend(missing.iter().map(word).map(|statement| PolicyDifference::StatementMissing { statement }));
        differences.extend(extra.iter().map(word).map(|statement| PolicyDifference::StatementExtra { statement }));
        Self { differences }
    }

    /// Whether there is no difference.
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// Whether there is no difference in what the policies allow and deny: only a `Sid` or the `Id` differs.
    pub fn is_cosmetic(&self) -> bool {
        self.differences.iter().all(|difference| match difference {
            PolicyDifference::Document { element, .. } => element == "Id",
            PolicyDifference::Element { element, .. } => element == "Sid",
            PolicyDifference::StatementMissing { .. } | PolicyDifference::StatementExtra { .. } => false,
        })
    }

    /// The differences.
    pub fn differences(&self) -> &[PolicyDifference] {
        &self.differences
    }
}

impl fmt::Display for PolicyDiff {
    /// A line for each difference.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, difference) in self.differences.iter().enumerate() {
            write!(f, "{}{difference}", if n == 0 { "" } else { "\n" })?;
        }
        Ok(())
    }
}

impl fmt::Display for PolicyDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Document { element, found, wanted } => {
                let one = |value: &Option<String>| value.iter().cloned().collect::<Vec<_>>();
                write!(f, "{}", in_place_of(element, &one(wanted), &one(found)))
            }
            Self::StatementMissing { statement } => write!(f, "statement missing: {}", printable(statement)),
            Self::StatementExtra { statement } => write!(f, "statement extra: {}", printable(statement)),
            Self::Element { statement, element, missing, extra } if statement.is_empty() => {
                write!(f, "{}", in_place_of(element, missing, extra))
            }
            Self::Element { statement, element, missing, extra } => {
                write!(f, "in {}: {}", printable(statement), in_place_of(element, missing, extra))
            }
        }
    }
}

/// `Action s3:ListBucket missing`, `Resource * extra`, `Resource * in place of arn:…`.
fn in_place_of(element: &str, missing: &[String], extra: &[String]) -> String {
    let element = printable(element);
    let orphan = |name: &&String| element.ends_with("Principal AWS") && is_unique_id(name);
    let deleted = if extra.iter().any(|name| orphan(&name)) { DELETED } else { "" };
    match (missing, extra) {
        (missing, []) => format!("{element} {} missing", listed(missing)),
        ([], extra) => format!("{element} {}{deleted} extra", listed(extra)),
        (missing, extra) => format!("{element} {}{deleted} in place of {}", listed(extra), listed(missing)),
    }
}

fn listed(values: &[String]) -> String {
    let mut text = values.iter().take(NAMED).map(|value| printable(value)).collect::<Vec<_>>().join(", ");
    if values.len() > NAMED {
        text.push_str(&format!(" and {} more", values.len() - NAMED));
    }
    text
}

/// IAM shows the unique id of a principal that was deleted after the policy was written.
fn is_unique_id(name: &str) -> bool {
    ["AROA", "AIDA"].iter().any(|prefix| name.starts_with(prefix))
        && name.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
}

/// Takes statements that are one and the same, but changed, out of both lists.
fn pairs<'s>(extra: &mut Vec<&'s Statement>, missing: &mut Vec<&'s Statement>) -> Vec<(&'s Statement, &'s Statement)> {
    let mut pairs = Vec::new();
    let mut take = |extra: &mut Vec<&'s Statement>, missing: &mut Vec<&'s Statement>, e: usize, m: usize| {
        if e < extra.len() && m < missing.len() {
            pairs.push((extra.remove(e), missing.remove(m)));
        }
    };
    while let Some((e, m)) = same_sid(extra, missing) {
        take(extra, missing, e, m);
    }
    while let Some((e, m)) = most_alike(extra, missing) {
        take(extra, missing, e, m);
    }
    pairs
}

fn same_sid(extra: &[&Statement], missing: &[&Statement]) -> Option<(usize, usize)> {
    missing.iter().enumerate().filter(|(_, statement)| statement.sid.is_some()).find_map(|(m, wanted)| {
        let e = extra.iter().position(|found| found.sid == wanted.sid)?;
        Some((e, m))
    })
}

fn most_alike(extra: &[&Statement], missing: &[&Statement]) -> Option<(usize, usize)> {
    let mut best: Option<(usize, usize, usize)> = None;
    for (m, wanted) in missing.iter().enumerate() {
        for (e, found) in extra.iter().enumerate() {
            let alike = alike(found, wanted);
            if alike >= ALIKE && best.is_none_or(|(most, ..)| alike > most) {
                best = Some((alike, e, m));
            }
        }
    }
    best.map(|(_, e, m)| (e, m))
}

/// How much two statements have in common, in per cent of all that either has.
fn alike(a: &Statement, b: &Statement) -> usize {
    let (a, b) = (values(a), values(b));
    let sets = || a.iter().map(|(element, values)| (values, b.get(element)));
    let shared: usize =
        sets().map(|(values, others)| others.map_or(0, |others| values.intersection(others).count())).sum();
    let all = a.values().map(BTreeSet::len).sum::<usize>() + b.values().map(BTreeSet::len).sum::<usize>() - shared;
    shared * 100 / all.max(1)
}

/// A statement as values by element.
fn values(statement: &Statement) -> BTreeMap<Word, BTreeSet<Word>> {
    let named = |name: &str| Word::exact(name.to_owned());
    let mut values: BTreeMap<Word, BTreeSet<Word>> = BTreeMap::new();
    values.insert(named("Effect"), [Word::exact(statement.effect.clone())].into());
    values.extend(statement.sid.iter().map(|sid| (named("Sid"), [Word::exact(sid.clone())].into())));
    values.extend(statement.sets.iter().map(|(element, words)| (named(element), words.clone())));
    for (element, types) in &statement.principals {
        values.extend(types.iter().map(|(kind, names)| (named(&format!("{element} {kind}")), names.clone())));
    }
    for (operator, keys) in &statement.conditions {
        let heading = format!("Condition {operator}");
        values.extend(keys.iter().map(|(key, tests)| (key.under(&heading), tests.clone())));
    }
    values
}

/// What differs between two statements that count as one.
fn elements(name: &str, found: &Statement, wanted: &Statement) -> Vec<PolicyDifference> {
    let (found, wanted) = (values(found), values(wanted));
    let names: BTreeSet<&Word> = found.keys().chain(wanted.keys()).collect();
    let none = BTreeSet::new();
    let difference = |element: &Word| {
        let (found_in, wanted_in) = (found.get(element), wanted.get(element));
        if found_in == wanted_in {
            return None;
        }
        let (found_values, wanted_values) = (found_in.unwrap_or(&none), wanted_in.unwrap_or(&none));
        let shown = |values: Vec<&Word>| values.into_iter().map(|word| word.shown().to_owned()).collect::<Vec<_>>();
        let mut missing = shown(wanted_values.difference(found_values).collect());
        let mut extra = shown(found_values.difference(wanted_values).collect());
        // An element with an empty list is there all the same.
        if missing.is_empty() && extra.is_empty() {
            let side = if wanted_in.is_some() { &mut missing } else { &mut extra };
            side.push("[]".to_owned());
        }
        Some(PolicyDifference::Element {
            statement: name.to_owned(),
            element: element.shown().to_owned(),
            missing,
            extra,
        })
    };
    names.into_iter().filter_map(difference).collect()
}

/// A statement by its `Sid`, or else by what it says: `Allow s3:GetObject and 2 more on arn:…`.
fn in_words(statement: &Statement) -> String {
    if let Some(sid) = &statement.sid {
        return format!("\"{sid}\"");
    }
    let some = |words: &BTreeSet<Word>| match words.iter().next() {
        Some(first) if words.len() > 1 => format!("{} and {} more", first.shown(), words.len() - 1),
        Some(first) => first.shown().to_owned(),
        None => "nothing".to_owned(),
    };
    let mut text = statement.effect.clone();
    for (element, before) in
        [("Action", " "), ("NotAction", " all but "), ("Resource", " on "), ("NotResource", " on all but ")]
    {
        if let Some(words) = statement.sets.get(element) {
            text.push_str(before);
            text.push_str(&some(words));
        }
    }
    for (element, types) in &statement.principals {
        let names: BTreeSet<Word> = types.values().flatten().cloned().collect();
        text.push_str(if *element == "Principal" { " for " } else { " for all but " });
        text.push_str(&some(&names));
        if names.iter().any(|name| is_unique_id(name.shown())) {
            text.push_str(DELETED);
        }
    }
    if !statement.conditions.is_empty() {
        text.push_str(" under conditions");
    }
    text
}
