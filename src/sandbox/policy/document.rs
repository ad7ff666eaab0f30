//! A stored policy document: the text that is given back, and its meaning, worked out when first asked for.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::statement::Policy;

/// A document that has been accepted. Most are only ever stored and read back, so the meaning waits.
#[derive(Debug)]
pub(in crate::sandbox) struct Document {
    text: Box<str>,
    meaning: OnceLock<Box<Policy>>,
}

impl Document {
    /// Keeps `text`, which `syntax::check` has accepted.
    pub(in crate::sandbox) fn new(text: impl Into<Box<str>>) -> Arc<Self> {
        Arc::new(Self { text: text.into(), meaning: OnceLock::new() })
    }

    /// The text as stored.
    pub(in crate::sandbox) fn text(&self) -> &str {
        &self.text
    }

    /// The size as IAM counts it: without the white space outside of strings.
    pub(in crate::sandbox) fn size(&self) -> usize {
        counted_size(&self.text)
    }

    /// What it says. A text that is no JSON says nothing, and so allows nothing.
    pub(in crate::sandbox) fn policy(&self) -> &Policy {
        self.meaning.get_or_init(|| {
            let document: Value = serde_json::from_str(&self.text).unwrap_or(Value::Null);
            Box::new(Policy::read(&document))
        })
    }
}

/// Characters outside of strings that are white space are not counted against IAM's size limits.
pub(in crate::sandbox) fn counted_size(text: &str) -> usize {
    let (mut in_string, mut escaped, mut size) = (false, false, 0);
    for character in text.chars() {
        size += usize::from(in_string || !character.is_ascii_whitespace());
        match character {
            '\\' if in_string && !escaped => escaped = true,
            '"' if !escaped => in_string = !in_string,
            _ => escaped = false,
        }
    }
    size
}
