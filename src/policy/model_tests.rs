//! Policies as plain sets of facts, invented at random, and every way to write them down.
//!
//! Knows nothing of the canonical form: two models are equal when their facts are, so that the tests have a second
//! opinion.

use std::collections::{BTreeMap, BTreeSet};

use fastrand::Rng;
use proptest::collection::{btree_map, btree_set};
use proptest::prelude::*;
use proptest::sample::select;

use super::PolicyKind;

/// What a policy says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) version_2012: bool,
    pub(super) id: Option<&'static str>,
    pub(super) statements: BTreeSet<Fact>,
}

/// What one statement says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fact {
    pub(super) deny: bool,
    pub(super) sid: Option<&'static str>,
    /// Whether it is all but these.
    pub(super) not_action: bool,
    pub(super) actions: BTreeSet<&'static str>,
    /// Whether it is all but these.
    pub(super) not_subject: bool,
    /// Resources of the type `Resource`, or principals by type.
    pub(super) subjects: BTreeSet<(&'static str, &'static str)>,
    pub(super) conditions: BTreeMap<(&'static str, &'static str), BTreeSet<&'static str>>,
}

pub(super) const ACTIONS: &[&str] =
    &["s3:getobject", "s3:putobject", "s3:*", "iam:passrole", "sts:assumerole", "*", "x:é", "a \"b\""];
const RESOURCES: &[(&str, &str)] = &[
    ("Resource", "*"),
    ("Resource", "arn:aws:s3:::b/*"),
    ("Resource", "arn:aws:s3:::B/*"),
    ("Resource", "123456789012"),
    ("Resource", "é🦀\u{1}\t\"\\/%20+"),
];
const PRINCIPALS: &[(&str, &str)] = &[
    ("AWS", "*"),
    ("AWS", "arn:aws:iam::123456789012:root"),
    ("AWS", "arn:aws:iam::000000000012:root"),
    ("AWS", "arn:aws-cn:iam::123456789012:root"),
    ("AWS", "arn:aws:iam::123456789012:role/r"),
    ("AWS", "AROAEXAMPLE"),
    ("Service", "ec2.amazonaws.com"),
    ("Service", "*"),
    ("Federated", "123456789012"),
    ("Federated", "arn:aws:iam::123456789012:root"),
    ("CanonicalUser", "79a5"),
];
const OPERATORS: &[&str] = &["StringEquals", "StringLike", "stringequals", "Bool", "ForAnyValue:StringEquals"];
const KEYS: &[&str] = &["aws:foo", "sts:externalid", "k"];
pub(super) const VALUES: &[&str] =
    &["true", "True", "10", "010", "1e400", "-0.5", "abc", "", "${aws:username}", "\u{85}"];
pub(super) const NAMES: &[Option<&str>] = &[None, Some("A"), Some("a"), Some("B\u{1b}[0m")];

/// What the subjects of a kind of policy may be.
pub(super) fn subjects(kind: PolicyKind) -> &'static [(&'static str, &'static str)] {
    match kind {
        PolicyKind::Trust => PRINCIPALS,
        PolicyKind::Identity => RESOURCES,
    }
}

pub(super) fn any_kind() -> impl Strategy<Value = PolicyKind> {
    prop_oneof![Just(PolicyKind::Trust), Just(PolicyKind::Identity)]
}

pub(super) fn any_model(kind: PolicyKind) -> impl Strategy<Value = Model> {
    (any::<bool>(), select(NAMES), btree_set(any_fact(kind), 1..4)).prop_map(|(version_2012, id, statements)| Model {
        version_2012,
        id,
        statements,
    })
}

pub(super) fn any_fact(kind: PolicyKind) -> impl Strategy<Value = Fact> {
    (
        (any::<bool>(), select(NAMES), any::<bool>(), any::<bool>()),
        btree_set(select(ACTIONS), 1..4),
        btree_set(select(subjects(kind)), 1..4),
        btree_map((select(OPERATORS), select(KEYS)), btree_set(select(VALUES), 1..4), 0..3),
    )
        .prop_map(|((deny, sid, not_action, not_subject), actions, subjects, conditions)| Fact {
            deny,
            sid,
            not_action,
            actions,
            not_subject,
            subjects,
            conditions,
        })
}

/// One change to what a policy says. It may be one that changes nothing, such as adding what is there.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change {
    Version,
    Id,
    DropStatement,
    SplitStatement,
    Effect,
    Sid,
    NotAction,
    NotSubject,
    Action,
    Subject,
    Operator,
    Key,
    Value,
    DropCondition,
}

