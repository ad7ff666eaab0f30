//! A statement as it decides: what it covers, what it cannot meet, and whether it matches one request.

use std::fmt;

use super::condition::{Condition, all, any};
use super::glob::Glob;
use super::principal::Principal;
use super::request::Request;
use crate::policy::canonical::CanonicalPolicy;
use crate::policy::document::{self, Effect, Element, Values};

/// Patterns of which one must match, or none.
#[derive(Debug, Clone)]
pub(super) struct Patterns<'a> {
    pub(super) none_of: bool,
    /// Whether they are ARNs.
    arns: bool,
    pub(super) items: Vec<(&'a str, Glob)>,
}

/// What a statement is about.
#[derive(Debug, Clone)]
pub(super) enum Target<'a> {
    /// An identity policy's resources.
    Resources(Patterns<'a>),
    /// A trust policy's principals.
    Principals(Vec<Principal<'a>>),
}

/// A statement. Without actions or target it has a form that is only compared as a whole.
#[derive(Debug, Clone)]
pub(super) struct Statement<'a> {
    source: &'a document::Statement,
    version: &'a str,
    pub(super) allows: bool,
    pub(super) actions: Option<Patterns<'a>>,
    pub(super) target: Option<Target<'a>>,
    pub(super) conditions: Vec<Condition<'a>>,
}

impl<'a> Patterns<'a> {
    fn of(source: &'a document::Statement, one: &Element, none: &Element, arns: bool) -> Option<Self> {
        let read = |values: &'a Values| values.iter().map(|text| (text.key(), Glob::pattern(text.key()))).collect();
        match (source.values.get(one), source.values.get(none)) {
            (Some(values), None) => Some(Self { none_of: false, arns, items: read(values) }),
            (None, Some(values)) => Some(Self { none_of: true, arns, items: read(values) }),
            _ => None,
        }
    }

    fn one_covers(&self, wide: &(&str, Glob), narrow: &(&str, Glob), same_version: bool) -> bool {
        let same = wide.0 == narrow.0 && (same_version || !narrow.1.has_variable());
        same || if self.arns { wide.1.covers_by_field(&narrow.1) } else { wide.1.covers(&narrow.1) }
    }

    /// Whether all that `narrow` matches is matched. Proven where true.
    fn cover(&self, narrow: &Self, same_version: bool) -> bool {
        let covered = |wide: &Self, item: &(&str, Glob)| {
            wide.items.iter().any(|wide_item| self.one_covers(wide_item, item, same_version))
        };
        match (self.none_of, narrow.none_of) {
            (false, false) => narrow.items.iter().all(|item| covered(self, item)),
            (false, true) => self.items.iter().any(|(_, glob)| glob.is_all()),
            (true, true) => self.items.iter().all(|item| covered(narrow, item)),
            (true, false) => self
                .items
                .iter()
                .all(|(_, wide)| !wide.has_variable() && narrow.items.iter().all(|(_, item)| !wide.meets(item))),
        }
    }

    /// Whether something may be matched by both. False where it is proven that nothing is.
    fn meet(&self, other: &Self) -> bool {
        if self.none_of || other.none_of {
            return true;
        }
        self.items.iter().any(|(_, a)| other.items.iter().any(|(_, b)| a.meets(b)))
    }

    /// Whether `text` is matched; `None` where that is not sure.
    pub(super) fn match_text(&self, text: &str) -> Option<bool> {
        let found = any(self.items.iter().map(|(_, glob)| {
            let possible = glob.matches(text);
            let sure = !glob.has_variable() && (!self.arns || glob.matches_by_field(text));
            if !possible { Some(false) } else { sure.then_some(true) }
        }));
        match self.none_of && self.items.iter().any(|(_, glob)| glob.has_variable()) {
            true => None,
            false => found.map(|found| found != self.none_of),
        }
    }

    fn only(&self, index: usize) -> Option<Self> {
        Some(Self { none_of: false, arns: self.arns, items: vec![self.items.get(index)?.clone()] })
    }

    /// How many pieces it falls into.
    fn pieces(&self) -> usize {
        if self.none_of { 1 } else { self.items.len() }
    }
}

impl<'a> Statement<'a> {
    /// The statements of a policy.
    pub(super) fn all(policy: &'a CanonicalPolicy) -> impl Iterator<Item = Self> {
        policy.statements.iter().map(|statement| Self::read(statement, &policy.version))
    }

    fn read(source: &'a document::Statement, version: &'a str) -> Self {
        let has = |wanted: fn(&Element) -> bool| source.values.keys().any(wanted);
        let resources = Patterns::of(source, &Element::Resource, &Element::NotResource, true);
        let about_resources = has(|element| matches!(element, Element::Resource | Element::NotResource));
        let excluding = has(|element| matches!(element, Element::NotPrincipal(_)));
        let principals: Vec<_> = source
            .values
            .iter()
            .filter_map(|(element, names)| match element {
                Element::Principal(of) => Some(names.iter().map(|name| Principal::new(*of, name))),
                _ => None,
            })
            .flatten()
            .collect();
        let target = match (about_resources, principals.is_empty(), excluding) {
            (true, true, false) => resources.map(Target::Resources),
            (false, false, false) => Some(Target::Principals(principals)),
            _ => None,
        };
        Self {
            source,
            version,
            allows: source.effect == Effect::Allow,
            actions: Patterns::of(source, &Element::Action, &Element::NotAction, false),
            target,
            conditions: source.values.iter().filter_map(|(element, values)| Condition::read(element, values)).collect(),
        }
    }

