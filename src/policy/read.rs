//! From JSON text to typed statements, with every mistake and its place.
//!
//! Two ways to read. What a user wants to send must be as IAM writes it, and all that is wrong with it is told at
//! once. What IAM holds was accepted by IAM, so only its meaning counts.

use std::collections::{BTreeMap, BTreeSet};

use super::canonical::CanonicalPolicy;
use super::document::{Beside, Effect, Element, PolicyKind, PrincipalType, Spelled, Statement, Values};
use super::error::{Path, PolicyError, PolicyErrorKind, Position, resembles};
use super::json::{self, Member, Node, Value};
use crate::ids::{AccountId, Partition};

/// What a document is read for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// A user wants it sent.
    Sending,
    /// IAM returned it.
    Comparing,
}

const POLICY: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPAL: &[&str] = &["AWS", "Service", "Federated", "CanonicalUser"];

/// Reads a document; the mistakes in the order of their places. Without mistakes there is a policy.
pub(super) fn read(
    kind: PolicyKind,
    purpose: Purpose,
    text: &str,
    partition: &Partition,
) -> (CanonicalPolicy, Vec<PolicyError>) {
    let mut mistakes = Vec::new();
    let node = json::parse(text, &mut mistakes);
    let mut reader = Reader { kind, purpose, partition, mistakes };
    let mut policy = CanonicalPolicy::empty();
    match node {
        Some(node) => reader.document(&node, &mut policy),
        None if reader.mistakes.is_empty() => {
            reader.must(false, PolicyErrorKind::MissingElement { element: "Statement" }, &Path::Root, Position::START);
        }
        None => {}
    }
    reader.mistakes.sort_by_key(PolicyError::position);
    (policy, reader.mistakes)
}

struct Reader<'a> {
    kind: PolicyKind,
    purpose: Purpose,
    partition: &'a Partition,
    mistakes: Vec<PolicyError>,
}

