//! What was wrong with a policy's text, and where.
//!
//! Knows no policy: only places, in the text (line and column) and in the JSON (a path such as `Statement[1].Action`).

use std::fmt;

use serde::Serialize;

/// A place in a text. Lines and columns begin at 1, and a column is a character (a Unicode scalar value).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    /// Where every text begins.
    pub(super) const START: Self = Self { line: 1, column: 1 };

    /// The place behind `c`, which stands here.
    pub(super) fn after(self, c: char) -> Self {
        match c {
            '\n' => Self { line: self.line + 1, column: 1 },
            _ => Self { column: self.column + 1, ..self },
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// The way to a value inside a JSON text, as a chain of callers' frames: it costs nothing until it is shown.
#[derive(Debug, Clone, Copy)]
pub(super) enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Path::Root, key) => f.write_str(&printable(key)),
            Self::Key(parent, key) => write!(f, "{parent}.{}", printable(key)),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// `text` for people: control characters, which a policy may hold and a terminal would obey, are spelled out.
pub(super) fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

/// What was wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyErrorKind {
    /// The text is not JSON.
    #[error("not JSON: {expected} was expected, but there is {found}")]
    Syntax {
        /// What could have stood there, with its article.
        expected: &'static str,
        /// What stands there.
        found: String,
    },
    /// Objects and lists inside each other, more than any policy needs.
    #[error("more than {limit} levels of objects and lists inside each other")]
    TooDeep {
        /// How many levels are read.
        limit: usize,
    },
    /// One key twice in one object. Readers of JSON disagree about which one counts.
    #[error("the key `{}` is there twice", printable(key))]
    DuplicateKey {
        /// The key as it stands the second time.
        key: String,
    },
    /// A key that is no element of a policy there.
    #[error("`{}` is not an element of a {of}", printable(name))]
    UnknownElement {
        /// The key as it stands.
        name: String,
        /// What the object is: `policy`, `statement`, `principal`.
        of: &'static str,
        /// All that could stand there.
        known: &'static [&'static str],
    },
    /// An element in other upper and lower case than IAM's.
    #[error("`{}` is written `{element}`", printable(name))]
    ElementCase {
        /// The key as it stands.
        name: String,
        /// As IAM writes it.
        element: &'static str,
    },
    /// An element that is there and empty, or has an empty text in its list.
    #[error("`{element}` holds nothing")]
    Empty {
        /// The element.
        element: &'static str,
    },
    /// An element that must be there and is not.
    #[error("`{element}` is missing")]
    MissingElement {
        /// The element.
        element: &'static str,
    },
    /// An element together with its opposite.
    #[error("`{element}` and `{opposite}` cannot stand in one statement")]
    BothGiven {
        /// The element.
        element: &'static str,
        /// The opposite.
        opposite: &'static str,
    },
    /// A value of another JSON type than the element has.
    #[error("{expected} was expected, but there is {found}")]
    WrongType {
        /// What it should have been, with its article.
        expected: &'static str,
        /// What it is, with its article.
        found: &'static str,
    },
    /// A value that the element does not know.
    #[error("`{}` is not {expected}", printable(value))]
    WrongValue {
        /// The value as it stands.
        value: String,
        /// What it should have been, with its article.
        expected: &'static str,
    },
    /// A `%` without two hexadecimal digits behind it, or bytes that are not UTF-8.
    #[error("not percent-encoded UTF-8")]
    Encoding,
}

/// What was wrong with a policy's text, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyError {
    kind: PolicyErrorKind,
    path: String,
    position: Option<Position>,
}

impl PolicyError {
    pub(super) fn new(kind: PolicyErrorKind, path: &Path<'_>, position: Position) -> Self {
        Self { kind, path: path.to_string(), position: Some(position) }
    }

    /// An error in a text that has no lines or paths worth naming.
    pub(super) fn nowhere(kind: PolicyErrorKind) -> Self {
        Self { kind, path: String::new(), position: None }
    }

    /// What was wrong.
    pub fn kind(&self) -> &PolicyErrorKind {
        &self.kind
    }

    /// Where in the JSON: `Statement[1].Action`; empty for the document as a whole. List positions begin at 0.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Where in the text, if it has lines.
    pub fn position(&self) -> Option<Position> {
        self.position
    }

    /// What could be done about it, in one line.
    pub fn advice(&self) -> Option<String> {
        match &self.kind {
            PolicyErrorKind::UnknownElement { name, known, .. } => {
                let nearest = known.iter().min_by_key(|element| distance(name, element))?;
                if resembles(name, nearest) {
                    return Some(format!("did you mean `{nearest}`?"));
                }
                Some(format!("known are {}", known.join(", ")))
            }
            PolicyErrorKind::DuplicateKey { .. } => {
                Some("keep one of the two, or put both values into one list".to_owned())
            }
            _ => None,
        }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.kind)?;
        match (self.path.as_str(), self.position) {
            ("", None) => Ok(()),
            ("", Some(position)) => write!(f, " ({position})"),
            (path, None) => write!(f, " (at {path})"),
            (path, Some(position)) => write!(f, " (at {path}, {position})"),
        }
    }
}

impl std::error::Error for PolicyError {}

/// Whether `name` is likely a mistyped `element`.
pub(super) fn resembles(name: &str, element: &str) -> bool {
    distance(name, element) <= 2
}

/// How many letters must be added, dropped, changed or swapped with the next one to make `a` of `b`, whatever the
/// case. Enough for a typing mistake, so words of very different length are not looked at closely.
fn distance(a: &str, b: &str) -> usize {
    let letters = |word: &str| word.chars().map(|c| c.to_ascii_lowercase()).collect::<Vec<_>>();
    let (a, b) = (letters(a), letters(b));
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, &x) in a.iter().enumerate() {
        let mut next = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let at = |row: &[usize], k: usize| row.get(k).copied().unwrap_or(usize::MAX - 1);
            let mut best = (at(&row, j) + usize::from(x != y)).min(at(&row, j + 1) + 1).min(at(&next, j) + 1);
            let swapped = i > 0 && j > 0 && a.get(i - 1) == Some(&y) && b.get(j - 1) == Some(&x);
            if swapped {
                best = best.min(at(&before, j - 1) + 1);
            }
            next.push(best);
        }
        before = std::mem::replace(&mut row, next);
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_mistake_is_near_and_another_word_is_far() {
        assert_eq!(distance("Actoin", "Action"), 1);
        assert_eq!(distance("action", "Action"), 0);
        assert_eq!(distance("Ressource", "Resource"), 1);
        assert!(distance("Principal", "Resource") > 2);
        assert_eq!(distance("", "Sid"), usize::MAX);
    }

    #[test]
    fn a_path_and_a_message_hold_no_terminal_escapes() {
        let path = Path::Key(&Path::Index(&Path::Key(&Path::Root, "Statement"), 1), "A\u{1b}[31m");
        assert_eq!(path.to_string(), "Statement[1].A\\u{1b}[31m");
        let error = PolicyError::new(
            PolicyErrorKind::DuplicateKey { key: "A\u{9b}".to_owned() },
            &path,
            Position { line: 3, column: 5 },
        );
        assert_eq!(
            error.to_string(),
            "the key `A\\u{9b}` is there twice (at Statement[1].A\\u{1b}[31m, line 3, column 5)"
        );
    }
}
