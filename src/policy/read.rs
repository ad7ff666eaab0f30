//! From JSON text to the canonical form, with every mistake on the way.

use std::collections::{BTreeMap, BTreeSet};

use super::canonical::{CanonicalPolicy, PolicyKind, Statement};
use super::error::{Path, PolicyError, PolicyErrorKind, Position};
use super::json::{self, Member, Node, Value};
use super::word::Word;
use crate::ids::{AccountId, Partition};

/// Whose text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Strictness {
    /// Somebody's who will send it to IAM.
    Sent,
    /// IAM's.
    Held,
}

/// One mistake at least.
#[derive(Debug)]
pub(super) struct Mistakes {
    pub(super) first: PolicyError,
    more: Vec<PolicyError>,
}

impl Mistakes {
    pub(super) fn all(self) -> Vec<PolicyError> {
        std::iter::once(self.first).chain(self.more).collect()
    }
}

const POLICY: &[&str] = &["Version", "Id", "Statement"];
const STATEMENT: &[&str] =
    &["Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"];
const PRINCIPAL: &[&str] = &["AWS", "Service", "Federated", "CanonicalUser"];

/// Reads a document.
pub(super) fn policy(
    strictness: Strictness,
    kind: PolicyKind,
    text: &str,
    partition: &Partition,
) -> Result<CanonicalPolicy, Box<Mistakes>> {
    let mut reader = Reader { strictness, kind, partition, mistakes: Vec::new() };
    let policy = match json::parse(text) {
        Ok(node) => reader.document(node),
        Err(error) => return Err(Box::new(Mistakes { first: error, more: Vec::new() })),
    };
    let mut mistakes = reader.mistakes.into_iter();
    match mistakes.next() {
        None => Ok(policy),
        Some(first) => Err(Box::new(Mistakes { first, more: mistakes.collect() })),
    }
}

/// Reads on after a mistake, with what can be read.
struct Reader<'a> {
    strictness: Strictness,
    kind: PolicyKind,
    partition: &'a Partition,
    mistakes: Vec<PolicyError>,
}

