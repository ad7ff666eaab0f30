//! Cells that a spreadsheet shows and does not run.
//!
//! Pure; knows nothing of this crate. A cell that begins with one of `=`, `+`, `-`, `@`, TAB, CR, LF or NUL may be run
//! as a formula (OWASP, CSV injection; ASVS 1.2.10), whatever its quoting. An apostrophe before it stops that.

use std::borrow::Cow;

/// Whether the text begins as a formula does.
fn is_formula(text: &str) -> bool {
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0'])
}

/// Whether the text could have come from [`guard`]: an apostrophe before a formula or before another apostrophe.
fn looks_guarded(text: &str) -> bool {
    text.strip_prefix('\'').is_some_and(|rest| is_formula(rest) || rest.starts_with('\''))
}

/// The text with an apostrophe before it where a spreadsheet would run it. A text that looks guarded already gets one
/// more, so that [`unguard`] gives back exactly what was guarded.
pub fn guard(text: &str) -> Cow<'_, str> {
    if is_formula(text) || looks_guarded(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// What [`guard`] was given.
pub fn unguard(cell: &str) -> Cow<'_, str> {
    Cow::Borrowed(cell.strip_prefix('\'').filter(|_| looks_guarded(cell)).unwrap_or(cell))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formulas_get_an_apostrophe() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\0=1"] {
            assert_eq!(guard(text), format!("'{text}"));
        }
        for text in ["", "plain", "1=1", "'quoted", " =1"] {
            assert_eq!(guard(text), text);
        }
    }

    proptest! {
        #[test]
        fn a_guarded_cell_is_no_formula_and_reads_back(text in "'{0,3}[=+@\t\r\n\0a-]{0,3}.*") {
            let guarded = guard(&text).into_owned();
            prop_assert!(!guarded.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '\0']));
            prop_assert_eq!(unguard(&guarded), text);
        }
    }
}
