//! XML as the query protocol answers it, written into one string.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// RFC 3986: all but the unreserved characters.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A growing XML text.
#[derive(Debug, Default)]
pub(super) struct Xml(String);

impl Xml {
    pub(super) fn with_capacity(bytes: usize) -> Self {
        Self(String::with_capacity(bytes))
    }

    /// The text so far.
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Markup as it is.
    pub(super) fn raw(&mut self, markup: &str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// `<tag>…</tag>` round what `inside` writes.
    pub(super) fn within(&mut self, tag: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.open(tag);
        inside(self);
        self.close(tag)
    }

    pub(super) fn open(&mut self, tag: &str) -> &mut Self {
        self.0.push('<');
        self.0.push_str(tag);
        self.0.push('>');
        self
    }

    pub(super) fn close(&mut self, tag: &str) -> &mut Self {
        self.0.push_str("</");
        self.0.push_str(tag);
        self.0.push('>');
        self
    }

    /// An element with a text, escaped.
    pub(super) fn text(&mut self, tag: &str, text: &str) -> &mut Self {
        self.open(tag);
        for character in text.chars() {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\r' => self.0.push_str("&#xD;"),
                // XML 1.0 has no way to say the other control characters.
                c if c.is_ascii_control() && c != '\n' && c != '\t' => self.0.push('\u{fffd}'),
                c => self.0.push(c),
            }
        }
        self.close(tag)
    }

    /// An element with a number, a boolean, a time: what needs no escaping.
    pub(super) fn plain(&mut self, tag: &str, value: impl std::fmt::Display) -> &mut Self {
        self.open(tag);
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{value}");
        self.close(tag)
    }

    /// An element with a policy document, percent-encoded as IAM gives them back.
    pub(super) fn document(&mut self, tag: &str, text: &str) -> &mut Self {
        self.open(tag);
        self.0.reserve(text.len() * 2);
        self.0.extend(utf8_percent_encode(text, RESERVED));
        self.close(tag)
    }

    /// An instant, to the second and in UTC.
    pub(super) fn time(&mut self, tag: &str, at: jiff::Timestamp) -> &mut Self {
        self.plain(tag, at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    }
}

#[cfg(test)]
mod tests {
    use super::Xml;

    #[test]
    fn text_is_escaped_and_documents_are_percent_encoded() {
        let mut xml = Xml::default();
        xml.text("A", "<b> & \"c\"\u{1b}").document("P", "{\"a+b\": \"é~\"}");
        assert_eq!(
            xml.finish(),
            "<A>&lt;b&gt; &amp; &quot;c&quot;\u{fffd}</A><P>%7B%22a%2Bb%22%3A%20%22%C3%A9~%22%7D</P>"
        );
    }
}
