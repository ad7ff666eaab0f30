//! What holds of every policy, whatever it says and however it is written.

use percent_encoding::{AsciiSet, CONTROLS, NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use serde_json::Value;

use super::model_tests::{Change, Model, any_change, any_kind, any_model};
use super::{CanonicalPolicy, PolicyDiff, PolicyKind, decode_percent, mistakes};
use crate::ids::Partition;

fn aws() -> Partition {
    "aws".parse().unwrap()
}

fn read(kind: PolicyKind, text: &str) -> CanonicalPolicy {
    CanonicalPolicy::read(kind, text, &aws()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

fn kind_and_model() -> impl Strategy<Value = (PolicyKind, Model)> {
    any_kind().prop_flat_map(|kind| (Just(kind), any_model(kind)))
}

fn kind_and_models() -> impl Strategy<Value = (PolicyKind, Model, Model)> {
    any_kind().prop_flat_map(|kind| (Just(kind), any_model(kind), any_model(kind)))
}

/// Whether lists of texts, and statements by their texts, stand in order and once.
fn in_order(value: &Value) -> bool {
    match value {
        Value::Array(items) => {
            let texts: Vec<String> =
                items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect();
            items.iter().all(in_order) && texts.is_sorted_by(|a, b| a < b)
        }
        Value::Object(members) => members.values().all(in_order),
        _ => true,
    }
}

/// That two policies, of which a second opinion says whether they are equal, are told apart everywhere or nowhere.
fn judge(a: &CanonicalPolicy, b: &CanonicalPolicy, equal: bool, cosmetic: bool) -> Result<(), TestCaseError> {
    for (found, wanted) in [(a, b), (b, a)] {
        prop_assert_eq!(found == wanted, equal);
        prop_assert_eq!(found.digest() == wanted.digest(), equal);
        let diff = PolicyDiff::between(found, wanted);
        prop_assert_eq!(diff.is_empty(), equal, "{}", diff);
        prop_assert_eq!(diff.is_cosmetic(), cosmetic, "{}", diff);
        let (told, summary) = (diff.to_string(), diff.summary());
        prop_assert_eq!(told.lines().count(), diff.differences().len(), "one line each: {}", told);
        prop_assert!(!told.replace('\n', "").contains(char::is_control), "{:?}", told);
        prop_assert!(!summary.contains(char::is_control) && summary.chars().count() <= 160, "{:?}", summary);
        let silent = |difference: &super::Difference| difference.missing.is_empty() && difference.extra.is_empty();
        prop_assert!(!diff.differences().iter().any(silent), "{:?}", diff);
    }
    Ok(())
}

proptest! {
    #[test]
    fn however_it_is_written_it_means_the_same(
        (kind, model) in kind_and_model(), seeds in any::<[u64; 3]>(),
    ) {
        let policies = seeds.map(|seed| read(kind, &model.written(false, seed)));
        for a in &policies {
            for b in &policies {
                judge(a, b, true, false)?;
            }
        }
    }

    #[test]
    fn one_change_of_meaning_is_seen_and_one_of_none_is_not(
        (kind, model) in kind_and_model(), change in any_change(), seeds in any::<[u64; 3]>(),
    ) {
        let changed = model.changed(kind, change, seeds[0]);
        let equal = model == changed;
        let cosmetic = !equal && model.nameless() == changed.nameless();
        prop_assert!(!cosmetic || matches!(change, Change::Id | Change::Sid | Change::DropStatement), "{:?}", change);
        judge(&read(kind, &model.written(false, seeds[1])), &read(kind, &changed.written(false, seeds[2])), equal, cosmetic)?;
    }

    #[test]
    fn any_two_policies_are_equal_when_they_say_the_same(
        (kind, a, b) in kind_and_models(), seeds in any::<[u64; 2]>(),
    ) {
        let cosmetic = a != b && a.nameless() == b.nameless();
        judge(&read(kind, &a.written(false, seeds[0])), &read(kind, &b.written(false, seeds[1])), a == b, cosmetic)?;
    }

    #[test]
    fn the_canonical_text_is_its_own_canonical_text((kind, model) in kind_and_model(), seed in any::<u64>()) {
        let policy = read(kind, &model.written(false, seed));
        let text = policy.to_json();
        let again = CanonicalPolicy::parse(kind, &text, &aws()).unwrap();
        prop_assert_eq!(&again, &policy);
        prop_assert_eq!(again.to_json(), text.as_str());
        // Another reader of JSON, which sorts keys, finds nothing to do.
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(value.to_string(), text);
        prop_assert!(in_order(&value), "{}", value);
    }

    #[test]
    fn what_may_be_sent_reads_the_same_both_ways((kind, model) in kind_and_model(), seed in any::<u64>()) {
        let text = model.written(true, seed);
        prop_assert_eq!(mistakes(kind, &text, &aws()), []);
        prop_assert_eq!(CanonicalPolicy::parse(kind, &text, &aws()).unwrap(), read(kind, &text));
    }

    #[test]
    fn percent_encoding_comes_and_goes((kind, model) in kind_and_model(), seed in any::<u64>()) {
        const FEW: &AsciiSet = &CONTROLS.add(b'%');
        let text = model.written(false, seed);
        for set in [NON_ALPHANUMERIC, FEW] {
            let encoded = utf8_percent_encode(&text, set).to_string();
            prop_assert_eq!(decode_percent(&encoded).unwrap(), text.as_str());
            prop_assert_eq!(read(kind, &decode_percent(&encoded).unwrap()), read(kind, &text));
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in prop_oneof![any::<String>(), "[\\[\\]{}\":,\\\\a-zSA0-9.eE+ -]{0,80}"]) {
        survives(&text)?;
        let _ = decode_percent(&text);
    }

    #[test]
    fn no_spoiled_policy_makes_the_reader_panic(
        (kind, model) in kind_and_model(), seed in any::<u64>(), edits in prop::collection::vec(any_edit(), 1..4),
    ) {
        let _ = kind;
        let mut text: Vec<char> = model.written(true, seed).chars().collect();
        for (place, length, put) in edits {
            let start = place.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, put.chars());
        }
        survives(&text.into_iter().collect::<String>())?;
    }
}

/// Where, how many characters are taken away, and what is put there.
fn any_edit() -> impl Strategy<Value = (prop::sample::Index, usize, &'static str)> {
    let put = prop::sample::select(&[
        "",
        "",
        "\"",
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "null",
        "[[",
        "{\"Effect\":",
        "7",
        "\\",
        "\\ud800",
        "\u{0}",
        "é",
        "\"Sid\":\"X\",",
        "Not",
        "]}",
    ]);
    (any::<prop::sample::Index>(), 0..12_usize, put)
}

/// That a text is either read or has mistakes, each of them at a place in it.
fn survives(text: &str) -> Result<(), TestCaseError> {
    for kind in [PolicyKind::Trust, PolicyKind::Identity] {
        let found = mistakes(kind, text, &aws());
        let parsed = CanonicalPolicy::parse(kind, text, &aws());
        prop_assert_eq!(parsed.is_err(), !found.is_empty());
        if let Err(error) = parsed {
            prop_assert!(found.contains(&error));
        } else {
            prop_assert!(CanonicalPolicy::read(kind, text, &aws()).is_ok(), "what may be sent can be read");
        }
        let lines: Vec<&str> = text.strip_prefix('\u{feff}').unwrap_or(text).split('\n').collect();
        prop_assert!(found.is_sorted_by_key(super::PolicyError::position));
        for mistake in found {
            let place = mistake.position().unwrap();
            prop_assert!(place.column <= lines[place.line - 1].chars().count() + 1, "{}", mistake);
        }
    }
    Ok(())
}