    /// Whether every request that `narrow` matches is matched, whatever either does with it. `home` is the account of
    /// the role. Proven where true.
    pub(super) fn covers(&self, narrow: &Self, home: &str) -> bool {
        let same_version = self.version == narrow.version;
        let whole = narrow.actions.is_none() || narrow.target.is_none();
        if (whole || self.actions.is_none()) || self.target.is_none() {
            return same_version && self.source.values == narrow.source.values;
        }
        let implied = |wide: &Condition<'_>| narrow.conditions.iter().any(|own| own.implies(wide, same_version));
        let target = match (&self.target, &narrow.target) {
            (Some(Target::Resources(wide)), Some(Target::Resources(narrow))) => wide.cover(narrow, same_version),
            (Some(Target::Principals(wide)), Some(Target::Principals(narrow))) => {
                narrow.iter().all(|one| wide.iter().any(|wide| wide.covers(one, home)))
            }
            _ => false,
        };
        let actions = match (&self.actions, &narrow.actions) {
            (Some(wide), Some(narrow)) => wide.cover(narrow, same_version),
            _ => false,
        };
        target && actions && self.conditions.iter().all(implied)
    }

    /// Whether a request may be matched by both. False where it is proven that none is. Conditions are not looked at.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let actions = match (&self.actions, &other.actions) {
            (Some(a), Some(b)) => a.meet(b),
            _ => true,
        };
        let target = match (&self.target, &other.target) {
            (Some(Target::Resources(a)), Some(Target::Resources(b))) => a.meet(b),
            (Some(Target::Principals(a)), Some(Target::Principals(b))) => {
                a.iter().any(|a| b.iter().any(|b| a.meets(b)))
            }
            _ => true,
        };
        actions && target
    }

    /// How many pieces [`Self::pieces`] makes.
    pub(super) fn size(&self) -> usize {
        let target = match &self.target {
            Some(Target::Resources(patterns)) => patterns.pieces(),
            Some(Target::Principals(principals)) => principals.len(),
            None => 1,
        };
        self.actions.as_ref().map_or(1, Patterns::pieces).saturating_mul(target)
    }

    /// The same, as statements with one action and one resource or principal each.
    pub(super) fn pieces(&self) -> Vec<Self> {
        let actions: Vec<_> = match &self.actions {
            Some(actions) if !actions.none_of => (0..actions.items.len()).map(|index| actions.only(index)).collect(),
            other => vec![other.clone()],
        };
        let targets: Vec<_> = match &self.target {
            Some(Target::Resources(resources)) if !resources.none_of => {
                let one = |index| resources.only(index).map(Target::Resources);
                (0..resources.items.len()).map(one).collect()
            }
            Some(Target::Principals(principals)) => {
                principals.iter().map(|one| Some(Target::Principals(vec![one.clone()]))).collect()
            }
            other => vec![other.clone()],
        };
        let pairs = actions.iter().flat_map(|action| targets.iter().map(move |target| (action, target)));
        pairs.map(|(action, target)| Self { actions: action.clone(), target: target.clone(), ..self.clone() }).collect()
    }

    /// Whether it matches the request; `None` where that is not sure.
    pub(super) fn matches(&self, request: &Request) -> Option<bool> {
        let actions = self.actions.as_ref().and_then(|actions| actions.match_text(&request.action));
        let target = self.target.as_ref().and_then(|target| target.is_meant(request));
        all([actions, target].into_iter().chain(self.conditions.iter().map(|one| one.holds(&request.context))))
    }
}

/// `Allow s3:* on arn:aws:s3:::b/*`: enough to find it by.
impl fmt::Display for Statement<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |patterns: &Patterns<'_>| {
            let texts: Vec<_> = patterns.items.iter().map(|(text, _)| *text).collect();
            format!("{}{}", if patterns.none_of { "all but " } else { "" }, texts.join(", "))
        };
        f.write_str(self.source.effect.as_str())?;
        if let Some(actions) = &self.actions {
            write!(f, " {}", list(actions))?;
        }
        match &self.target {
            Some(Target::Resources(resources)) => write!(f, " on {}", list(resources)),
            Some(Target::Principals(principals)) => {
                let names: Vec<_> = principals.iter().map(|principal| principal.name).collect();
                write!(f, " to {}", names.join(", "))
            }
            None => Ok(()),
        }
    }
}

impl Target<'_> {
    /// Whether the request is about it; `None` where that is not sure.
    pub(super) fn is_meant(&self, request: &Request) -> Option<bool> {
        match self {
            Self::Resources(patterns) => patterns.match_text(&request.resource),
            Self::Principals(principals) => {
                let (of, name) = request.principal.as_ref()?;
                let who = Principal { of: *of, name };
                any(principals.iter().map(|principal| principal.admits(&who)))
            }
        }
    }
}
