//! Text that cannot act: what others wrote, made safe for a terminal and for a one-line cell.
//!
//! Pure; knows nothing of this crate. Account names and AWS's messages hold whatever somebody typed. In them a
//! character that moves a cursor, starts an escape sequence, ends a line or turns the reading direction round is
//! shown, not obeyed, and so is a word that a CI system takes for a command where it reads a log.

use std::borrow::Cow;

/// The text with every acting character made visible: line breaks and tabs become a space (`\r\n` one space), every
/// other one its Rust escape, such as `\u{1b}`; and so does the first character of what a CI system would obey.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(acts) && !text.contains("##") && !text.contains("::") {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    let mut characters = text.char_indices().peekable();
    while let Some((at, c)) = characters.next() {
        match c {
            '\r' if characters.peek().is_some_and(|(_, next)| *next == '\n') => {}
            '\n' | '\r' | '\t' | '\u{2028}' | '\u{2029}' => shown.push(' '),
            '#' | ':' if commands_at(text, at) => shown.extend(c.escape_unicode()),
            c if acts(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// Whether a CI system takes what stands at this place of a line for a command: Azure Pipelines `##vso[…]` and `##[…]`,
/// TeamCity `##teamcity[…]`, GitHub Actions `##[…]`, each anywhere in a line; and GitHub Actions `::name …::` where a line
/// begins, as it may wherever a line can be broken.
fn commands_at(text: &str, at: usize) -> bool {
    let (before, rest) = text.split_at_checked(at).unwrap_or((text, ""));
    if let Some(rest) = rest.strip_prefix("##") {
        let word: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
        return rest.get(word.len()..).is_some_and(|rest| rest.starts_with('['));
    }
    let word = rest.strip_prefix("::").and_then(|rest| rest.chars().next());
    word.is_some_and(|c| c.is_ascii_alphabetic())
        && before.chars().next_back().is_none_or(|c| c.is_whitespace() || acts(c))
}

/// JSON text in which no character acts but its line breaks, which stand between values only, and no CI system finds a
/// command. JSON itself escapes C0; here C1, overrides of the reading direction and the like are `\uXXXX` too, so that the text says exactly the same.
pub fn printable_json(json: &str) -> Cow<'_, str> {
    let hidden = |c: char| acts(c) && c != '\n';
    if !json.contains(hidden) && !json.contains("##") {
        return Cow::Borrowed(json);
    }
    let mut shown = String::with_capacity(json.len() + 16);
    for (at, c) in json.char_indices() {
        match c {
            // Outside of strings JSON has none, and a line of JSON does not begin with a colon.
            c if hidden(c) || (c == '#' && commands_at(json, at)) => {
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
    fn no_ci_system_finds_a_command() {
        for (text, shown) in [
            ("##vso[task.setvariable variable=x]y", "\\u{23}#vso[task.setvariable variable=x]y"),
            ("a name ##[error]bad", "a name \\u{23}#[error]bad"),
            ("###[group]x", "#\\u{23}#[group]x"),
            ("##teamcity[buildStatus text='x']", "\\u{23}#teamcity[buildStatus text='x']"),
            ("::set-output name=x::y", "\\u{3a}:set-output name=x::y"),
            ("said\n ::group::x", "said  \\u{3a}:group::x"),
            ("\u{1b}::stop-commands::x", "\\u{1b}\\u{3a}:stop-commands::x"),
            (
                "arn:aws:iam::123456789012:role/x and arn:aws:s3:::bucket",
                "arn:aws:iam::123456789012:role/x and arn:aws:s3:::bucket",
            ),
            ("## a heading, C# and [x]", "## a heading, C# and [x]"),
        ] {
            assert_eq!(printable(text), shown);
            let json = serde_json::json!({ "a": text, text: [text] });
            let line = printable_json(&json.to_string()).into_owned();
            let found = line.match_indices("##").any(|(at, _)| commands_at(&line, at));
            assert!(!found, "{line}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&line).unwrap(), json);
        }
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
        fn nothing_that_acts_gets_through_and_once_is_enough(text in "(\\PC|\\p{C}|##|::|vso|\\[| |[a-z]){0,40}") {
            let shown = printable(&text).into_owned();
            prop_assert!(!shown.contains(acts), "{shown:?}");
            prop_assert!(!shown.char_indices().any(|(at, _)| commands_at(&shown, at)), "{shown:?}");
            prop_assert_eq!(printable(&shown), shown.as_str());
        }
    }
}
