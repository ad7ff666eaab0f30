//! `{{…}}`: values of one account, filled into a setup's texts.
//!
//! In a policy they are filled in inside the parsed JSON's strings, never in its text, so that no value can change the
//! policy's structure. IAM's own `${aws:…}` variables pass through untouched.

use std::collections::BTreeMap;

use crate::policy::Position;
use crate::policy::json::{Node, Value};

/// The values, by placeholder name: `account_id`, `param.KEY`, …
pub type Scope = BTreeMap<String, String>;

/// Why a text cannot be filled in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FillError {
    /// A `{{…}}` that nothing fills.
    #[error("nothing fills `{{{{{0}}}}}`")]
    Unknown(String),
    /// `{{` without `}}`.
    #[error("`{{{{` without `}}}}`")]
    Unclosed,
    /// A value that would be taken for more than itself.
    #[error("the value of `{{{{{0}}}}}` holds `*`, `?` or `${{`, and would be taken for more than itself")]
    Widening(String),
}

/// Whether a value means more than itself in a policy: it holds a wildcard, or makes a variable of IAM's, alone or where it
/// meets the text around it.
pub fn is_wide(value: &str) -> bool {
    value.contains(['*', '?']) || value.contains("${") || value.starts_with('{') || value.ends_with('$')
}

/// Fills in one text. `may_widen` says of a placeholder whether its value may be one that [`is_wide`].
///
/// # Errors
/// A placeholder that `scope` does not have, or that is not closed; a value that is wide and may not be.
pub fn fill_text(text: &str, scope: &Scope, may_widen: impl Fn(&str) -> bool) -> Result<String, FillError> {
    let mut filled = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after.split_once("}}").ok_or(FillError::Unclosed)?;
        let name = name.trim();
        let value = scope.get(name).ok_or_else(|| FillError::Unknown(name.to_owned()))?;
        // Values are data, whoever gave them.
        if is_wide(value) && !may_widen(name) {
            return Err(FillError::Widening(name.to_owned()));
        }
        filled.push_str(before);
        filled.push_str(value);
        rest = behind;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// Fills in what `scope` has, and leaves every other placeholder as it is.
pub fn fill_known(text: &str, scope: &Scope) -> String {
    let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else { break };
        filled.push_str(before);
        match scope.get(name.trim()) {
            Some(value) => filled.push_str(value),
            None => filled.extend(["{{", name, "}}"]),
        }
        rest = behind;
    }
    filled + rest
}

/// The names of the placeholders in a text.
pub fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split("{{").skip(1).filter_map(|after| after.split_once("}}")).map(|(name, _)| name.trim())
}

/// `node` as JSON text without blanks, each of its string values passed through `fill`. Keys and numbers stay as they
/// are, and members in their order.
pub fn write_json(node: &Node, fill: &mut impl FnMut(&str, Position) -> String) -> String {
    let mut text = String::new();
    write(node, fill, &mut text);
    text
}

fn write(node: &Node, fill: &mut impl FnMut(&str, Position) -> String, out: &mut String) {
    match &node.value {
        Value::Null => out.push_str("null"),
        Value::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Value::Number(written) => out.push_str(written),
        Value::String(text) => quote(&fill(text, node.at), out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, fill, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, member) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                quote(&member.key, out);
                out.push(':');
                write(&member.node, fill, out);
            }
            out.push('}');
        }
    }
}

fn quote(text: &str, out: &mut String) {
    out.push_str(&serde_json::Value::from(text).to_string());
}
