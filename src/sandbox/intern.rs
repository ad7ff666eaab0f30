//! One copy of a document that many accounts are given.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::policy::Document;

/// How many texts are remembered. Texts that hold an account's id are never asked for again, and so must not pile up.
const KEPT: usize = 256;

/// Remembers the last documents, so that a rollout over 50,000 accounts stores its policy once.
#[derive(Debug, Default)]
pub(super) struct Interner(Mutex<HashMap<Box<str>, Arc<Document>>>);

impl Interner {
    /// The document with that text.
    pub(super) fn document(&self, text: &str) -> Arc<Document> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(document) = known.get(text) {
            return Arc::clone(document);
        }
        if known.len() >= KEPT {
            known.clear();
        }
        let document = Document::new(text);
        known.insert(text.into(), Arc::clone(&document));
        document
    }
}
