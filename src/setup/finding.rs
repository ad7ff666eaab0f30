//! What is wrong or doubtful in a setup, and where it stands in which file.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::policy::Position;

/// A file of a setup.
#[derive(Debug, PartialEq, Eq)]
pub struct TextFile {
    /// Its name, for people.
    pub name: String,
    /// What it says, without a byte order mark.
    pub text: String,
}

/// A place in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: Arc<TextFile>,
    /// From which byte to which.
    pub span: Range<usize>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// Nothing can be done with the setup.
    Mistake,
    /// It can be used; somebody should look at it.
    Lint,
}

/// What is wrong or doubtful.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Where, if it is in a file.
    pub spot: Option<Spot>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl TextFile {
    pub(super) fn new(name: String, text: &str) -> Arc<Self> {
        Arc::new(Self { name, text: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned() })
    }

    /// The bytes from `span`.
    pub(super) fn spot(self: &Arc<Self>, span: Range<usize>) -> Spot {
        Spot { file: Arc::clone(self), span }
    }

    /// Where `words` stand within `span`; all of it if they are not there as they are.
    pub(super) fn spot_of(self: &Arc<Self>, span: Range<usize>, words: &str) -> Spot {
        let found = self.text.get(span.clone()).and_then(|text| text.find(words));
        match found {
            Some(at) => self.spot(span.start + at..span.start + at + words.len()),
            None => self.spot(span),
        }
    }

    /// The string, word or character that begins at `position`.
    pub(super) fn token(self: &Arc<Self>, position: Position) -> Spot {
        let mut start = 0;
        for line in self.text.split_inclusive('\n').take(position.line.saturating_sub(1)) {
            start += line.len();
        }
        let line = self.text.get(start..).unwrap_or_default();
        start += line.chars().take(position.column.saturating_sub(1)).map(char::len_utf8).sum::<usize>();
        let rest = self.text.get(start..).unwrap_or_default();
        self.spot(start..start + token_length(rest))
    }
}

fn token_length(text: &str) -> usize {
    let mut characters = text.char_indices();
    let Some((_, first)) = characters.next() else { return 0 };
    if first != '"' {
        let word = text.find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len());
        return word.max(first.len_utf8());
    }
    let mut escaped = false;
    for (at, c) in characters {
        match c {
            '\n' => return at,
            '"' if !escaped => return at + 1,
            c => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
}

impl Spot {
    /// Line and column of its first character.
    pub fn position(&self) -> Position {
        let before = self.file.text.get(..self.span.start).unwrap_or(&self.file.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let column = before.get(line_start..).unwrap_or_default().chars().count() + 1;
        Position { line: before.matches('\n').count() + 1, column }
    }
}

impl Finding {
    pub(super) fn mistake(spot: impl Into<Option<Spot>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Mistake, spot: spot.into(), message: message.into(), hint: None }
    }

    pub(super) fn lint(spot: impl Into<Option<Spot>>, message: impl Into<String>) -> Self {
        Self { severity: Severity::Lint, ..Self::mistake(spot, message) }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// Whether the setup cannot be used.
    pub fn is_mistake(&self) -> bool {
        self.severity == Severity::Mistake
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(spot) = &self.spot {
            let Position { line, column } = spot.position();
            write!(f, "{}:{line}:{column}: ", spot.file.name)?;
        }
        f.write_str(&self.message)
    }
}

/// Puts findings into the order of `files` and of what stands in them, those without a place last, each once.
pub(super) fn in_reading_order(findings: &mut Vec<Finding>, files: &[&Arc<TextFile>]) {
    findings.sort_by_key(|finding| match &finding.spot {
        Some(spot) => {
            let file = files.iter().position(|file| **file == spot.file).unwrap_or(files.len());
            (file, spot.span.start, finding.message.clone())
        }
        None => (usize::MAX, 0, finding.message.clone()),
    });
    findings.dedup();
}

/// The word of `known` that `word` was probably meant to be.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |other: &str| strsim::damerau_levenshtein(&word.to_lowercase(), &other.to_lowercase());
    let (far, near) = known.into_iter().map(|other| (distance(other), other)).min()?;
    (far <= 2 && far < word.len()).then_some(near)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(text: &str, line: usize, column: usize) -> String {
        let file = TextFile::new("x".to_owned(), text);
        let spot = file.token(Position { line, column });
        assert_eq!(spot.position(), Position { line, column });
        file.text.get(spot.span).unwrap().to_owned()
    }

    #[test]
    fn a_place_is_found_again_whatever_the_letters_take() {
        let text = "\u{feff}{\"é\": \"a\\\"b\",\r\n  \"日\": true}";
        assert_eq!(covered(text, 1, 2), "\"é\"");
        assert_eq!(covered(text, 1, 7), r#""a\"b""#);
        assert_eq!(covered(text, 2, 3), "\"日\"");
        assert_eq!(covered(text, 2, 8), "true");
        assert_eq!(covered(text, 2, 12), "}");
        assert_eq!(covered(text, 2, 13), "");
    }

    #[test]
    fn a_place_that_is_not_there_is_the_end() {
        let file = TextFile::new("x".to_owned(), "é");
        assert_eq!(file.token(Position { line: 9, column: 9 }).span, 2..2);
        assert_eq!(Spot { file, span: 1..7 }.position(), Position { line: 1, column: 2 });
    }

    #[test]
    fn a_typing_mistake_is_near_and_another_word_is_not() {
        assert_eq!(nearest("managed_polices", ["managed_policies", "path"]), Some("managed_policies"));
        assert_eq!(nearest("colour", ["path", "tags"]), None);
        assert_eq!(nearest("to", ["of"]), None);
    }
}
