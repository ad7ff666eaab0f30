//! The encoding in which IAM returns policy documents.
//!
//! Knows nothing of policies. The SDK hands the documents on as IAM sent them.

use super::error::{PolicyError, PolicyErrorKind};

/// `text` with every `%XX` replaced by the byte it stands for, as RFC 3986 has it. A `+` stays a `+`: reading it as a
/// blank, as forms do, would change resource names. A `%` without two hexadecimal digits, and bytes that are not
/// UTF-8, are errors, since IAM sends neither.
pub fn decode_percent(text: &str) -> Result<String, PolicyError> {
    let wrong = || PolicyError::nowhere(PolicyErrorKind::Encoding);
    let whole = text.split('%').skip(1).all(|rest| {
        let mut digits = rest.bytes();
        digits.next().is_some_and(|b| b.is_ascii_hexdigit()) && digits.next().is_some_and(|b| b.is_ascii_hexdigit())
    });
    if !whole {
        return Err(wrong());
    }
    let decoded = percent_encoding::percent_decode_str(text).decode_utf8().map_err(|_| wrong())?;
    Ok(decoded.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_only_and_whole() {
        assert_eq!(decode_percent("%7B%22a%2bb+c%22%3A%C3%A9%7D").unwrap(), r#"{"a+b+c":é}"#);
        assert_eq!(decode_percent("").unwrap(), "");
        for wrong in ["%", "a%2", "%zz", "%é1", "%FF", "100%"] {
            assert!(decode_percent(wrong).is_err(), "{wrong:?}");
        }
    }
}
