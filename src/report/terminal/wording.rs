//! Numbers, times and lines of text as people read them. Pure.

use std::time::Duration;

use unicode_width::UnicodeWidthStr;

use crate::ids::AccountId;
use crate::sanitize::printable::printable;

/// `1,234,567`.
pub(super) fn count(n: usize) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 account`, `1,200 accounts`.
pub(super) fn counted(n: usize, thing: &str) -> String {
    if n == 1 { format!("1 {thing}") } else { format!("{} {thing}s", count(n)) }
}

/// `80ms`, `2.4s`, `48s`, `3m 12s`, `1h 02m`.
pub(super) fn duration(time: Duration) -> String {
    let seconds = time.as_secs();
    if time < Duration::from_secs(1) {
        format!("{}ms", time.as_millis())
    } else if seconds < 10 {
        format!("{seconds}.{}s", time.subsec_millis() / 100)
    } else if seconds < 60 {
        format!("{seconds}s")
    } else if seconds < 3_600 {
        format!("{}m {:02}s", seconds / 60, seconds % 60)
    } else {
        format!("{}h {:02}m", seconds / 3_600, seconds % 3_600 / 60)
    }
}

/// `42/s`, `4.2/s`, `12/min`; nothing where there is nothing to go by.
pub(super) fn rate(done: usize, elapsed: Duration) -> Option<String> {
    let seconds = elapsed.as_secs_f64();
    if done == 0 || seconds < 1.0 {
        return None;
    }
    let per_second = done as f64 / seconds;
    Some(if per_second >= 10.0 {
        format!("{}/s", count(per_second as usize))
    } else if per_second >= 1.0 {
        format!("{per_second:.1}/s")
    } else {
        format!("{:.0}/min", per_second * 60.0)
    })
}

/// An account as it is named to people: id and, where known, name. Nothing in it acts; long names are cut.
pub(super) fn account(id: AccountId, name: &str) -> String {
    if name.is_empty() { id.to_string() } else { format!("{id} {}", clip(&printable(name), 32)) }
}

/// How many columns the text takes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// The text, cut to so many columns with `…` at the end where it is longer.
pub(super) fn clip(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for c in text.chars() {
        kept.push(c);
        // A character may widen the one before it, so that the whole is measured each time.
        if columns(&kept) >= width {
            kept.pop();
            break;
        }
    }
    kept.push('…');
    kept
}

/// The text in lines of at most so many columns, broken at spaces, and inside a word only where it is longer than a
/// line.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let gap = usize::from(!line.is_empty());
        if columns(&line) + gap + columns(word) <= width {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if gap == 1 {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            line.push(c);
            if columns(&line) > width && line.chars().nth(1).is_some() {
                line.pop();
                lines.push(std::mem::take(&mut line));
                line.push(c);
            }
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_and_times_are_short() {
        assert_eq!([0, 999, 1_000, 50_000, 1_234_567].map(count), ["0", "999", "1,000", "50,000", "1,234,567"]);
        let ms = Duration::from_millis;
        assert_eq!(
            [80, 2_460, 48_900, 192_000, 3_725_000].map(|n| duration(ms(n))),
            ["80ms", "2.4s", "48s", "3m 12s", "1h 02m"]
        );
        assert_eq!(rate(84, ms(2_000)).unwrap(), "42/s");
        assert_eq!(rate(21, ms(5_000)).unwrap(), "4.2/s");
        assert_eq!(rate(1, ms(5_000)).unwrap(), "12/min");
        assert_eq!(rate(50, ms(500)), None);
    }

    #[test]
    fn text_is_cut_and_wrapped_by_columns() {
        assert_eq!(clip("short", 5), "short");
        assert_eq!(clip("too long", 5), "too …");
        assert_eq!(clip("計算計算", 5), "計算…");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("an abcdefghij", 4), ["an", "abcd", "efgh", "ij"]);
    }

    proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_letter_is_lost(text in "[a-z計é\u{2764}\u{fe0f}\u{200d} ]{0,60}", width in 2_usize..30) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| columns(line) <= width), "{lines:?}");
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
            prop_assert!(columns(&clip(&text, width)) <= width);
        }
    }
}