pub(super) fn any_change() -> impl Strategy<Value = Change> {
    use Change::*;
    select(&[
        Version,
        Id,
        DropStatement,
        SplitStatement,
        Effect,
        Sid,
        NotAction,
        NotSubject,
        Action,
        Subject,
        Operator,
        Key,
        Value,
        DropCondition,
    ])
}

impl Model {
    /// The same without what is there for people only.
    pub(super) fn nameless(&self) -> Self {
        let statements = self.statements.iter().cloned().map(|fact| Fact { sid: None, ..fact }).collect();
        Self { id: None, statements, ..self.clone() }
    }

    pub(super) fn changed(&self, kind: PolicyKind, change: Change, seed: u64) -> Self {
        let mut rng = Rng::with_seed(seed);
        let mut model = self.clone();
        let mut fact = rng.choice(&self.statements).unwrap().clone();
        model.statements.remove(&fact);
        let condition = rng.choice(&fact.conditions).map(|(place, values)| (*place, values.clone()));
        match (change, condition) {
            (Change::Version, _) => model.version_2012 = !model.version_2012,
            (Change::Id, _) => model.id = *rng.choice(NAMES).unwrap(),
            (Change::DropStatement, _) if !model.statements.is_empty() => return model,
            (Change::SplitStatement, _) if fact.actions.len() > 1 => {
                let first = fact.actions.pop_first().unwrap();
                model.statements.insert(Fact { actions: [first].into(), ..fact.clone() });
            }
            (Change::Effect, _) => fact.deny = !fact.deny,
            (Change::Sid, _) => fact.sid = *rng.choice(NAMES).unwrap(),
            (Change::NotAction, _) => fact.not_action = !fact.not_action,
            (Change::NotSubject, _) => fact.not_subject = !fact.not_subject,
            (Change::Action, _) => toggle(&mut fact.actions, rng.choice(ACTIONS).unwrap()),
            (Change::Subject, _) => toggle(&mut fact.subjects, rng.choice(subjects(kind)).unwrap()),
            (_, Some(((operator, key), mut values))) => {
                fact.conditions.remove(&(operator, key));
                let place = match change {
                    Change::Operator => (*rng.choice(OPERATORS).unwrap(), key),
                    Change::Key => (operator, *rng.choice(KEYS).unwrap()),
                    _ => (operator, key),
                };
                if matches!(change, Change::Value) {
                    toggle(&mut values, rng.choice(VALUES).unwrap());
                }
                if !matches!(change, Change::DropCondition) {
                    fact.conditions.insert(place, values);
                }
            }
            _ => {}
        }
        model.statements.insert(fact);
        model
    }

    /// The policy as JSON text, in any way that means it: `strict` as it may be sent, otherwise as it may be read.
    pub(super) fn written(&self, strict: bool, seed: u64) -> String {
        let mut pen = Pen { rng: Rng::with_seed(seed), strict };
        let mut statements: Vec<String> = self.statements.iter().map(|fact| pen.fact(fact)).collect();
        for fact in &self.statements {
            if pen.sometimes() {
                statements.push(pen.fact(fact));
            }
        }
        let mut members = vec![("Statement", pen.list(statements))];
        match self.version_2012 {
            true => members.push(("Version", pen.text("2012-10-17"))),
            false if pen.sometimes() => members.push(("Version", pen.text("2008-10-17"))),
            false => {}
        }
        members.extend(pen.name("Id", self.id));
        let document = pen.object(members);
        let before = *pen.rng.choice(&["", "\u{feff}", " ", "\r\n"]).unwrap();
        match !strict && pen.sometimes() {
            true => format!("{before}[{document}]\n"),
            false => format!("{before}{document}"),
        }
    }
}

/// Adds what is not there and drops what is there, down to one.
fn toggle<T: Ord + Copy>(set: &mut BTreeSet<T>, value: &T) {
    if !set.insert(*value) && set.len() > 1 {
        set.remove(value);
    }
}

/// Writes facts down, each time in another way.
struct Pen {
    rng: Rng,
    strict: bool,
}

impl Pen {
    fn sometimes(&mut self) -> bool {
        self.rng.u8(..4) == 0
    }

    fn fact(&mut self, fact: &Fact) -> String {
        let effect = if fact.deny { "Deny" } else { "Allow" };
        let effect = if self.strict { effect.to_owned() } else { self.any_case(effect) };
        let actions = fact.actions.iter().map(|action| self.any_case(action)).collect();
        let mut members =
            vec![("Effect", self.text(&effect)), (not("Action", "NotAction", fact.not_action), self.texts(actions))];
        members.extend(self.name("Sid", fact.sid));
        members.push(self.subjects(fact));
        let conditions = self.conditions(fact);
        if !fact.conditions.is_empty() || self.sometimes() {
            members.push(("Condition", conditions));
        }
        if !self.strict && self.sometimes() && members.iter().all(|(name, _)| !name.ends_with("Principal")) {
            members.push((*self.rng.choice(&["Principal", "NotPrincipal"]).unwrap(), "{}".to_owned()));
        }
        self.object(members)
    }

