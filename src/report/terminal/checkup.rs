//! A check-up for people: a line for each check, what to do below it, and the verdict.

use std::io::{self, Write};

use super::sheet::Sheet;
use super::style::{Styles, paint};
use crate::sanitize::printable::printable;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckMood {
    /// As it should be.
    Good,
    /// Worth a look.
    Doubtful,
    /// Wrong.
    Bad,
    /// Not looked at.
    Skipped,
}

/// One check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckLine {
    /// How it came out.
    pub mood: CheckMood,
    /// The same in a word.
    pub word: &'static str,
    /// What was looked at.
    pub name: &'static str,
    /// What was found. Not trusted.
    pub told: String,
    /// What to do. Not trusted.
    pub fix: Option<String>,
}

/// Writes the checks, and the verdict if it is to stand there too, at most `width` columns wide.
///
/// # Errors
/// When `out` fails.
pub fn write_checkup(
    out: &mut dyn Write,
    styles: Styles,
    width: usize,
    lines: &[CheckLine],
    verdict: Option<&str>,
) -> io::Result<()> {
    let longest = lines.iter().map(|line| line.name.len()).max().unwrap_or(0);
    let mut sheet = Sheet::new(styles, width);
    for line in lines {
        let style = match line.mood {
            CheckMood::Good => styles.good,
            CheckMood::Doubtful => styles.warn,
            CheckMood::Bad => styles.bad,
            CheckMood::Skipped => styles.dim,
        };
        let head = format!("{:<4}  {:<longest$}  ", line.word, line.name);
        sheet.hanging(&head, style, &printable(&line.told), anstyle::Style::new());
        if let Some(fix) = &line.fix {
            sheet.hanging(&format!("{:longest$}        fix: ", ""), styles.advice, &printable(fix), styles.advice);
        }
    }
    if let Some(verdict) = verdict {
        sheet.line("");
        sheet.line(&paint(styles.heading, verdict));
    }
    out.write_all(sheet.into_text().as_bytes())?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_that_failed_says_what_to_do_and_nothing_in_it_acts() {
        let line = CheckLine {
            mood: CheckMood::Bad,
            word: "fail",
            name: "one account",
            told: "000000000001 (\u{1b}[2J): refused".to_owned(),
            fix: Some("ask".to_owned()),
        };
        let mut text = Vec::new();
        write_checkup(&mut text, Styles::plain(), 80, &[line], Some("it would not end well")).unwrap();
        insta::assert_snapshot!(String::from_utf8(text).unwrap(), @r"
        fail  one account  000000000001 (\u{1b}[2J): refused
                           fix: ask

        it would not end well
        ");
    }
}