impl Reader<'_> {
    fn mistake(&mut self, kind: PolicyErrorKind, path: &Path<'_>, at: Position) {
        self.mistakes.push(PolicyError::new(kind, path, at));
    }

    fn document(&mut self, node: Option<Node>) -> CanonicalPolicy {
        let mut policy = CanonicalPolicy { version: "2008-10-17".to_owned(), id: None, statements: BTreeSet::new() };
        let missing = |reader: &mut Self| {
            if reader.strictness == Strictness::Sent {
                reader.mistake(PolicyErrorKind::MissingElement { element: "Statement" }, &Path::Root, Position::START);
            }
        };
        let Some(mut node) = node else {
            missing(self);
            return policy;
        };
        // IAM takes a list of one document for the document.
        if let Value::Array(items) = &mut node.value
            && items.len() == 1
            && let Some(only) = items.pop()
        {
            node = only;
        }
        let before = self.mistakes.len();
        let mut found_statement = false;
        for (element, member) in self.elements(&node, POLICY, "policy", &Path::Root) {
            let path = Path::Key(&Path::Root, element);
            match element {
                "Version" => {
                    if let Some(version) = self.text(&member.node, &path) {
                        if version != "2008-10-17" && version != "2012-10-17" {
                            let expected = "`2012-10-17` or `2008-10-17`";
                            self.wrong_value(&member.node, &path, version.clone(), expected);
                        }
                        policy.version = version;
                    }
                }
                "Id" => policy.id = self.text(&member.node, &path).filter(|id| !id.is_empty()),
                _ => {
                    found_statement = true;
                    match &member.node.value {
                        Value::Array(items) => {
                            for (index, item) in items.iter().enumerate() {
                                policy.statements.insert(self.statement(item, &Path::Index(&path, index)));
                            }
                        }
                        _ => {
                            policy.statements.insert(self.statement(&member.node, &path));
                        }
                    }
                }
            }
        }
        // What is no object, or has a misspelt element, is wrong for that alone.
        if !found_statement && self.mistakes.len() == before {
            missing(self);
        }
        policy
    }

    fn statement(&mut self, node: &Node, path: &Path<'_>) -> Statement {
        let mut statement = Statement::default();
        let mut places: BTreeMap<&str, Position> = BTreeMap::new();
        let before = self.mistakes.len();
        for (element, member) in self.elements(node, STATEMENT, "statement", path) {
            let path = Path::Key(path, element);
            places.insert(element, member.key_at);
            match element {
                "Sid" => statement.sid = self.text(&member.node, &path).filter(|sid| !sid.is_empty()),
                "Effect" => statement.effect = self.effect(&member.node, &path),
                "Action" | "NotAction" => {
                    statement.sets.insert(element, self.words(&member.node, &path, Word::any_case));
                }
                "Resource" | "NotResource" => {
                    statement.sets.insert(element, self.words(&member.node, &path, Word::exact));
                }
                "Condition" => statement.conditions = self.conditions(&member.node, &path),
                _ => {
                    let principals = self.principals(&member.node, &path);
                    if !principals.is_empty() {
                        statement.principals.insert(element, principals);
                    }
                }
            }
        }
        let misspelt = self.mistakes.len() > before && places.is_empty();
        if !misspelt {
            self.check(&statement, &places, node, path);
        }
        statement
    }

    /// What a statement of this kind must have, and what it must not.
    fn check(&mut self, statement: &Statement, places: &BTreeMap<&str, Position>, node: &Node, path: &Path<'_>) {
        let has = |element: &str| places.contains_key(element);
        let opposites = [("Action", "NotAction"), ("Resource", "NotResource"), ("Principal", "NotPrincipal")];
        for (element, opposite) in opposites {
            if has(element) && has(opposite) {
                self.mistake(PolicyErrorKind::BothGiven { element, opposite }, path, node.at);
            }
        }
        let (subject, object) = match self.kind {
            PolicyKind::Trust => ("Principal", ["Resource", "NotResource"]),
            PolicyKind::Identity => ("Resource", ["Principal", "NotPrincipal"]),
        };
        let has_subject = match self.kind {
            PolicyKind::Trust => !statement.principals.is_empty(),
            PolicyKind::Identity => has("Resource") || has("NotResource"),
        };
        let must = [("Effect", has("Effect")), ("Action", has("Action") || has("NotAction")), (subject, has_subject)];
        for (element, _) in must.into_iter().filter(|(_, is_there)| !is_there) {
            self.mistake(PolicyErrorKind::MissingElement { element }, path, node.at);
        }
        for name in object {
            // An empty `Principal` is none.
            let counts = self.kind == PolicyKind::Trust || statement.principals.contains_key(name);
            if let Some(at) = places.get(name).filter(|_| counts) {
                let of = "statement of this kind";
                let kind = PolicyErrorKind::UnknownElement { name: name.to_owned(), of, known: &[] };
                self.mistake(kind, &Path::Key(path, name), *at);
            }
        }
    }

    fn effect(&mut self, node: &Node, path: &Path<'_>) -> String {
        let Some(effect) = self.text(node, path) else { return String::new() };
        let held = self.strictness == Strictness::Held;
        let same = |known: &&str| effect == *known || (held && effect.eq_ignore_ascii_case(known));
        if let Some(known) = ["Allow", "Deny"].into_iter().find(|known| same(known)) {
            return known.to_owned();
        }
        self.wrong_value(node, path, effect.clone(), "`Allow` or `Deny`");
        effect
    }

    /// The members of an object by their known names; IAM reads the names without regard to case.
    fn elements<'n>(
        &mut self,
        node: &'n Node,
        known: &'static [&'static str],
        of: &'static str,
        path: &Path<'_>,
    ) -> Vec<(&'static str, &'n Member)> {
        let mut found: Vec<(&'static str, &Member)> = Vec::new();
        for member in self.object(node, path) {
            let here = Path::Key(path, &member.key);
            let Some(element) = known.iter().copied().find(|name| name.eq_ignore_ascii_case(&member.key)) else {
                let kind = PolicyErrorKind::UnknownElement { name: member.key.clone(), of, known };
                self.mistake(kind, &here, member.key_at);
                continue;
            };
            if found.iter().any(|(name, _)| *name == element) {
                self.mistake(PolicyErrorKind::DuplicateKey { key: member.key.clone() }, &here, member.key_at);
                continue;
            }
            found.push((element, member));
        }
        found
    }

    fn principals(&mut self, node: &Node, path: &Path<'_>) -> BTreeMap<String, BTreeSet<Word>> {
        if let Value::String(text) = &node.value {
            if text != "*" {
                self.wrong_value(node, path, text.clone(), "`*` or an object such as `{\"Service\": …}`");
            }
            return [("AWS".to_owned(), [Word::exact(text.clone())].into())].into();
        }
        let mut principals = BTreeMap::new();
        for (element, member) in self.elements(node, PRINCIPAL, "principal", path) {
            let partition = self.partition;
            let word = |name: String| match name.parse::<AccountId>() {
                Ok(account) if element == "AWS" => Word::exact(format!("arn:{partition}:iam::{account}:root")),
                _ => Word::exact(name),
            };
            let names = self.words(&member.node, &Path::Key(path, element), word);
            if !names.is_empty() {
                principals.insert(element.to_owned(), names);
            }
        }
        principals
    }

    fn conditions(&mut self, node: &Node, path: &Path<'_>) -> BTreeMap<String, BTreeMap<Word, BTreeSet<Word>>> {
        let mut operators: BTreeMap<String, BTreeMap<Word, BTreeSet<Word>>> = BTreeMap::new();
        for operator in self.object(node, path) {
            let path = Path::Key(path, &operator.key);
            for member in self.object(&operator.node, &path) {
                let values = self.words_of(&member.node, &Path::Key(&path, &member.key), Self::scalar);
                let values = values.into_iter().map(Word::exact).collect();
                let keys = operators.entry(operator.key.clone()).or_default();
                if keys.insert(Word::any_case(member.key.clone()), values).is_some() {
                    let kind = PolicyErrorKind::DuplicateKey { key: member.key.clone() };
                    self.mistake(kind, &path, member.key_at);
                }
            }
        }
        operators
    }

    fn object<'n>(&mut self, node: &'n Node, path: &Path<'_>) -> &'n [Member] {
        match &node.value {
            Value::Object(members) => members,
            _ => {
                self.wrong_type(node, path, "an object");
                &[]
            }
        }
    }

    /// A lone text or a list of texts, as a set.
    fn words(&mut self, node: &Node, path: &Path<'_>, word: impl Fn(String) -> Word) -> BTreeSet<Word> {
        self.words_of(node, path, Self::text).into_iter().map(word).collect()
    }

    /// A lone value or a list, as what `read` makes of each.
    fn words_of(
        &mut self,
        node: &Node,
        path: &Path<'_>,
        read: fn(&mut Self, &Node, &Path<'_>) -> Option<String>,
    ) -> Vec<String> {
        match &node.value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| read(self, item, &Path::Index(path, index)))
                .collect(),
            _ => read(self, node, path).into_iter().collect(),
        }
    }

    /// A text, or a number or boolean as its text.
    fn scalar(&mut self, node: &Node, path: &Path<'_>) -> Option<String> {
        match &node.value {
            Value::String(text) | Value::Number(text) => Some(text.clone()),
            Value::Bool(value) => Some(value.to_string()),
            _ => {
                self.wrong_type(node, path, "a text or a list of texts");
                None
            }
        }
    }

    fn text(&mut self, node: &Node, path: &Path<'_>) -> Option<String> {
        match &node.value {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong_type(node, path, "a text");
                None
            }
        }
    }

    fn wrong_type(&mut self, node: &Node, path: &Path<'_>, expected: &'static str) {
        self.mistake(PolicyErrorKind::WrongType { expected, found: node.value.type_name() }, path, node.at);
    }

    fn wrong_value(&mut self, node: &Node, path: &Path<'_>, value: String, expected: &'static str) {
        self.mistake(PolicyErrorKind::WrongValue { value, expected }, path, node.at);
    }
}
