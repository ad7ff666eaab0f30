//! A text that is compared in one spelling and shown in another.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

/// A text with the spelling by which it is compared; the author's spelling is kept to be shown.
#[derive(Clone)]
pub(super) struct Word {
    key: String,
    /// Only where it is not the key.
    shown: Option<String>,
}

impl Word {
    /// A text that is compared exactly.
    pub(super) fn exact(text: String) -> Self {
        Self { key: text, shown: None }
    }

    /// A text that is compared without regard to the case of ASCII letters.
    pub(super) fn any_case(text: String) -> Self {
        let key = text.to_ascii_lowercase();
        Self { shown: Some(text).filter(|text| *text != key), key }
    }

    /// The same word behind a heading.
    pub(super) fn under(&self, heading: &str) -> Self {
        let shown = self.shown.as_ref().map(|shown| format!("{heading} {shown}"));
        Self { key: format!("{heading} {}", self.key), shown }
    }

    /// The spelling by which it is compared.
    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// The author's spelling.
    pub(super) fn shown(&self) -> &str {
        self.shown.as_deref().unwrap_or(&self.key)
    }
}

impl PartialEq for Word {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for Word {}

impl PartialOrd for Word {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Word {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key.cmp(&other.key)
    }
}

impl Hash for Word {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key.hash(state);
    }
}

impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.shown())
    }
}
