//! What IAM will not take: too long, too many, or with characters that it does not know.
//!
//! The figures are those of IAM's service model and of its page of quotas. White space outside of strings does not
//! count, and a filled-in document has none.

use super::desired::{OWNER_TAG, Policy};
use super::template::is_wide;
use crate::ids::PrincipalKind;

/// The trust policy that every account may have, and the longest that AWS grants on request.
pub(super) const TRUST: (usize, usize) = (2048, 8192);
/// The managed policies that every account may attach to a role, and the most that AWS grants on request.
pub(super) const MANAGED: (usize, usize) = (10, 25);
/// The role's tags. One of them is rolecall's own.
pub(super) const TAGS: usize = 50;
const DESCRIPTION: usize = 1000;
const TAG_KEY: usize = 128;
const TAG_VALUE: usize = 256;

/// How much IAM takes of all inline policies of one principal together.
pub(super) fn inline(kind: PrincipalKind) -> usize {
    match kind {
        PrincipalKind::User => 2048,
        PrincipalKind::Group => 5120,
        PrincipalKind::Role => 10_240,
    }
}

/// The policy's length as IAM counts it.
pub(super) fn length(policy: &Policy) -> usize {
    policy.text.chars().count()
}

/// What is wrong with a description.
pub(super) fn description(text: &str) -> Option<String> {
    let known = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    too_long("a description", text, DESCRIPTION).or_else(|| unknown_character(text, known))
}

/// What is wrong with a path.
pub(super) fn path(text: &str) -> Option<String> {
    let plain = text.bytes().all(|b| (0x21..=0x7e).contains(&b)) && text.len() <= 512;
    let closed = text.starts_with('/') && text.ends_with('/');
    if is_wide(text) {
        return Some(format!("`{text}` is a path for more than one: it holds `*`, `?` or `${{`"));
    }
    (!plain || !closed).then(|| format!("`{text}` is not a path (`/` or `/…/`, at most 512 characters without blanks)"))
}

/// What is wrong with the key of a tag.
pub(super) fn tag_key(key: &str) -> Option<String> {
    let lower = key.to_lowercase();
    if key.is_empty() {
        return Some("a tag needs a key".to_owned());
    }
    if lower.starts_with("aws:") {
        return Some(format!("`{key}`: tags that begin with `aws:` are AWS's own"));
    }
    if lower == OWNER_TAG {
        return Some(format!("`{key}` is the tag by which rolecall knows its roles"));
    }
    too_long("a tag's key", key, TAG_KEY).or_else(|| unknown_character(key, of_tag))
}

/// What is wrong with the value of a tag.
pub(super) fn tag_value(value: &str) -> Option<String> {
    too_long("a tag's value", value, TAG_VALUE).or_else(|| unknown_character(value, of_tag))
}

/// What is wrong with a setup's name, which is the value of rolecall's tag.
pub(super) fn setup_name(name: &str) -> Option<String> {
    if name.is_empty() { Some("the name is empty".to_owned()) } else { tag_value(name) }
}

/// Seconds, from `1h`, `90m` or `3600s`. IAM takes 3,600 to 43,200.
pub(super) fn session_duration(text: &str) -> Option<u32> {
    let seconds = [("h", 3600), ("m", 60), ("s", 1)]
        .into_iter()
        .find_map(|(unit, length)| text.strip_suffix(unit)?.parse::<u32>().ok()?.checked_mul(length));
    seconds.filter(|seconds| (3600..=43_200).contains(seconds))
}

fn of_tag(c: char) -> bool {
    c.is_alphanumeric() || (c.is_whitespace() && !c.is_control()) || "_.:/=+-@".contains(c)
}

fn too_long(what: &str, text: &str, limit: usize) -> Option<String> {
    let length = text.chars().count();
    (length > limit).then(|| format!("{what} of {length} characters; IAM takes {limit}"))
}

fn unknown_character(text: &str, known: impl Fn(char) -> bool) -> Option<String> {
    text.chars().find(|c| !known(*c)).map(super::document::unknown_character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_iam_takes_passes_and_what_it_refuses_is_named() {
        assert_eq!(description("Lets Zoë\nin"), None);
        assert!(description("a — b").unwrap().contains("U+2014"));
        assert!(description(&"x".repeat(1001)).unwrap().contains("1001"));
        for (good, bad) in [("/", "x/"), ("/a/b/", "/a b/"), ("/service-role/", "")] {
            assert!(path(good).is_none() && path(bad).is_some(), "{good} {bad}");
        }
        for good in ["owner", "Kostenstelle für Übung", "a:b/c=d+e-f@g_h.i"] {
            assert_eq!(tag_key(good), None);
        }
        for bad in ["", "aws:x", "AWS:x", "rolecall:setup", "Rolecall:Setup", "a\tb", "<b>"] {
            assert!(tag_key(bad).is_some(), "{bad:?}");
        }
        assert!(tag_key(&"x".repeat(129)).is_some() && tag_value(&"x".repeat(257)).is_some());
        assert!(setup_name("").is_some() && setup_name("{{account_id}}").is_some() && tag_value("").is_none());
    }

    #[test]
    fn a_duration_is_an_hour_to_twelve() {
        assert_eq!(["1h", "90m", "43200s", "12h"].map(session_duration), [3600, 5400, 43_200, 43_200].map(Some));
        for bad in ["30m", "13h", "1", "", "h", "4294967295h", "-1h", "1 h"] {
            assert_eq!(session_duration(bad), None, "{bad}");
        }
    }
}
