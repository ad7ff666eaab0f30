//! JSON that can stand inside a page's `<script>` and stay what it is.
//!
//! Account names and policies hold whatever somebody typed. Nothing in them can end the script element or begin
//! another: `<`, `>`, `&` and the line separators of JavaScript are written as `\uXXXX`, which JSON reads as the same.

use std::io;

use serde::Serialize;
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

/// Appends the value as JSON.
pub(super) fn json<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(out, Inert)).map_err(io::Error::from)
}

struct Inert;

impl Formatter for Inert {
    fn write_string_fragment<W: io::Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        let mut rest = fragment;
        while let Some((before, found, after)) = split(rest) {
            out.write_all(before.as_bytes())?;
            write!(out, "\\u{:04x}", u32::from(found))?;
            rest = after;
        }
        out.write_all(rest.as_bytes())
    }

    fn write_char_escape<W: io::Write + ?Sized>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        CompactFormatter.write_char_escape(out, escape)
    }
}

/// The text before the first character that must not stand there, that character, and what comes after it.
fn split(text: &str) -> Option<(&str, char, &str)> {
    let (at, found) = text.char_indices().find(|(_, c)| matches!(c, '<' | '>' | '&' | '\u{2028}' | '\u{2029}'))?;
    Some((text.get(..at)?, found, text.get(at + found.len_utf8()..)?))
}
