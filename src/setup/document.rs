//! A policy document of a setup: read once, told of every mistake with its place, filled in for each account.

use std::sync::{Arc, OnceLock};

use super::desired::Policy;
use super::finding::{Finding, Spot, TextFile};
use super::template::{FillError, placeholders};
use crate::ids::Partition;
use crate::policy::json::{self, Node, Value};
use crate::policy::{PolicyError, PolicyKind, Position, mistakes};

/// A policy document of a setup.
#[derive(Debug, Clone)]
pub(super) struct Document {
    pub(super) file: Arc<TextFile>,
    /// What it says, if it is JSON.
    pub(super) tree: Option<Node>,
    /// Whether it is the same for every account.
    pub(super) constant: bool,
    /// The partitions of the ARNs that are written out in it.
    pub(super) partitions: Vec<(Partition, Position)>,
    /// What it came out as for the first account, where it is the same for all.
    pub(super) ready: OnceLock<(PolicyKind, Partition, Policy)>,
}

/// A string of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'a> {
    pub(super) text: &'a str,
    pub(super) at: Position,
    pub(super) is_key: bool,
}

impl Document {
    /// Reads it. What is wrong whatever it is used for goes to `findings`.
    pub(super) fn new(file: Arc<TextFile>, findings: &mut Vec<Finding>) -> Self {
        let mut known: Vec<char> = Vec::new();
        for (at, c) in file.text.char_indices().filter(|(_, c)| !iam_takes(*c)) {
            if !known.contains(&c) {
                known.push(c);
                findings.push(Finding::mistake(file.spot(at..at + c.len_utf8()), unknown_character(c)));
            }
        }
        let mut mistakes = Vec::new();
        let tree = json::parse(&file.text, &mut mistakes);
        findings.extend(mistakes.iter().map(|error| finding(&file, error)));
        let strings = tree.iter().flat_map(texts);
        let constant = !strings.clone().any(|text| text.text.contains("{{"));
        let partitions =
            strings.flat_map(|text| arn_partitions(text.text).map(move |found| (found, text.at))).collect();
        let document = Self { file, tree, constant, partitions, ready: OnceLock::new() };
        for key in document.texts().filter(|text| text.is_key && text.text.contains("{{")) {
            let message = "a placeholder in a key: only values are filled in";
            findings.push(Finding::mistake(document.file.token(key.at), message));
        }
        document
    }

    /// Its strings, in written order.
    pub(super) fn texts(&self) -> impl Iterator<Item = Text<'_>> {
        self.tree.iter().flat_map(texts)
    }

    /// Where the placeholder stands that made `error`, in the string at `at`.
    pub(super) fn spot_of(&self, at: Position, error: &FillError) -> Spot {
        let token = self.file.token(at);
        match error {
            FillError::Unknown(name) | FillError::Widening(name) => self.file.spot_of(token.span, name),
            FillError::Unclosed => self.file.spot_of(token.span, "{{"),
        }
    }

    /// What makes it no policy of this kind, as it is written. Values that are yet to be filled in are not judged.
    pub(super) fn check(&self, kind: PolicyKind, partition: &Partition) -> Vec<Finding> {
        let written = |finding: &Finding| {
            let text = finding.spot.as_ref().and_then(|spot| self.file.text.get(spot.span.clone()));
            text.is_none_or(|text| placeholders(text).next().is_none())
        };
        let mistakes = mistakes(kind, &self.file.text, partition);
        mistakes.iter().map(|error| finding(&self.file, error)).filter(written).collect()
    }
}

/// The partitions of the ARNs that are written out in a text.
fn arn_partitions(text: &str) -> impl Iterator<Item = Partition> {
    text.split("arn:").skip(1).filter_map(|behind| behind.split_once(':')?.0.parse().ok())
}

fn texts(node: &Node) -> Vec<Text<'_>> {
    let mut found = Vec::new();
    let mut nodes = vec![node];
    while let Some(node) = nodes.pop() {
        match &node.value {
            Value::String(text) => found.push(Text { text, at: node.at, is_key: false }),
            Value::Array(items) => nodes.extend(items.iter().rev()),
            Value::Object(members) => {
                found.extend(members.iter().map(|member| Text { text: &member.key, at: member.key_at, is_key: true }));
                nodes.extend(members.iter().rev().map(|member| &member.node));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    found.sort_by_key(|text| text.at);
    found
}

fn finding(file: &Arc<TextFile>, error: &PolicyError) -> Finding {
    let message = match error.path() {
        "" => error.kind().to_string(),
        path => format!("{} (at {path})", error.kind()),
    };
    let finding = Finding::mistake(error.position().map(|at| file.token(at)), message);
    match error.advice() {
        Some(advice) => finding.hint(advice),
        None => finding,
    }
}

/// Whether a policy document may hold the character.
pub(super) fn iam_takes(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}')
}

pub(super) fn unknown_character(c: char) -> String {
    format!("IAM does not take the character U+{:04X} ({c:?}) here", u32::from(c))
}
