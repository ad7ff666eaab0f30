//! Text in the making: lines of at most so many columns, wrapped below their heads.

use anstyle::Style;

use super::style::{Styles, paint};
use super::wording::{clip, columns, wrap};

/// What stands at the end of a text that was cut.
const CUT: &str = " …";

/// A text, and how wide it may be.
pub(super) struct Sheet {
    pub(super) styles: Styles,
    width: usize,
    text: String,
}

impl Sheet {
    /// An empty one, `width` columns wide within reason.
    pub(super) fn new(styles: Styles, width: usize) -> Self {
        Self { styles, width: width.clamp(40, 120), text: String::new() }
    }

    /// The text so far.
    pub(super) fn into_text(self) -> String {
        self.text
    }

    /// A line as it is.
    pub(super) fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// A section's head, with a blank line before it.
    pub(super) fn heading(&mut self, heading: &str, style: Style) {
        self.line("");
        self.line(&paint(style, heading));
    }

    /// A text behind `head`, its further lines below its first.
    pub(super) fn hanging(&mut self, head: &str, head_style: Style, text: &str, style: Style) {
        self.hanging_at_most(usize::MAX, head, head_style, text, style);
    }

    /// The same without colour.
    pub(super) fn plain_hanging(&mut self, head: &str, text: &str) {
        self.hanging(head, Style::new(), text, Style::new());
    }

    /// The same, of so many lines at the most.
    pub(super) fn hanging_at_most(&mut self, most: usize, head: &str, head_style: Style, text: &str, style: Style) {
        let indent = columns(head);
        let room = self.width.saturating_sub(indent);
        let mut lines = wrap(text, room);
        if lines.len() > most {
            lines.truncate(most);
            if let Some(last) = lines.last_mut() {
                *last = clip(last, room.saturating_sub(columns(CUT))) + CUT;
            }
        }
        for (n, line) in lines.iter().enumerate() {
            let head = if n == 0 { paint(head_style, head) } else { " ".repeat(indent) };
            self.line(&format!("{head}{}", paint(style, line)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_hangs_below_its_head_and_says_where_it_was_cut() {
        let text = "word ".repeat(40);
        let mut sheet = Sheet::new(Styles::plain(), 60);
        sheet.hanging_at_most(2, "head: ", Style::new(), &text, Style::new());
        sheet.plain_hanging("", "end");
        let text = sheet.into_text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(lines[0].starts_with("head: word") && lines[1].starts_with("      word"), "{lines:?}");
        assert!(lines[1].ends_with(" …") && lines.iter().all(|line| columns(line) <= 60), "{lines:?}");
    }
}
