//! Does what was found let anybody do more than what is wanted?
//!
//! Sound: `narrower` and `same` are said only where it is proven that every request that what was found allows is
//! allowed by what is wanted; `wider` only with a reason, mostly a request for which it is proven that only what was
//! found allows it. Everything else is `unknown`. What other policies of the account, its organization or a resource say
//! is left out of account: they are the same for both sides.

mod condition;
mod glob;
mod layer;
mod principal;
mod request;
mod statement;
mod witness;

#[cfg(test)]
mod cases_tests;
#[cfg(test)]
mod model_tests;
#[cfg(test)]
mod property_tests;

use std::collections::BTreeMap;

use layer::{Gaps, Layer};
pub use request::Request;

use super::CanonicalPolicy;

/// What one side lets people do, compared with the other. In the order of concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Power {
    /// Something is allowed that the setup does not allow.
    Wider,
    /// It is not proven that nothing is.
    Unknown,
    /// Nothing more is allowed, and maybe less.
    Narrower,
    /// The same is allowed.
    Same,
}

/// A power, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The power.
    pub power: Power,
    /// Why it is wider, or what could not be proven; not trusted, since it names what was found.
    pub why: Option<String>,
    /// A request that what was found allows, and what is wanted does not.
    pub witness: Option<Request>,
}

/// What an identity has: inline policies, attached policies by ARN with their documents where they are known, and a
/// permissions boundary.
#[derive(Debug, Clone, Default)]
pub struct Identity<'a> {
    /// Inline policies.
    pub inline: Vec<&'a CanonicalPolicy>,
    /// Attached policies. A document is given on both sides or on none, unless it is the one that the ARN stands for.
    pub attached: BTreeMap<&'a str, Option<&'a CanonicalPolicy>>,
    /// The boundary's ARN, and its document where it is known.
    pub boundary: Option<(&'a str, Option<&'a CanonicalPolicy>)>,
}

impl Verdict {
    /// Without a reason.
    pub fn just(power: Power) -> Self {
        Self { power, why: None, witness: None }
    }

    fn because(power: Power, why: impl Into<String>) -> Self {
        Self { power, why: Some(why.into()), witness: None }
    }

    fn witnessed(request: Request) -> Self {
        let why = Some(format!("allows {request}"));
        Self { power: Power::Wider, why, witness: Some(request) }
    }
}

/// Compares two documents of which each decides along with others that are not known, as a grant does on its user.
/// `None` is no document at all.
pub fn documents(wanted: Option<&CanonicalPolicy>, found: Option<&CanonicalPolicy>) -> Verdict {
    compare(&[Layer::among_others(wanted)], &[Layer::among_others(found)], "")
}

/// Compares two trust policies of a role in account `home`.
pub fn trusts(wanted: &CanonicalPolicy, found: &CanonicalPolicy, home: &str) -> Verdict {
    compare(&[Layer::of([wanted])], &[Layer::of([found])], home)
}

/// Compares what a role may do. A boundary of unknown content that is wanted and gone is `wider`, though no request
/// can be named.
pub fn identities(wanted: &Identity<'_>, found: &Identity<'_>) -> Verdict {
    let (wants, finds) = (wanted.layers(), found.layers());
    let verdict = compare(&wants, &finds, "");
    match (wanted.boundary, found.boundary) {
        (Some((arn, None)), None) if verdict.power == Power::Unknown => {
            Verdict::because(Power::Wider, format!("the permissions boundary `{arn}` is gone"))
        }
        _ => verdict,
    }
}

impl<'a> Identity<'a> {
    /// What must all allow a request: the policies together, and the boundary.
    fn layers(&self) -> Vec<Layer<'a>> {
        let mut policies = Layer::of(self.inline.iter().copied());
        for (arn, document) in &self.attached {
            policies.add(arn, *document);
        }
        let bound = self.boundary.map(|(arn, document)| {
            let mut bound = Layer::default();
            bound.add(arn, document);
            bound
        });
        std::iter::once(policies).chain(bound).collect()
    }
}

/// Compares what all layers of each side allow.
fn compare(wanted: &[Layer<'_>], found: &[Layer<'_>], home: &str) -> Verdict {
    let gaps = beyond(found, wanted, home);
    if gaps.is_empty() {
        return Verdict::just(match beyond(wanted, found, home).is_empty() {
            true => Power::Same,
            false => Power::Narrower,
        });
    }
    let suspects: Vec<_> = gaps.iter().flat_map(|gaps| gaps.statements.iter().cloned()).collect();
    match witness::witness(found, wanted, &suspects) {
        Some(request) => Verdict::witnessed(request),
        None => Verdict::because(Power::Unknown, gaps.iter().find_map(Gaps::why).unwrap_or_default()),
    }
}

/// What keeps it from being proven that `narrow` allows nothing that `wide` does not: for each layer of `wide`, one of
/// `narrow` must be within it.
fn beyond<'a>(narrow: &[Layer<'a>], wide: &[Layer<'a>], home: &str) -> Vec<Gaps<'a>> {
    let mut found = Vec::new();
    for wide in wide {
        let gaps: Vec<_> = narrow.iter().map(|narrow| narrow.beyond(wide, home)).collect();
        if gaps.iter().all(|gaps| !gaps.is_empty()) {
            found.extend(gaps);
        }
    }
    found
}
