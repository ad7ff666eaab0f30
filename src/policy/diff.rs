//! What differs between a policy that was found and one that is wanted.
//!
//! "Missing" is what is wanted and was not found; "extra" is what was found and is not wanted. How it is said to
//! people is in `diff_text`.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use serde::Serialize;

use super::canonical::CanonicalPolicy;
use super::document::{Element, PrincipalType, Spelled, Statement, Values};

/// What differs between two policies; nothing if, and only if, they are equal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyDiff {
    cosmetic: bool,
    differences: Vec<Difference>,
}

/// One difference: a whole statement, or one element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// In what way they differ.
    pub kind: DifferenceKind,
    /// The statement, as the wanted document names it, or the found one where it is extra. Without, it is the document.
    pub statement: Option<StatementName>,
    /// The element; without, it is the whole statement.
    pub element: Option<Element>,
    /// What is wanted and was not found, in the wanted document's spelling. A whole statement is one sentence.
    pub missing: Vec<String>,
    /// What was found and is not wanted, in the found document's spelling. A whole statement is one sentence.
    pub extra: Vec<String>,
}

/// In what way two policies differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DifferenceKind {
    /// A statement is wanted and was not found.
    StatementMissing,
    /// A statement was found and is not wanted.
    StatementExtra,
    /// The element has one value where one other is wanted.
    Replaced,
    /// Values of the element are missing, extra, or both.
    Values,
    /// Among the extra principals is a bare unique id. IAM shows one in place of an ARN once the role or user that
    /// the policy named is deleted, and it stays when another of the same name is created.
    OrphanedPrincipal,
}

/// How a statement is named.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StatementName {
    /// By its `Sid`.
    Sid(String),
    /// The how-manieth of its document it is, from 1.
    Number(usize),
}

impl PolicyDiff {
    /// What must change for `found` to become `wanted`.
    pub fn between(found: &CanonicalPolicy, wanted: &CanonicalPolicy) -> Self {
        let mut differences = Vec::new();
        let version = |policy: &CanonicalPolicy| vec![policy.version.clone()];
        let id = |policy: &CanonicalPolicy| policy.id.iter().cloned().collect();
        differences.extend(single(None, Element::Version, version(found), version(wanted)));
        differences.extend(single(None, Element::Id, id(found), id(wanted)));
        let pairs = pair(&found.statements, &wanted.statements);
        for (found, wanted) in &pairs.paired {
            statement(found, wanted, &mut differences);
        }
        differences.extend(pairs.missing.iter().map(|statement| Difference {
            missing: vec![statement.to_string()],
            ..whole(DifferenceKind::StatementMissing, statement)
        }));
        differences.extend(pairs.extra.iter().map(|statement| Difference {
            extra: vec![statement.to_string()],
            ..whole(DifferenceKind::StatementExtra, statement)
        }));
        // What decides nothing comes last, so that a summary that is cut off shows what does.
        differences.sort_by_key(|difference| matches!(difference.element, Some(Element::Sid | Element::Id)));
        let cosmetic = !differences.is_empty() && found.without_names() == wanted.without_names();
        Self { cosmetic, differences }
    }

    /// Whether the two are equal.
    pub fn is_empty(&self) -> bool {
        self.differences.is_empty()
    }

    /// Whether they differ, and in `Sid` and `Id` only: IAM decides the same by both.
    pub fn is_cosmetic(&self) -> bool {
        self.cosmetic
    }

    /// The differences: the document's, those inside of statements, missing statements, extra statements, and last
    /// those in `Sid` and `Id`.
    pub fn differences(&self) -> &[Difference] {
        &self.differences
    }
}

impl CanonicalPolicy {
    /// The same without what is there for people only.
    fn without_names(&self) -> Self {
        let nameless = |statement: &Statement| Statement { sid: None, ..statement.clone() };
        Self { id: None, statements: self.statements.iter().map(nameless).collect(), ..self.clone() }
    }
}

impl Statement {
    fn name(&self) -> StatementName {
        self.sid.clone().map_or(StatementName::Number(self.number.0), StatementName::Sid)
    }

    fn says_the_same(&self, other: &Self) -> bool {
        (self.effect, &self.values) == (other.effect, &other.values)
    }

    /// How much of both is in both: 0 for nothing, 1000 for everything. An effect alone is nothing in common.
    fn overlap(&self, other: &Self) -> usize {
        let size = |statement: &Self| 1 + statement.values.values().map(Values::len).sum::<usize>();
        let common = self
            .values
            .iter()
            .filter_map(|(element, values)| Some(other.values.get(element)?.intersection(values).count()));
        match common.sum::<usize>() {
            0 => 0,
            common => 2000 * (common + usize::from(self.effect == other.effect)) / (size(self) + size(other)),
        }
    }
}

