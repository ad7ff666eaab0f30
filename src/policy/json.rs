//! JSON text as a tree that remembers where everything stood.
//!
//! Own reader because policies need three things of it that a general one does not give together: the line and column
//! of each value, members in written order, and an error for a key that is there twice (others silently keep the
//! last, and an `Effect` that is there twice must not be guessed). Knows nothing of policies.

use std::collections::HashSet;
use std::iter::Peekable;
use std::str::Chars;

use super::error::{Path, PolicyError, PolicyErrorKind, Position};

/// Levels of nesting that are read. A policy has at most seven; the bound keeps the reader off the stack's end.
pub(super) const MAX_DEPTH: usize = 32;

/// A value, and where its first character stood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    /// Where its first character stands.
    pub at: Position,
    /// The value.
    pub value: Value,
}

/// A JSON value. Numbers stay as they were written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string, its escapes resolved.
    String(String),
    /// A list.
    Array(Vec<Node>),
    /// An object, its members in written order.
    Object(Vec<Member>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The key, its escapes resolved.
    pub key: String,
    /// Where the key's first quotation mark stands.
    pub key_at: Position,
    /// The value.
    pub node: Node,
}

impl Value {
    /// What the value is, with its article, for messages.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Reads one JSON value (RFC 8259) with blanks around it; nothing, and no mistake, if there are only blanks. A byte
/// order mark at the very beginning, which editors leave in files, is skipped. Reading goes on behind a key that is
/// there twice, with the first of the two, and ends at what is not JSON.
pub fn parse(text: &str, mistakes: &mut Vec<PolicyError>) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut reader = Reader { rest: text.chars().peekable(), at: Position::START, mistakes };
    reader.skip_blanks();
    reader.rest.peek()?;
    match reader.whole() {
        Ok(node) => Some(node),
        Err(error) => {
            mistakes.push(error);
            None
        }
    }
}

struct Reader<'a> {
    rest: Peekable<Chars<'a>>,
    at: Position,
    mistakes: &'a mut Vec<PolicyError>,
}

