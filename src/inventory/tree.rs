//! YAML and JSON as one tree that remembers where everything stood. Pure.
//!
//! JSON is YAML, so one reader makes both trees; that a text is JSON is checked by a reader of JSON before. Numbers stay as
//! they were written, so that an account id keeps its zeros.

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::mistakes::{At, Mistakes, shown};

/// How many values a file may have: enough for the tags of fifty thousand accounts, and few enough to be held.
const MOST_NODES: usize = 4_000_000;

/// How many levels a value that is referred to may have.
const DEEPEST: usize = 64;

/// A value, and where it begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) at: At,
    pub(super) value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing, `null` or `~`.
    Null,
    /// Text, a number or a truth value, as it was written.
    Text(String),
    List(Vec<Node>),
    /// The members in written order. Merge keys (`<<`) are resolved.
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    pub(super) at: At,
    pub(super) name: String,
}

impl Node {
    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        let Value::Map(members) = &self.value else { return None };
        members.iter().find(|(known, _)| known.name == key).map(|(_, node)| node)
    }

    /// What it is, with its article.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "nothing",
            Value::Text(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        }
    }
}

/// The documents of a YAML text.
///
/// # Errors
/// The first thing that is no YAML, with its place; and every key that is there twice.
pub(super) fn yaml(text: &str) -> Result<Vec<Node>, Mistakes> {
    let mut builder = Builder::default();
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| {
            let at = At { line: error.marker().line() as u64, column: error.marker().col() + 1 };
            Mistakes::one(at, format!("not YAML from here on: {}", error.info()))
        })?;
        builder.take(event, &span)?;
    }
    builder.finish()
}

/// The documents of a JSON text: one, or several behind each other, as a paged command prints them.
///
/// # Errors
/// The first thing that is no JSON, with its place; and every key that is there twice.
pub(super) fn json(text: &str) -> Result<Vec<Node>, Mistakes> {
    let mut builder = Builder::default();
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<serde::de::IgnoredAny>();
    let (mut begin, mut at) = (0, At { line: 1, column: 1 });
    while let Some(document) = stream.next() {
        if let Err(error) = document {
            let what = error.to_string();
            let what = what.rsplit_once(" at line ").map_or(what.as_str(), |(what, _)| what);
            let at = At { line: error.line().max(1) as u64, column: error.column().max(1) };
            return Err(Mistakes::one(at, format!("not JSON from here on: {what}")));
        }
        let end = stream.byte_offset();
        let piece = text.get(begin..end).unwrap_or_default();
        let document = piece.trim_start();
        at = at.after(piece.get(..piece.len() - document.len()).unwrap_or_default());
        builder.begins = at;
        for next in Parser::new_from_str(document) {
            let (event, span) =
                next.map_err(|error| Mistakes::one(at, format!("cannot read this JSON: {}", error.info())))?;
            builder.take(event, &span)?;
        }
        at = at.after(document);
        begin = end;
    }
    builder.finish()
}

/// A value that others may refer to.
struct Anchored {
    node: Node,
    nodes: usize,
    depth: usize,
}

/// A list or map that is not at its end.
struct Open {
    at: At,
    anchor: usize,
    /// The nodes that were there before it.
    before: usize,
    /// How many levels it has below itself so far.
    depth: usize,
    held: Held,
}

enum Held {
    List(Vec<Node>),
    Map(Vec<(Key, Node)>, Option<Key>),
}