    fn subjects(&mut self, fact: &Fact) -> (&'static str, String) {
        let mut types: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
        for (of, name) in &fact.subjects {
            let root = name.strip_prefix("arn:aws:iam::").and_then(|rest| rest.strip_suffix(":root"));
            let name = root.filter(|_| *of == "AWS" && self.sometimes()).unwrap_or(name);
            types.entry(of).or_default().push(name.to_owned());
        }
        if let Some(resources) = types.remove("Resource") {
            return (not("Resource", "NotResource", fact.not_subject), self.texts(resources));
        }
        let element = not("Principal", "NotPrincipal", fact.not_subject);
        if fact.subjects == [("AWS", "*")].into() && self.sometimes() {
            return (element, self.text("*"));
        }
        let mut members: Vec<_> = types.into_iter().map(|(of, names)| (of, self.texts(names))).collect();
        if !self.strict && members.iter().all(|(of, _)| *of != "Federated") && self.sometimes() {
            members.push(("Federated", "[]".to_owned()));
        }
        (element, self.object(members))
    }

    fn conditions(&mut self, fact: &Fact) -> String {
        let mut operators: BTreeMap<&str, Vec<(String, String)>> = BTreeMap::new();
        if self.sometimes() {
            operators.insert("Null", Vec::new());
        }
        for ((operator, key), values) in &fact.conditions {
            let values = values.iter().map(|value| self.scalar(value)).collect();
            let member = (self.any_case(key), self.list(values));
            operators.entry(operator).or_default().push(member);
        }
        let operators =
            operators.into_iter().map(|(operator, keys)| (operator.to_owned(), self.members(keys))).collect();
        self.members(operators)
    }

    fn name(&mut self, element: &'static str, name: Option<&str>) -> Option<(&'static str, String)> {
        match name {
            Some(name) => Some((element, self.text(name))),
            None => self.sometimes().then(|| (element, "\"\"".to_owned())),
        }
    }

    fn scalar(&mut self, value: &str) -> String {
        let bare = ["true", "10", "1e400", "-0.5"].contains(&value);
        if bare && self.sometimes() { value.to_owned() } else { self.text(value) }
    }

    fn texts(&mut self, values: Vec<String>) -> String {
        let texts = values.iter().map(|value| self.text(value)).collect();
        self.list(texts)
    }

    /// A list in any order, with some of it twice, or its only value alone.
    fn list(&mut self, mut values: Vec<String>) -> String {
        if values.len() == 1 && self.sometimes() {
            return values.concat();
        }
        let again: Vec<String> = values.iter().filter(|_| self.rng.u8(..8) == 0).cloned().collect();
        values.extend(again);
        self.rng.shuffle(&mut values);
        let joint = format!("{},{}", self.blank(), self.blank());
        format!("[{}{}{}]", self.blank(), values.join(&joint), self.blank())
    }

    /// An object with IAM's names as its keys, which are read in any case.
    fn object(&mut self, members: Vec<(&'static str, String)>) -> String {
        let named = members.into_iter().map(|(name, value)| match !self.strict && self.sometimes() {
            true => (self.any_case(name), value),
            false => (name.to_owned(), value),
        });
        let named = named.collect();
        self.members(named)
    }

    fn members(&mut self, mut members: Vec<(String, String)>) -> String {
        self.rng.shuffle(&mut members);
        let members: Vec<String> = members
            .iter()
            .map(|(key, value)| format!("{}{}:{}{value}", self.text(key), self.blank(), self.blank()))
            .collect();
        format!("{{{}{}{}}}", self.blank(), members.join(","), self.blank())
    }

    fn blank(&mut self) -> &'static str {
        self.rng.choice(["", "", "", " ", "\n", "\t", "\r\n  "]).unwrap()
    }

    fn any_case(&mut self, text: &str) -> String {
        text.chars().map(|c| if self.rng.bool() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }).collect()
    }

    /// A JSON string, with escapes where they must be and where they may be.
    fn text(&mut self, text: &str) -> String {
        let mut written = String::from("\"");
        for c in text.chars() {
            if c < ' ' || c == '"' || c == '\\' || self.rng.u8(..16) == 0 {
                let mut halves = [0; 2];
                for half in c.encode_utf16(&mut halves) {
                    written += &format!("\\u{half:04x}");
                }
            } else {
                written.push(c);
            }
        }
        written + "\""
    }
}

fn not(element: &'static str, opposite: &'static str, opposed: bool) -> &'static str {
    if opposed { opposite } else { element }
}