struct Pairs<'a> {
    /// Found and wanted, and not equal.
    paired: Vec<(&'a Statement, &'a Statement)>,
    missing: Vec<&'a Statement>,
    extra: Vec<&'a Statement>,
}

/// Which found statement stands for which wanted one: those that say the same, then those of one name, then those
/// that have most in common.
fn pair<'a>(found: &'a BTreeSet<Statement>, wanted: &'a BTreeSet<Statement>) -> Pairs<'a> {
    let mut extra: Vec<&Statement> = found.difference(wanted).collect();
    let mut missing: Vec<&Statement> = wanted.difference(found).collect();
    extra.sort_by_key(|statement| statement.number.0);
    missing.sort_by_key(|statement| statement.number.0);
    let mut paired = Vec::new();
    let by_name = |a: &Statement, b: &Statement| a.sid.is_some() && a.sid == b.sid;
    for alike in [Statement::says_the_same, by_name] {
        missing.retain(|wanted| match extra.iter().position(|found| alike(found, wanted)) {
            Some(place) => {
                paired.push((extra.remove(place), *wanted));
                false
            }
            None => true,
        });
    }
    let mut overlaps: Vec<(usize, &Statement, &Statement)> = Vec::new();
    for wanted in &missing {
        overlaps.extend(extra.iter().map(|found| (found.overlap(wanted), *found, *wanted)));
    }
    overlaps.retain(|(overlap, ..)| *overlap > 0);
    overlaps.sort_by_key(|(overlap, found, wanted)| (Reverse(*overlap), wanted.number.0, found.number.0));
    for (_, found, wanted) in overlaps {
        if extra.contains(&found) && missing.contains(&wanted) {
            extra.retain(|statement| *statement != found);
            missing.retain(|statement| *statement != wanted);
            paired.push((found, wanted));
        }
    }
    paired.sort_by_key(|(_, wanted)| wanted.number.0);
    Pairs { paired, missing, extra }
}

fn whole(kind: DifferenceKind, statement: &Statement) -> Difference {
    let (missing, extra) = (Vec::new(), Vec::new());
    Difference { kind, statement: Some(statement.name()), element: None, missing, extra }
}

fn statement(found: &Statement, wanted: &Statement, differences: &mut Vec<Difference>) {
    let name = Some(wanted.name());
    let effect = |statement: &Statement| vec![statement.effect.as_str().to_owned()];
    let sid = |statement: &Statement| statement.sid.iter().cloned().collect();
    differences.extend(single(name.clone(), Element::Sid, sid(found), sid(wanted)));
    differences.extend(single(name.clone(), Element::Effect, effect(found), effect(wanted)));
    // A condition key is spelled as it is wanted, where it is.
    let only_found = found.values.keys().filter(|element| !wanted.values.contains_key(element));
    let mut elements: Vec<&Element> = wanted.values.keys().chain(only_found).collect();
    elements.sort();
    for element in elements {
        let (there, asked) = (found.values.get(element), wanted.values.get(element));
        if there == asked {
            continue;
        }
        // An empty list differs from no element, and has no values to show it by.
        let empty = Values::from([Spelled::exact("[]".to_owned())]);
        let listed = |values: Option<&Values>| match values {
            Some(values) if values.is_empty() => empty.clone(),
            values => values.cloned().unwrap_or_default(),
        };
        let (there, asked) = (listed(there), listed(asked));
        let missing: Vec<&Spelled> = asked.difference(&there).collect();
        let extra: Vec<&Spelled> = there.difference(&asked).collect();
        let is_account =
            matches!(element, Element::Principal(PrincipalType::Aws) | Element::NotPrincipal(PrincipalType::Aws));
        let kind = if is_account && extra.iter().any(|principal| is_unique_id(principal.key())) {
            DifferenceKind::OrphanedPrincipal
        } else if there.len() == 1 && asked.len() == 1 {
            DifferenceKind::Replaced
        } else {
            DifferenceKind::Values
        };
        let written = |values: Vec<&Spelled>| values.into_iter().map(|value| value.written().to_owned()).collect();
        differences.push(Difference {
            kind,
            statement: name.clone(),
            element: Some(element.clone()),
            missing: written(missing),
            extra: written(extra),
        });
    }
}

fn single(
    statement: Option<StatementName>,
    element: Element,
    found: Vec<String>,
    wanted: Vec<String>,
) -> Option<Difference> {
    let both = !found.is_empty() && !wanted.is_empty();
    let kind = if both { DifferenceKind::Replaced } else { DifferenceKind::Values };
    let differs = found != wanted;
    differs.then_some(Difference { kind, statement, element: Some(element), missing: wanted, extra: found })
}

/// Whether a principal is the unique id of a role or a user.
pub(super) fn is_unique_id(principal: &str) -> bool {
    (principal.starts_with("AROA") || principal.starts_with("AIDA"))
        && principal.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
}