impl Reader<'_> {
    fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        self.at = self.at.after(c);
        Some(c)
    }

    fn next_if(&mut self, wanted: char) -> bool {
        let there = self.rest.peek() == Some(&wanted);
        if there {
            self.next();
        }
        there
    }

    fn skip_blanks(&mut self) {
        while matches!(self.rest.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.next();
        }
    }

    fn unexpected(&mut self, expected: &'static str, path: &Path<'_>) -> PolicyError {
        let found = match self.rest.peek() {
            None => "the end".to_owned(),
            Some(c) if c.is_control() || c.is_whitespace() => format!("`{}`", c.escape_default()),
            Some(c) => format!("`{c}`"),
        };
        PolicyError::new(PolicyErrorKind::Syntax { expected, found }, path, self.at)
    }

    fn whole(&mut self) -> Result<Node, PolicyError> {
        let node = self.value(&Path::Root, 0)?;
        self.skip_blanks();
        match self.rest.peek() {
            None => Ok(node),
            Some(_) => Err(self.unexpected("the end", &Path::Root)),
        }
    }

    fn value(&mut self, path: &Path<'_>, depth: usize) -> Result<Node, PolicyError> {
        let at = self.at;
        let value = match self.rest.peek() {
            Some('{' | '[') if depth == MAX_DEPTH => {
                return Err(PolicyError::new(PolicyErrorKind::TooDeep { limit: MAX_DEPTH }, path, at));
            }
            Some('{') => self.object(path, depth)?,
            Some('[') => self.array(path, depth)?,
            Some('"') => Value::String(self.string(path)?),
            Some('-' | '0'..='9') => Value::Number(self.number(path)?),
            Some('t') => self.word("true", Value::Bool(true), path)?,
            Some('f') => self.word("false", Value::Bool(false), path)?,
            Some('n') => self.word("null", Value::Null, path)?,
            _ => return Err(self.unexpected("a value", path)),
        };
        Ok(Node { at, value })
    }

    fn word(&mut self, word: &'static str, value: Value, path: &Path<'_>) -> Result<Value, PolicyError> {
        for c in word.chars() {
            if !self.next_if(c) {
                return Err(self.unexpected("a value", path));
            }
        }
        Ok(value)
    }

    fn array(&mut self, path: &Path<'_>, depth: usize) -> Result<Value, PolicyError> {
        let mut items = Vec::new();
        self.next();
        self.skip_blanks();
        if self.next_if(']') {
            return Ok(Value::Array(items));
        }
        loop {
            self.skip_blanks();
            items.push(self.value(&Path::Index(path, items.len()), depth + 1)?);
            self.skip_blanks();
            if self.next_if(']') {
                return Ok(Value::Array(items));
            }
            if !self.next_if(',') {
                return Err(self.unexpected("`,` or `]`", path));
            }
        }
    }

    fn object(&mut self, path: &Path<'_>, depth: usize) -> Result<Value, PolicyError> {
        let mut members = Vec::new();
        let mut keys = HashSet::new();
        self.next();
        self.skip_blanks();
        if self.next_if('}') {
            return Ok(Value::Object(members));
        }
        loop {
            self.skip_blanks();
            let key_at = self.at;
            if self.rest.peek() != Some(&'"') {
                return Err(self.unexpected("a key in double quotes", path));
            }
            let key = self.string(path)?;
            let here = Path::Key(path, &key);
            let first = keys.insert(key.clone());
            if !first {
                let kind = PolicyErrorKind::DuplicateKey { key: key.clone() };
                self.mistakes.push(PolicyError::new(kind, &here, key_at));
            }
            self.skip_blanks();
            if !self.next_if(':') {
                return Err(self.unexpected("`:`", &here));
            }
            self.skip_blanks();
            let node = self.value(&here, depth + 1)?;
            if first {
                members.push(Member { key, key_at, node });
            }
            self.skip_blanks();
            if self.next_if('}') {
                return Ok(Value::Object(members));
            }
            if !self.next_if(',') {
                return Err(self.unexpected("`,` or `}`", path));
            }
        }
    }

    fn number(&mut self, path: &Path<'_>) -> Result<String, PolicyError> {
        let mut written = String::new();
        self.take('-', &mut written);
        if !self.take('0', &mut written) {
            self.digits(&mut written, path)?;
        }
        if self.take('.', &mut written) {
            self.digits(&mut written, path)?;
        }
        if self.take('e', &mut written) || self.take('E', &mut written) {
            let _sign = self.take('+', &mut written) || self.take('-', &mut written);
            self.digits(&mut written, path)?;
        }
        Ok(written)
    }

    fn take(&mut self, wanted: char, written: &mut String) -> bool {
        let there = self.next_if(wanted);
        if there {
            written.push(wanted);
        }
        there
    }

    fn digits(&mut self, written: &mut String, path: &Path<'_>) -> Result<(), PolicyError> {
        let before = written.len();
        while let Some(&c) = self.rest.peek()
            && c.is_ascii_digit()
        {
            self.next();
            written.push(c);
        }
        if written.len() == before { Err(self.unexpected("a digit", path)) } else { Ok(()) }
    }

    fn string(&mut self, path: &Path<'_>) -> Result<String, PolicyError> {
        let mut text = String::new();
        self.next();
        loop {
            match self.rest.peek() {
                Some('"') => {
                    self.next();
                    return Ok(text);
                }
                Some('\\') => {
                    self.next();
                    text.push(self.escape(path)?);
                }
                Some(&c) if c >= ' ' => {
                    self.next();
                    text.push(c);
                }
                _ => return Err(self.unexpected("the rest of a string", path)),
            }
        }
    }

    /// What stands behind a backslash.
    fn escape(&mut self, path: &Path<'_>) -> Result<char, PolicyError> {
        let plain = match self.rest.peek() {
            Some(&c @ ('"' | '\\' | '/')) => c,
            Some('b') => '\u{8}',
            Some('f') => '\u{c}',
            Some('n') => '\n',
            Some('r') => '\r',
            Some('t') => '\t',
            Some('u') => {
                self.next();
                return self.unicode_escape(path);
            }
            _ => return Err(self.unexpected("one of `\"\\/bfnrtu`", path)),
        };
        self.next();
        Ok(plain)
    }

    /// What stands behind `\u`: a character, or the first half of a pair whose second half must follow.
    fn unicode_escape(&mut self, path: &Path<'_>) -> Result<char, PolicyError> {
        const SECOND_HALF: &str = "the second half of a surrogate pair";
        let first = self.four_hex_digits(path)?;
        let code = if (0xD800..0xDC00).contains(&first) {
            if !(self.next_if('\\') && self.next_if('u')) {
                return Err(self.unexpected(SECOND_HALF, path));
            }
            let second = self.four_hex_digits(path)?;
            if !(0xDC00..0xE000).contains(&second) {
                return Err(self.unexpected(SECOND_HALF, path));
            }
            0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
        } else {
            first
        };
        char::from_u32(code).ok_or_else(|| self.unexpected("a Unicode character", path))
    }

    fn four_hex_digits(&mut self, path: &Path<'_>) -> Result<u32, PolicyError> {
        let mut code = 0;
        for _ in 0..4 {
            let Some(digit) = self.rest.peek().and_then(|c| c.to_digit(16)) else {
                return Err(self.unexpected("four hexadecimal digits", path));
            };
            self.next();
            code = code * 16 + digit;
        }
        Ok(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Option<Node>, Vec<PolicyError>> {
        let mut mistakes = Vec::new();
        let node = parse(text, &mut mistakes);
        if mistakes.is_empty() { Ok(node) } else { Err(mistakes) }
    }

    #[test]
    fn a_value_knows_its_place() {
        let node = read("\u{feff}\n {\"é\": [1,\n  true]}").unwrap().unwrap();
        let Value::Object(members) = node.value else { panic!("an object") };
        assert_eq!((node.at, members[0].key_at), (Position { line: 2, column: 2 }, Position { line: 2, column: 3 }));
        let Value::Array(items) = &members[0].node.value else { panic!("a list") };
        assert_eq!(items[0], Node { at: Position { line: 2, column: 9 }, value: Value::Number("1".to_owned()) });
        assert_eq!(items[1].at, Position { line: 3, column: 3 });
        assert_eq!(read(" \r\n\t").unwrap(), None);
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        let message = |text: &str| read(text).unwrap_err()[0].to_string();
        assert_eq!(message("{\"a\": {\"b\": 1,\n \"b\": 2}}"), "the key `b` is there twice (at a.b, line 2, column 2)");
        assert_eq!(
            message("{\"a\": [1, 2"),
            "not JSON: `,` or `]` was expected, but there is the end (at a, line 1, column 12)"
        );
        assert_eq!(message("{} x"), "not JSON: the end was expected, but there is `x` (line 1, column 4)");
        assert_eq!(message("[01]"), "not JSON: `,` or `]` was expected, but there is `1` (line 1, column 3)");
        assert_eq!(
            message("\"\u{1}\""),
            "not JSON: the rest of a string was expected, but there is `\\u{1}` (line 1, column 2)"
        );
    }

    #[test]
    fn a_key_that_is_there_twice_does_not_end_the_reading() {
        let errors = read("{\"a\": 1, \"a\": {\"b\": 2, \"b\": 3}, \"c\": x").unwrap_err();
        let places: Vec<_> = errors.iter().map(|error| (error.path(), error.position().unwrap().column)).collect();
        assert_eq!(places, [("a", 10), ("a.b", 24), ("c", 38)]);
    }

    #[test]
    fn half_a_surrogate_pair_is_no_character() {
        let text = |escapes: &str| read(&format!("\"{escapes}\"")).map(|node| node.unwrap().value);
        assert_eq!(text("\\ud83e\\udd80\\u00E9").unwrap(), Value::String("🦀é".to_owned()));
        for wrong in ["\\ud83e", "\\ud83e\\ud83e", "\\ud83ex", "\\ud83e\\n", "\\udd80", "\\u00g0", "\\u12", "\\x"] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nesting_has_an_end() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(read(&nested(MAX_DEPTH)).is_ok());
        let errors = read(&nested(MAX_DEPTH + 1)).unwrap_err();
        assert_eq!(errors[0].kind(), &PolicyErrorKind::TooDeep { limit: MAX_DEPTH });
        assert!(read(&"{\"a\":".repeat(1_000_000)).is_err());
    }
}
