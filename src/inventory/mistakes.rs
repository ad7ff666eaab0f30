//! What is wrong with an inventory's file, and where. Pure.

use std::fmt;

/// A place in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    /// The line, from 1, as an editor counts.
    pub line: u64,
    /// The column, from 1: of a table the cell, of any other text the character.
    pub column: usize,
}

impl At {
    /// The place behind a text that begins here, the columns counted in characters.
    #[must_use]
    pub(super) fn after(self, text: &str) -> Self {
        let breaks = text.matches(['\r', '\n']).count() - text.matches("\r\n").count();
        let last = text.rsplit(['\r', '\n']).next().unwrap_or_default().chars().count();
        Self { line: self.line + breaks as u64, column: last + if breaks == 0 { self.column } else { 1 } }
    }
}

/// One mistake.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is.
    pub at: At,
    /// What is wrong, and what to do about it.
    pub what: String,
}

/// How many mistakes are told one by one. Nobody corrects more by hand, and a file that is none of ours would have one
/// for each of its lines.
const MOST: usize = 200;

/// Every mistake of a file, in the order in which they were found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Mistakes {
    told: Vec<Mistake>,
    more: usize,
}

impl Mistakes {
    /// That one alone.
    pub(super) fn one(at: At, what: impl Into<String>) -> Self {
        let mut mistakes = Self::default();
        mistakes.add(at, what);
        mistakes
    }

    /// One more.
    pub(super) fn add(&mut self, at: At, what: impl Into<String>) {
        if self.told.len() < MOST {
            self.told.push(Mistake { at, what: what.into() });
        } else {
            self.more += 1;
        }
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.told.len() + self.more
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// All of them, a line each, every one with the file and its place.
    pub(super) fn lines(&self, file: &str) -> String {
        let mut lines: Vec<String> = (self.told.iter())
            .map(|Mistake { at: At { line, column }, what }| format!("{file}:{line}:{column}: {what}"))
            .collect();
        match self.more {
            0 => {}
            1 => lines.push(format!("{file}: and 1 mistake more")),
            more => lines.push(format!("{file}: and {more} mistakes more")),
        }
        lines.join("\n")
    }
}

/// Text of a file that is not trusted: control characters spelled out, and not too long.
pub(super) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for c in text.chars().take(240) {
        if c.is_control() { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    shown
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_wrong_in_every_line_ends_in_a_number() {
        let mut mistakes = Mistakes::default();
        for line in 1..=1_000 {
            mistakes.add(At { line, column: 1 }, "no");
        }
        let lines = mistakes.lines("a.csv");
        assert_eq!(lines.lines().count(), MOST + 1);
        assert!(lines.starts_with("a.csv:1:1: no\n") && lines.ends_with("\na.csv: and 800 mistakes more"), "{lines}");
        assert_eq!(mistakes.count(), 1_000);
    }
}