struct Builder {
    /// Where the text begins that the parser's places are counted in.
    begins: At,
    documents: Vec<Node>,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    nodes: usize,
    mistakes: Mistakes,
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            begins: At { line: 1, column: 1 },
            documents: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            nodes: 0,
            mistakes: Mistakes::default(),
        }
    }
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Mistakes> {
        let at = self.place(span);
        match event {
            Event::Scalar(text, style, anchor, _) => {
                let null = style == ScalarStyle::Plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL");
                let value = if null { Value::Null } else { Value::Text(text.into_owned()) };
                self.add(Node { at, value }, anchor, self.nodes, 0)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(at, anchor, Held::List(Vec::new())),
            Event::MappingStart(_, anchor, _) => self.begin(at, anchor, Held::Map(Vec::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(Open { at, anchor, before, depth, held }) = self.open.pop() else { return Ok(()) };
                let value = match held {
                    Held::List(items) => Value::List(items),
                    Held::Map(members, _) => Value::Map(merged(members)),
                };
                self.add(Node { at, value }, anchor, before, depth + 1)
            }
            Event::Alias(anchor) => {
                let Some(Anchored { node, nodes, depth }) = self.anchors.get(&anchor) else {
                    return Err(Mistakes::one(at, "it refers to a value that is not at its end yet"));
                };
                if self.nodes + nodes > MOST_NODES || *depth > DEEPEST {
                    return Err(Mistakes::one(at, "it refers to more than an inventory may hold"));
                }
                let (node, before, depth) = (Node { at, value: node.value.clone() }, self.nodes, *depth);
                self.nodes += nodes;
                self.add(node, 0, before, depth)
            }
            Event::DocumentStart(..) => {
                self.anchors.clear();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn place(&self, span: &Span) -> At {
        let (line, column) = (span.start.line() as u64, span.start.col() + 1);
        let behind = if line == 1 { self.begins.column - 1 } else { 0 };
        At { line: self.begins.line + line - 1, column: column + behind }
    }

    fn begin(&mut self, at: At, anchor: usize, held: Held) -> Result<(), Mistakes> {
        self.open.push(Open { at, anchor, before: self.nodes, depth: 0, held });
        Ok(())
    }

    /// Puts a value that is at its end where it belongs. `before` is how many there were before it.
    fn add(&mut self, node: Node, anchor: usize, before: usize, depth: usize) -> Result<(), Mistakes> {
        self.nodes += 1;
        if self.nodes > MOST_NODES {
            return Err(Mistakes::one(node.at, format!("more than {MOST_NODES} values: this is no list of accounts")));
        }
        if anchor != 0 {
            self.anchors.insert(anchor, Anchored { node: node.clone(), nodes: self.nodes - before, depth });
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return Ok(());
        };
        open.depth = open.depth.max(depth);
        match &mut open.held {
            Held::List(items) => items.push(node),
            Held::Map(members, key) => match key.take() {
                Some(Key { name, .. }) if name != "<<" && members.iter().any(|(known, _)| known.name == name) => {
                    self.mistakes.add(node.at, format!("the key `{}` is there twice", shown(&name)));
                }
                Some(key) => members.push((key, node)),
                None => {
                    let name = match node.value {
                        Value::Text(name) => name,
                        Value::Null => "null".to_owned(),
                        Value::List(_) | Value::Map(_) => {
                            self.mistakes.add(node.at, "a key must be a text");
                            String::new()
                        }
                    };
                    *key = Some(Key { at: node.at, name });
                }
            },
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<Node>, Mistakes> {
        if self.mistakes.is_empty() { Ok(self.documents) } else { Err(self.mistakes) }
    }
}

/// The members of a map with those of its merge keys, which do not go over its own.
fn merged(members: Vec<(Key, Node)>) -> Vec<(Key, Node)> {
    let (merge, mut own): (Vec<_>, Vec<_>) = members.into_iter().partition(|(key, _)| key.name == "<<");
    let sources = merge.into_iter().flat_map(|(_, node)| match node.value {
        Value::List(items) => items,
        value => vec![Node { at: node.at, value }],
    });
    for source in sources {
        let Value::Map(more) = source.value else { continue };
        for (key, node) in more {
            if !own.iter().any(|(known, _)| known.name == key.name) {
                own.push((key, node));
            }
        }
    }
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u64, column: usize) -> At {
        At { line, column }
    }

    #[test]
    fn places_and_digits_are_those_of_the_file() {
        let docs = yaml("# mine\naccounts:\n- account_id: 012345678901\n  name: 'a: b'\n  none: ~\n").unwrap();
        let Value::List(items) = &docs[0].get("accounts").unwrap().value else { panic!() };
        let id = items[0].get("account_id").unwrap();
        assert_eq!((id.at, &id.value), (at(3, 15), &Value::Text("012345678901".to_owned())));
        assert_eq!(items[0].get("name").unwrap().value, Value::Text("a: b".to_owned()));
        assert_eq!(items[0].get("none").unwrap().value, Value::Null);
        assert!(yaml("a: [1\nb: 2\n").unwrap_err().lines("f").starts_with("f:2:"));
        assert_eq!(yaml("a: 1\na: 2\n").unwrap_err().lines("f"), "f:2:4: the key `a` is there twice");
    }

    #[test]
    fn json_documents_behind_each_other_keep_their_places() {
        let text = "{\n\t\"a\": [1, \"\\ud834\\udd1e\\/\\u0041\"]}\n {\"b\":null} {\"c\" : 007}";
        let said = json(text).unwrap_err().lines("f");
        assert!(said.starts_with("f:3:") && said.contains("not JSON from here on: "), "{said}");
        let docs = json(&text.replace("007", "\"007\"")).unwrap();
        let Value::List(items) = &docs[0].get("a").unwrap().value else { panic!() };
        assert_eq!(items[1].value, Value::Text("𝄞/A".to_owned()));
        assert_eq!((items[0].at, docs[1].at), (at(2, 8), at(3, 2)));
        assert_eq!(docs[2].get("c").unwrap().at, at(3, 20));
        assert_eq!(json("{\"a\": 1, \"a\": 2}").unwrap_err().lines("f"), "f:1:15: the key `a` is there twice");
        for wrong in ["{", "[1,]", "{'a': 1}", "[1] x", "nul"] {
            assert!(json(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn references_are_resolved_and_bounded() {
        let text = "d: &d {role: R, name: n}\naccounts:\n- <<: *d\n  name: own\n";
        let docs = yaml(text).unwrap();
        let Value::List(items) = &docs[0].get("accounts").unwrap().value else { panic!() };
        assert_eq!(items[0].get("role").unwrap().value, Value::Text("R".to_owned()));
        assert_eq!(items[0].get("name").unwrap().value, Value::Text("own".to_owned()));

        let laughs: String =
            (1..12).map(|n| format!("a{n}: &a{n} [{}]\n", vec![format!("*a{}", n - 1); 10].join(","))).collect();
        let said = yaml(&format!("a0: &a0 x\n{laughs}")).unwrap_err().lines("f");
        assert!(said.contains("more than an inventory may hold"), "{said}");
        let chain: String = (1..5_000).map(|n| format!("a{n}: &a{n} [*a{}]\n", n - 1)).collect();
        assert!(yaml(&format!("a0: &a0 x\n{chain}")).is_err());
        assert!(yaml("a: &a [*a]\n").is_err());
        assert!(yaml(&"[".repeat(100_000)).is_err() && json(&"[".repeat(100_000)).is_err());
    }
}
