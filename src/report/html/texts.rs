//! Texts that many accounts share, kept once.
//!
//! Most accounts get the same policies and fail with the same words but for their own id. In place of it stands U+0000,
//! which no text keeps otherwise; the page puts the id back.

use std::collections::HashMap;
use std::sync::Arc;

use serde::Serialize;

use crate::ids::AccountId;

/// How much text is kept in memory, in bytes. What comes later stands with its account.
const ROOM: usize = 4 << 20;
/// How long one text may be, in bytes; IAM's longest policy is a fifth of it.
const LONGEST: usize = 64 << 10;
/// What stands for an account's own id.
const OWN_ID: &str = "\0";

/// A text, or where in the table of texts it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(super) enum Text {
    /// The place in the table, from 0.
    Shared(usize),
    /// The text itself.
    Own(String),
}

/// The table.
#[derive(Debug, Default)]
pub(super) struct Texts {
    places: HashMap<Arc<str>, usize>,
    in_order: Vec<Arc<str>>,
    bytes: usize,
}

impl Texts {
    /// The text of this account; `None` where there is none.
    pub(super) fn text(&mut self, account: AccountId, text: &str) -> Option<Text> {
        self.at_most(account, text, LONGEST)
    }

    /// The same, cut where it is longer than so many bytes.
    pub(super) fn at_most(&mut self, account: AccountId, text: &str, longest: usize) -> Option<Text> {
        if text.is_empty() {
            return None;
        }
        let common = cut(text, longest).replace('\0', "\u{fffd}").replace(account.as_str(), OWN_ID);
        if let Some(place) = self.places.get(common.as_str()) {
            return Some(Text::Shared(*place));
        }
        if self.bytes + common.len() > ROOM {
            return Some(Text::Own(common));
        }
        let place = self.in_order.len();
        self.bytes += common.len();
        let common: Arc<str> = common.into();
        self.places.insert(common.clone(), place);
        self.in_order.push(common);
        Some(Text::Shared(place))
    }

    /// The texts in the order of their places.
    pub(super) fn in_order(&self) -> impl Iterator<Item = &str> {
        self.in_order.iter().map(AsRef::as_ref)
    }
}

fn cut(text: &str, longest: usize) -> std::borrow::Cow<'_, str> {
    if text.len() <= longest {
        return text.into();
    }
    let end = (0..=longest).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
    format!("{}… (cut; the whole is in the files)", text.get(..end).unwrap_or_default()).into()
}