impl Reader<'_> {
    fn wrong(&mut self, kind: PolicyErrorKind, path: &Path<'_>, at: Position) {
        self.mistakes.push(PolicyError::new(kind, path, at));
    }

    /// What IAM asks of a document. What IAM holds has been through that already.
    fn must(&mut self, holds: bool, kind: PolicyErrorKind, path: &Path<'_>, at: Position) {
        if !holds && self.purpose == Purpose::Sending {
            self.wrong(kind, path, at);
        }
    }

    fn document(&mut self, node: &Node, policy: &mut CanonicalPolicy) {
        let node = match &node.value {
            Value::Array(items) if self.purpose == Purpose::Comparing && items.len() == 1 => {
                items.first().unwrap_or(node)
            }
            _ => node,
        };
        let Some(found) = self.elements(node, POLICY, "policy", &Path::Root) else { return };
        for (element, member) in &found.known {
            let path = Path::Key(&Path::Root, element);
            match *element {
                "Version" => {
                    let Some(version) = self.text(&member.node, &path) else { continue };
                    let known = version == "2008-10-17" || version == "2012-10-17";
                    let expected = "`2012-10-17` or `2008-10-17`";
                    let kind = PolicyErrorKind::WrongValue { value: version.clone(), expected };
                    self.must(known, kind, &path, member.node.at);
                    policy.version = version;
                }
                "Id" => policy.id = self.text(&member.node, &path).filter(|id| !id.is_empty()),
                _ => self.statements(&member.node, &path, &mut policy.statements),
            }
        }
        self.missing(&found, &["Statement"], &Path::Root, node.at);
    }

    fn statements(&mut self, node: &Node, path: &Path<'_>, statements: &mut BTreeSet<Statement>) {
        match &node.value {
            Value::Array(items) => {
                self.must(!items.is_empty(), PolicyErrorKind::Empty { element: "Statement" }, path, node.at);
                for (index, item) in items.iter().enumerate() {
                    statements.extend(self.statement(item, &Path::Index(path, index), index + 1));
                }
            }
            _ => statements.extend(self.statement(node, path, 1)),
        }
    }

    fn statement(&mut self, node: &Node, path: &Path<'_>, number: usize) -> Option<Statement> {
        let found = self.elements(node, STATEMENT, "statement", path)?;
        let (mut effect, mut sid, mut values) = (None, None, BTreeMap::new());
        for (element, member) in &found.known {
            let (node, path) = (&member.node, Path::Key(path, element));
            match *element {
                "Sid" => sid = self.text(node, &path).filter(|sid| !sid.is_empty()),
                "Effect" => effect = self.effect(node, &path),
                "Principal" => self.principals(node, &path, Element::Principal, &mut values),
                "NotPrincipal" => self.principals(node, &path, Element::NotPrincipal, &mut values),
                "Action" => self.list(node, &path, Element::Action, Spelled::any_case, &mut values),
                "NotAction" => self.list(node, &path, Element::NotAction, Spelled::any_case, &mut values),
                "Resource" => self.list(node, &path, Element::Resource, Spelled::exact, &mut values),
                "NotResource" => self.list(node, &path, Element::NotResource, Spelled::exact, &mut values),
                _ => self.conditions(node, &path, &mut values),
            }
        }
        if found.lacks(&["Effect"]) {
            self.wrong(PolicyErrorKind::MissingElement { element: "Effect" }, path, node.at);
        }
        self.missing(&found, &["Action", "NotAction"], path, node.at);
        let misplaced = match self.kind {
            PolicyKind::Trust => {
                self.missing(&found, &["Principal", "NotPrincipal"], path, node.at);
                ["Resource", "NotResource"]
            }
            PolicyKind::Identity => {
                self.missing(&found, &["Resource", "NotResource"], path, node.at);
                ["Principal", "NotPrincipal"]
            }
        };
        for (name, member) in found.known.iter().filter(|(name, _)| misplaced.contains(name)) {
            let kind =
                PolicyErrorKind::UnknownElement { name: (*name).to_owned(), of: "statement of this kind", known: &[] };
            self.must(false, kind, &Path::Key(path, name), member.key_at);
        }
        for (element, opposite) in [("Principal", "NotPrincipal"), ("Action", "NotAction"), ("Resource", "NotResource")]
        {
            let both = found.has(element) && found.has(opposite);
            self.must(!both, PolicyErrorKind::BothGiven { element, opposite }, path, node.at);
        }
        Some(Statement { effect: effect?, sid, values, number: Beside(number) })
    }

    /// Says that the first of `names` is missing if none of them is there.
    fn missing(&mut self, found: &Found<'_>, names: &[&'static str], path: &Path<'_>, at: Position) {
        let Some(element) = names.first() else { return };
        self.must(!found.lacks(names), PolicyErrorKind::MissingElement { element }, path, at);
    }

    fn effect(&mut self, node: &Node, path: &Path<'_>) -> Option<Effect> {
        let text = self.text(node, path)?;
        let effect = [Effect::Allow, Effect::Deny].into_iter().find(|effect| match self.purpose {
            Purpose::Sending => text == effect.as_str(),
            Purpose::Comparing => text.eq_ignore_ascii_case(effect.as_str()),
        });
        if effect.is_none() {
            let kind = PolicyErrorKind::WrongValue { value: text, expected: "`Allow` or `Deny`" };
            self.wrong(kind, path, node.at);
        }
        effect
    }

    /// The members of an object by their known names. IAM reads the names without regard to case and documents one.
    fn elements<'n>(
        &mut self,
        node: &'n Node,
        known: &'static [&'static str],
        of: &'static str,
        path: &Path<'_>,
    ) -> Option<Found<'n>> {
        let mut found = Found { known: Vec::new(), unknown: Vec::new() };
        for member in self.object(node, path)? {
            let key = &member.key;
            let here = Path::Key(path, key);
            let Some(element) = known.iter().copied().find(|name| name.eq_ignore_ascii_case(key)) else {
                found.unknown.push(key);
                self.wrong(PolicyErrorKind::UnknownElement { name: key.clone(), of, known }, &here, member.key_at);
                continue;
            };
            let case = PolicyErrorKind::ElementCase { name: key.clone(), element };
            self.must(key == element, case, &here, member.key_at);
            if found.has(element) {
                self.wrong(PolicyErrorKind::DuplicateKey { key: key.clone() }, &here, member.key_at);
            } else {
                found.known.push((element, member));
            }
        }
        Some(found)
    }

    fn principals(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        element: fn(PrincipalType) -> Element,
        values: &mut BTreeMap<Element, Values>,
    ) {
        if let Value::String(text) = &node.value {
            if text == "*" {
                values.insert(element(PrincipalType::Aws), [Spelled::exact(text.clone())].into());
            } else {
                let expected = "`*` or an object such as `{\"Service\": …}`";
                self.wrong(PolicyErrorKind::WrongValue { value: text.clone(), expected }, path, node.at);
            }
            return;
        }
        let before = (self.mistakes.len(), values.len());
        let Some(found) = self.elements(node, PRINCIPAL, "principal", path) else { return };
        for (name, member) in found.known {
            let Some(of) = PrincipalType::ALL.into_iter().find(|of| of.as_str() == name) else { continue };
            let path = Path::Key(path, name);
            self.must(!holds_nothing(&member.node), PolicyErrorKind::Empty { element: name }, &path, member.node.at);
            let texts = self.texts(&member.node, &path, text_of);
            let names: Values = texts.into_iter().map(|text| self.principal(of, text)).collect();
            if !names.is_empty() {
                values.insert(element(of), names);
            }
        }
        if before == (self.mistakes.len(), values.len()) {
            let name = element(PrincipalType::Aws).name();
            self.must(self.kind == PolicyKind::Identity, PolicyErrorKind::Empty { element: name }, path, node.at);
        }
    }

    /// IAM stores an account as either its id or the ARN of its root.
    fn principal(&self, of: PrincipalType, text: String) -> Spelled {
        match text.parse::<AccountId>() {
            Ok(account) if of == PrincipalType::Aws => {
                Spelled::new(format!("arn:{}:iam::{account}:root", self.partition), text)
            }
            _ => Spelled::exact(text),
        }
    }

    fn list(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        element: Element,
        spelled: fn(String) -> Spelled,
        values: &mut BTreeMap<Element, Values>,
    ) {
        self.must(!holds_nothing(node), PolicyErrorKind::Empty { element: element.name() }, path, node.at);
        let texts = self.texts(node, path, text_of);
        values.insert(element, texts.into_iter().map(spelled).collect());
    }

    fn conditions(&mut self, node: &Node, path: &Path<'_>, values: &mut BTreeMap<Element, Values>) {
        for operator in self.object(node, path).unwrap_or_default() {
            let path = Path::Key(path, &operator.key);
            for member in self.object(&operator.node, &path).unwrap_or_default() {
                let here = Path::Key(&path, &member.key);
                let texts = self.texts(&member.node, &here, scalar);
                let key = Spelled::any_case(member.key.clone());
                let element = Element::Condition { operator: operator.key.clone(), key };
                if values.insert(element, texts.into_iter().map(Spelled::exact).collect()).is_some() {
                    self.wrong(PolicyErrorKind::DuplicateKey { key: member.key.clone() }, &here, member.key_at);
                }
            }
        }
    }

    fn object<'n>(&mut self, node: &'n Node, path: &Path<'_>) -> Option<&'n [Member]> {
        let Value::Object(members) = &node.value else {
            self.wrong(wrong_type("an object", node), path, node.at);
            return None;
        };
        Some(members)
    }

    fn text(&mut self, node: &Node, path: &Path<'_>) -> Option<String> {
        let text = text_of(node);
        if text.is_none() {
            self.wrong(wrong_type("a text", node), path, node.at);
        }
        text
    }

    /// A lone value is a list of one.
    fn texts(&mut self, node: &Node, path: &Path<'_>, text: fn(&Node) -> Option<String>) -> Vec<String> {
        let Value::Array(items) = &node.value else {
            let only = text(node);
            if only.is_none() {
                self.wrong(wrong_type("a text or a list of texts", node), path, node.at);
            }
            return only.into_iter().collect();
        };
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match text(item) {
                Some(text) => texts.push(text),
                None => self.wrong(wrong_type("a text", item), &Path::Index(path, index), item.at),
            }
        }
        texts
    }
}

/// An object's members: those with known names by them, and the other keys.
struct Found<'n> {
    known: Vec<(&'static str, &'n Member)>,
    unknown: Vec<&'n str>,
}

impl Found<'_> {
    fn has(&self, element: &str) -> bool {
        self.known.iter().any(|(name, _)| *name == element)
    }

    /// Whether none of `names` is there, not even mistyped.
    fn lacks(&self, names: &[&str]) -> bool {
        !names.iter().any(|name| self.has(name) || self.unknown.iter().any(|key| resembles(key, name)))
    }
}

/// Whether a value is empty, or has an empty one in it.
fn holds_nothing(node: &Node) -> bool {
    match &node.value {
        Value::Array(items) => items.is_empty() || items.iter().any(holds_nothing),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::String(text) => Some(text.clone()),
        _ => None,
    }
}

/// A text, or a number or boolean as its text.
fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Value::Number(text) => Some(text.clone()),
        Value::Bool(value) => Some(value.to_string()),
        _ => text_of(node),
    }
}

fn wrong_type(expected: &'static str, node: &Node) -> PolicyErrorKind {
    PolicyErrorKind::WrongType { expected, found: node.value.type_name() }
}
