//! Findings as people know them from compilers: the place, the line, a caret, the message, a hint.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use crate::sanitize::printable::{acts, printable};
use crate::setup::finding::{Finding, Severity};

/// All of them, with a blank line between two.
pub(super) fn render(findings: &[Finding], coloured: bool, width: usize) -> String {
    let renderer = if coloured { Renderer::styled() } else { Renderer::plain() };
    let renderer = renderer.term_width(width);
    let shown: Vec<String> = findings.iter().map(|finding| one(finding, &renderer)).collect();
    shown.join("\n\n")
}

fn one(finding: &Finding, renderer: &Renderer) -> String {
    let level = match finding.severity {
        Severity::Mistake => Level::ERROR,
        Severity::Lint => Level::WARNING,
    };
    let mut group = Group::with_title(level.primary_title(printable(&finding.message)));
    if let Some(spot) = &finding.spot {
        let annotation = AnnotationKind::Primary.span(spot.span.clone());
        let source = Snippet::source(visible(&spot.file.text)).path(printable(&spot.file.name));
        group = group.element(source.annotation(annotation));
    }
    if let Some(hint) = &finding.hint {
        group = group.element(Level::HELP.with_name("hint").message(printable(hint)));
    }
    renderer.render(&[group])
}

/// The text with every character that acts on a terminal made one that does not and takes as many bytes, so that places
/// stay where they are. Line breaks and tabs stay.
fn visible(text: &str) -> String {
    let shown = |c: char| match c {
        '\n' | '\t' => c,
        '\r' => ' ',
        c if acts(c) => match c.len_utf8() {
            1 => '?',
            2 => '·',
            3 => '\u{fffd}',
            _ => '\u{1f4a0}',
        },
        c => c,
    };
    // The place behind the last line break is a line of its own.
    text.chars().map(shown).chain([' ']).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::setup::finding::{Spot, TextFile};

    fn finding(text: &str, span: std::ops::Range<usize>) -> Finding {
        let file = Arc::new(TextFile { name: "my setup.toml".to_owned(), text: text.to_owned() });
        Finding {
            severity: Severity::Mistake,
            spot: Some(Spot { file, span }),
            message: "`nmae` is not a key".to_owned(),
            hint: Some("did you mean `name`?".to_owned()),
        }
    }

    #[test]
    fn a_finding_looks_like_a_compilers() {
        let shown = render(&[finding("# é\r\n  nmae = '日本'\r\n", 8..12)], false, 80);
        let shown: Vec<&str> = shown.lines().map(str::trim_end).collect();
        assert_eq!(
            shown,
            [
                "error: `nmae` is not a key",
                " --> my setup.toml:2:3",
                "  |",
                "2 |   nmae = '日本'",
                "  |   ^^^^",
                "  |",
                "  = hint: did you mean `name`?",
            ]
        );
    }

    #[test]
    fn no_character_of_a_file_acts_on_a_terminal() {
        let text = "a\u{1b}[31m\u{9b}2J\u{202e}\u{e0001}\u{2028}\tb = 1";
        for at in text.char_indices().map(|(at, _)| at) {
            let shown = render(&[finding(text, at..at)], false, 40);
            assert!(!shown.chars().any(|c| acts(c) && c != '\n'), "{shown:?}");
        }
        let end = render(&[finding("", 0..0), finding("a\n", 2..2)], false, 80);
        assert!(end.contains(":1:1") && end.contains(":2:1"), "{end}");
    }
}
