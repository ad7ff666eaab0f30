//! A difference of policies in words, one line each, and in one short line.
//!
//! Policies hold whatever somebody typed, so a value that is not one plain word stands in quotes, with everything
//! escaped that a terminal would obey.

use std::fmt::{self, Write as _};

use super::diff::{Difference, DifferenceKind, PolicyDiff, StatementName, is_unique_id};
use super::document::{Element, PrincipalType, Statement};

/// How long [`PolicyDiff::summary`] may become, in characters.
const SUMMARY: usize = 160;
/// How many values of one list a summary names.
const NAMED: usize = 2;

impl PolicyDiff {
    /// The differences in one line of at most 160 characters: the first few, and how many more there are.
    pub fn summary(&self) -> String {
        let all = self.differences();
        let more = |shown: usize| match all.len() - shown {
            0 => String::new(),
            left => format!("; and {left} more"),
        };
        let mut summary = String::new();
        for (shown, difference) in all.iter().enumerate() {
            let next = brief(difference);
            let joint = if shown == 0 { "" } else { "; " };
            let length =
                [&summary, joint, &next, &more(shown + 1)].iter().map(|text| text.chars().count()).sum::<usize>();
            if length > SUMMARY && shown > 0 {
                return summary + &more(shown);
            }
            if length > SUMMARY {
                let tail = more(1);
                summary.extend(next.chars().take(SUMMARY - 1 - tail.chars().count()));
                return summary + "…" + &tail;
            }
            summary += joint;
            summary += &next;
        }
        summary
    }
}

/// One line for each difference, without a line break at the end.
impl fmt::Display for PolicyDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, difference) in self.differences().iter().enumerate() {
            let joint = if index == 0 { "" } else { "\n" };
            write!(f, "{joint}{difference}")?;
        }
        Ok(())
    }
}

/// `statement "S3Access", Action: missing s3:GetObject and extra s3:*`.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tell(self, usize::MAX, f)
    }
}

fn tell(difference: &Difference, named: usize, f: &mut impl fmt::Write) -> fmt::Result {
    let Difference { kind, statement, element, missing, extra } = difference;
    let whole = match kind {
        DifferenceKind::StatementMissing => Some(("missing", missing)),
        DifferenceKind::StatementExtra => Some(("extra", extra)),
        _ => None,
    };
    if let (Some((word, sentences)), Some(statement)) = (whole, statement) {
        return write!(f, "{word} {statement}: {}", sentences.concat());
    }
    if let Some(statement) = statement {
        write!(f, "{statement}, ")?;
    }
    match element {
        None => {}
        Some(Element::Principal(of) | Element::NotPrincipal(of)) => {
            write!(f, "{} {}: ", element.as_ref().map_or("", Element::name), of.as_str())?;
        }
        Some(Element::Condition { operator, key }) => {
            write!(f, "Condition {} {}: ", shown(operator), shown(key.written()))?;
        }
        Some(other) => write!(f, "{}: ", other.name())?,
    }
    let orphaned = *kind == DifferenceKind::OrphanedPrincipal;
    let found = |value: &String| match orphaned && is_unique_id(value) {
        true => principal(value),
        false => shown(value),
    };
    let wanted = list(missing, named, |value| shown(value));
    let found = list(extra, named, found);
    match (missing.len(), extra.len()) {
        (1, 1) if orphaned || *kind == DifferenceKind::Replaced => write!(f, "found {found} instead of {wanted}"),
        (_, 0) => write!(f, "missing {wanted}"),
        (0, _) => write!(f, "extra {found}"),
        _ => write!(f, "missing {wanted} and extra {found}"),
    }
}

fn brief(difference: &Difference) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = tell(difference, NAMED, &mut text);
    text
}

fn list(values: &[String], named: usize, shown: impl Fn(&String) -> String) -> String {
    let mut text = values.iter().take(named).map(shown).collect::<Vec<_>>().join(", ");
    if values.len() > named {
        let _ = write!(text, " and {} more", values.len() - named);
    }
    text
}

/// An AWS principal; a unique id is said to be what it is.
fn principal(name: &str) -> String {
    if is_unique_id(name) { format!("{name} (the id of a deleted role or user)") } else { shown(name) }
}

/// A plain word as it is, everything else in quotes.
fn shown(text: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || (c.is_ascii_graphic() && !",;\"`\\".contains(c));
    if !text.is_empty() && text.chars().all(plain) { text.to_owned() } else { format!("{text:?}") }
}

impl fmt::Display for StatementName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sid(sid) => write!(f, "statement {sid:?}"),
            Self::Number(number) => write!(f, "statement {number}"),
        }
    }
}

/// `Allow sts:AssumeRole for Service ec2.amazonaws.com if StringEquals aws:SourceAccount 111122223333`.
impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.effect.as_str())?;
        let part = |wanted: fn(&Element) -> bool| self.values.iter().filter(move |(element, _)| wanted(element));
        for (element, values) in part(|element| matches!(element, Element::Action | Element::NotAction))
            .chain(part(|element| matches!(element, Element::Resource | Element::NotResource)))
            .chain(part(|element| matches!(element, Element::Principal(_) | Element::NotPrincipal(_))))
            .chain(part(|element| matches!(element, Element::Condition { .. })))
        {
            match element {
                Element::Action => {}
                Element::NotAction => f.write_str(" all but")?,
                Element::NotResource => f.write_str(" on all but")?,
                Element::Principal(of) => write!(f, " for {}", of.as_str())?,
                Element::NotPrincipal(of) => write!(f, " for all but {}", of.as_str())?,
                Element::Condition { operator, key } => {
                    write!(f, " if {} {}", shown(operator), shown(key.written()))?;
                }
                _ => f.write_str(" on")?,
            }
            let one = match element {
                Element::Principal(PrincipalType::Aws) | Element::NotPrincipal(PrincipalType::Aws) => principal,
                _ => shown,
            };
            let values: Vec<_> = values.iter().map(|value| one(value.written())).collect();
            write!(f, " {}", values.join(", "))?;
        }
        Ok(())
    }
}
