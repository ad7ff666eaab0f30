//! From a file's bytes to text: UTF-8 and UTF-16, with and without a byte order mark. Pure.

use std::borrow::Cow;

use super::mistakes::{At, Mistakes};

/// The text of a file, without its byte order mark.
///
/// # Errors
/// Where it is neither UTF-8 nor UTF-16, or a workbook.
pub(super) fn decode(bytes: &[u8]) -> Result<Cow<'_, str>, Mistakes> {
    match bytes {
        [0xef, 0xbb, 0xbf, text @ ..] => utf8(text),
        [0xff, 0xfe, text @ ..] => utf16(text, u16::from_le_bytes),
        [0xfe, 0xff, text @ ..] => utf16(text, u16::from_be_bytes),
        // Text begins with a character of ASCII here, whichever form it has; so the zeros beside it tell.
        [1..=0xff, 0, 1..=0xff, 0, ..] => utf16(bytes, u16::from_le_bytes),
        [0, 1..=0xff, 0, 1..=0xff, ..] => utf16(bytes, u16::from_be_bytes),
        [b'P', b'K', 3, 4, ..] | [0xd0, 0xcf, 0x11, 0xe0, ..] => {
            let what = "this is a workbook, not text; save it as CSV UTF-8 and name that file";
            Err(Mistakes::one(At { line: 1, column: 1 }, what))
        }
        text => utf8(text),
    }
}

fn utf8(bytes: &[u8]) -> Result<Cow<'_, str>, Mistakes> {
    std::str::from_utf8(bytes).map(Cow::Borrowed).map_err(|error| {
        let valid = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok());
        let what = "neither UTF-8 nor UTF-16 from here on; save the file as CSV UTF-8";
        Mistakes::one(behind(valid.unwrap_or_default()), what)
    })
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<Cow<'_, str>, Mistakes> {
    let (units, rest) = bytes.as_chunks();
    let mut text = String::with_capacity(units.len());
    for character in char::decode_utf16(units.iter().map(|pair| unit(*pair))) {
        match character {
            Ok(character) => text.push(character),
            Err(_) => return Err(Mistakes::one(behind(&text), "half a UTF-16 character; save the file as CSV UTF-8")),
        }
    }
    if rest.is_empty() {
        Ok(Cow::Owned(text))
    } else {
        Err(Mistakes::one(behind(&text), "UTF-16 with an odd byte at its end: the file is cut off"))
    }
}

/// The place of what follows the text.
fn behind(text: &str) -> At {
    At { line: 1, column: 1 }.after(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(text: &str, mark: bool) -> [Vec<u8>; 2] {
        let units = mark.then_some(0xfeff).into_iter().chain(text.encode_utf16()).collect::<Vec<u16>>();
        [
            units.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
            units.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        ]
    }

    #[test]
    fn every_form_of_unicode_text_is_the_same_text() {
        let text = "Id\tName\r\n1\té 𝄞 日本\r\n";
        assert_eq!(decode(text.as_bytes()).unwrap(), text);
        assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).unwrap(), text);
        for bytes in both(text, true).iter().chain(&both(text, false)) {
            assert_eq!(decode(bytes).unwrap(), text);
        }
        assert_eq!(decode(b"").unwrap(), "");
    }

    #[test]
    fn what_is_no_text_is_told_with_its_place() {
        let says = |bytes: &[u8]| decode(bytes).unwrap_err().lines("f");
        assert!(says(b"a\nb\xe9c").starts_with("f:2:2: neither UTF-8 nor UTF-16"));
        assert!(says(b"\xff\xfea\0\n\0b").starts_with("f:2:1: UTF-16 with an odd byte"));
        assert!(says(b"\xff\xfea\0\x00\xd8b\0").starts_with("f:1:2: half a UTF-16 character"));
        assert!(says(b"PK\x03\x04rest").contains("workbook"));
    }
}
