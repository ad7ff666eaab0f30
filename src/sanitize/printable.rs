//! Text that cannot act: what others wrote, made safe for a terminal and for a one-line cell.
//!
//! Pure; knows nothing of this crate. Account names and AWS's messages hold whatever somebody typed. In them a
//! character that moves a cursor, starts an escape sequence, ends a line or turns the reading direction round is
//! shown, not obeyed.

use std::borrow::Cow;

/// The text with every acting character made visible: line breaks and tabs become a space (`\r\n` one space), every
/// other one its Rust escape, such as `\u{1b}`.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match c {
            '\r' if characters.peek() == Some(&'\n') => {}
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => shown.push(' '),
            c if acts(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// JSON text in which no character acts but its line breaks, which stand between values only. JSON itself escapes C0;
/// here C1, overrides of the reading direction and the like are `\uXXXX` too, so that the text says exactly the same.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    let hidden = |c: char| acts(c) && c != '\n';
    if !json.contains(hidden) {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        match c {
            c if hidden(c) => {
                shown.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
            }
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a character does something instead of standing for something: C0, DEL and C1, line separators, marks and
/// overrides of the reading direction, and characters that nobody sees. The joiners U+200C and U+200D stay: scripts and emoji need them.
pub fn acts(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_acts_is_shown_and_the_rest_stays() {
        assert_eq!(printable("Zoë's 計算 account"), "Zoë's 計算 account");
        assert_eq!(printable("\u{1b}[31mred\u{7}"), "\\u{1b}[31mred\\u{7}");
        assert_eq!(printable("one\r\ntwo\nthree\tfour"), "one two three four");
        assert_eq!(printable("\u{9b}2J \u{202e}fdp.exe"), "\\u{9b}2J \\u{202e}fdp.exe");
        assert!(matches!(printable("nothing to do"), Cow::Borrowed(_)));
    }

    #[test]
    fn json_says_the_same_and_cannot_act() {
        let value = serde_json::json!({ "a": "\u{9b}2J\u{1b}\u{202e}\u{e0001}é\n" });
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let shown = printable_json(&json);
            assert!(!shown.replace('\n', "").contains(acts), "{shown:?}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
        }
    }

    proptest! {
        #[test]
        fn nothing_that_acts_gets_through_and_once_is_enough(text in any::<String>()) {
            let shown = printable(&text).into_owned();
            prop_assert!(!shown.contains(acts), "{shown:?}");
            prop_assert_eq!(printable(&shown), shown.as_str());
        }
    }
}
