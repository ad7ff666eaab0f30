//! Pairs of policy documents, one file each in `tests/policies`, with what must be said of them.
//!
//! The first 38 are the pairs that every comparison of policies gets wrong somewhere. `tests/policies/README.md` says
//! what the fields mean.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use rolecall::ids::Partition;
use rolecall::policy::{CanonicalPolicy, PolicyDiff, PolicyKind, decode_percent, mistakes};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    why: String,
    kind: Kind,
    #[serde(default = "aws")]
    partition: Partition,
    a: Value,
    b: Value,
    equal: bool,
    #[serde(default)]
    cosmetic: bool,
    #[serde(default)]
    percent_encoded: Vec<String>,
    #[serde(default)]
    mistakes_in_a: Vec<String>,
    #[serde(default)]
    mistakes_in_b: Vec<String>,
    #[serde(default)]
    says: Vec<String>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Trust,
    Identity,
}

fn aws() -> Partition {
    "aws".parse().unwrap()
}

impl Pair {
    fn kind(&self) -> PolicyKind {
        match self.kind {
            Kind::Trust => PolicyKind::Trust,
            Kind::Identity => PolicyKind::Identity,
        }
    }

    /// The text of a document: a JSON string is the text itself, so that it can hold what JSON would lose.
    fn text(&self, name: &str) -> String {
        let document = if name == "a" { &self.a } else { &self.b };
        let text = document.as_str().map_or_else(|| document.to_string(), str::to_owned);
        if self.percent_encoded.iter().any(|encoded| encoded == name) { decode_percent(&text).unwrap() } else { text }
    }

    fn read(&self, name: &str) -> CanonicalPolicy {
        CanonicalPolicy::read(self.kind(), &self.text(name), &self.partition)
            .unwrap_or_else(|error| panic!("{name} cannot be read: {error}"))
    }

    fn check(&self) {
        assert!(!self.why.is_empty());
        assert!(!(self.equal && (self.cosmetic || !self.says.is_empty())), "equal documents have no difference");
        let (a, b) = (self.read("a"), self.read("b"));
        for (found, wanted) in [(&a, &b), (&b, &a)] {
            let diff = PolicyDiff::between(found, wanted);
            assert_eq!(found == wanted, self.equal, "equality");
            assert_eq!(found.digest() == wanted.digest(), self.equal, "digests of\n{found:?}\n{wanted:?}");
            assert_eq!(diff.is_empty(), self.equal, "difference: {diff}");
            assert_eq!(diff.is_cosmetic(), self.cosmetic, "cosmetic: {diff}");
            assert_eq!(diff.to_string().is_empty(), self.equal, "{diff:?}");
            assert_eq!(diff.summary().is_empty(), self.equal, "{diff:?}");
            assert!(diff.summary().chars().count() <= 160, "{}", diff.summary());
        }
        if !self.says.is_empty() {
            let said = PolicyDiff::between(&a, &b).to_string();
            assert_eq!(said.lines().collect::<Vec<_>>(), self.says);
        }
        for (name, policy, expected) in [("a", &a, &self.mistakes_in_a), ("b", &b, &self.mistakes_in_b)] {
            self.check_mistakes(name, policy, expected);
            let json = policy.to_json();
            let again = CanonicalPolicy::read(self.kind(), &json, &self.partition).unwrap();
            assert_eq!((&again, again.to_json()), (policy, json), "{name} is not canonical after all");
        }
    }

    fn check_mistakes(&self, name: &str, policy: &CanonicalPolicy, expected: &[String]) {
        let text = self.text(name);
        let found: Vec<String> =
            mistakes(self.kind(), &text, &self.partition).iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "mistakes of {name}: {found:?}");
        for (found, expected) in found.iter().zip(expected) {
            assert!(found.starts_with(expected), "{name}: {found}");
        }
        match CanonicalPolicy::parse(self.kind(), &text, &self.partition) {
            Ok(parsed) => {
                assert!(expected.is_empty() && parsed == *policy, "{name} means one thing, however it is read")
            }
            Err(error) => assert!(expected.iter().any(|expected| error.to_string().starts_with(expected)), "{error}"),
        }
    }
}

#[test]
fn every_pair_is_judged_as_its_file_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policies");
    let mut numbers: BTreeMap<usize, String> = BTreeMap::new();
    let mut failures = Vec::new();
    let mut equal = 0;
    for entry in fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if name == "README.md" {
            continue;
        }
        let number = name.split('-').next().unwrap().parse().unwrap_or_else(|_| panic!("{name} has no number"));
        let twin = numbers.insert(number, name.clone());
        assert!(twin.is_none() && name.ends_with(".json"), "{name} and {twin:?}");
        let pair: Pair = serde_json::from_str(&fs::read_to_string(&path).unwrap())
            .unwrap_or_else(|error| panic!("{name} is malformed: {error}"));
        equal += usize::from(pair.equal);
        if std::panic::catch_unwind(|| pair.check()).is_err() {
            failures.push(name);
        }
    }
    assert!(numbers.len() >= 38 && numbers.keys().copied().eq(1..=numbers.len()), "pairs are missing: {numbers:?}");
    assert!(failures.is_empty(), "{} of {} pairs are judged wrongly: {failures:#?}", failures.len(), numbers.len());
    // Past the capture of tests, so that every run says how much it has looked at.
    writeln!(std::io::stdout(), "{} pairs of policies, {equal} of them equal", numbers.len()).unwrap();
}
