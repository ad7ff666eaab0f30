//! What holds of every pair: nothing that the setup denies is allowed by what was called narrower or same, and what was
//! called wider has a request that the model agrees on.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::model_tests::{Asked, HOME, allowed};
use super::*;
use crate::policy::{PolicyKind, PrincipalType};

const ACTIONS: &[&str] = &[
    "s3:GetObject",
    "s3:Get*",
    "s3:*",
    "*",
    "s3:PutObject",
    "S3:?etobject",
    "iam:PassRole",
    "iam:*",
    "s3:GetObjectAcl",
];
const RESOURCES: &[&str] = &[
    "*",
    "arn:aws:s3:::b",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/x",
    "arn:aws:s3:::b/x*",
    "arn:aws:s3:::?/x",
    "arn:aws:s3:::*",
    "arn:aws:s3:*:b/x",
    "arn:aws:s3*",
    "arn:aws:s3:::b/${aws:username}/*",
    "arn:aws:iam::111111111111:role/r",
];
const PRINCIPALS: &[(&str, &str)] = &[
    ("AWS", "*"),
    ("AWS", "arn:aws:iam::111111111111:root"),
    ("AWS", "arn:aws:iam::111111111111:role/r"),
    ("AWS", "arn:aws:iam::222222222222:root"),
    ("AWS", "arn:aws:iam::222222222222:role/r"),
    ("AWS", "arn:aws:iam::222222222222:user/u"),
    ("Service", "ec2.amazonaws.com"),
    ("Service", "lambda.amazonaws.com"),
    ("Federated", "cognito-identity.amazonaws.com"),
];
const CONDITIONS: &[(&str, &str, &[&str])] = &[
    ("StringEquals", "aws:PrincipalTag/team", &["a", "b", "ab", "${aws:username}"]),
    ("StringEqualsIfExists", "aws:principaltag/team", &["a", "b", "ab"]),
    ("StringLike", "aws:PrincipalTag/team", &["a", "a*", "?", "*"]),
    ("StringNotEquals", "aws:PrincipalTag/team", &["a", "b"]),
    ("StringNotLike", "aws:PrincipalTag/team", &["a*", "b", "${aws:username}"]),
    ("StringNotEqualsIfExists", "aws:PrincipalTag/team", &["a", "ab"]),
    ("StringEqualsIgnoreCase", "aws:PrincipalTag/team", &["A", "b"]),
    ("ForAnyValue:StringEquals", "aws:PrincipalTag/team", &["a", "b"]),
    ("ForAllValues:StringLike", "aws:PrincipalTag/team", &["a", "a*"]),
    ("Null", "aws:PrincipalTag/team", &["true", "false"]),
    ("Bool", "aws:MultiFactorAuthPresent", &["true", "false"]),
    ("BoolIfExists", "aws:MultiFactorAuthPresent", &["true"]),
    (
        "ArnLike",
        "aws:PrincipalArn",
        &["arn:aws:iam::*:role/*", "arn:aws:iam::111111111111:role/r", "arn:aws:iam:*:role/r"],
    ),
    ("ArnNotLike", "aws:PrincipalArn", &["arn:aws:iam::111111111111:*", "arn:aws:iam::111111111111:role/r"]),
    ("IpAddress", "aws:SourceIp", &["198.51.100.0/24", "198.51.100.7", "192.0.2.1"]),
    ("NotIpAddress", "aws:SourceIp", &["198.51.100.0/24", "192.0.2.1"]),
];

fn some<T: std::fmt::Debug + Clone + 'static>(of: &'static [T], most: usize) -> impl Strategy<Value = Vec<T>> {
    prop::sample::subsequence(of, 1..=most.min(of.len()))
}

fn any_condition() -> impl Strategy<Value = (String, String, Vec<String>)> {
    select(CONDITIONS).prop_flat_map(|(operator, key, values)| {
        let most = if operator == "Null" { 1 } else { 2 };
        some(values, most).prop_map(move |values| {
            (operator.to_owned(), key.to_owned(), values.into_iter().map(str::to_owned).collect())
        })
    })
}

fn any_statement(kind: PolicyKind) -> impl Strategy<Value = Value> {
    let actions = if kind == PolicyKind::Trust { &["sts:AssumeRole", "sts:*", "sts:TagSession"][..] } else { ACTIONS };
    let parts = (
        prop::bool::weighted(0.25),
        prop::bool::weighted(0.15),
        some(actions, 2),
        prop::bool::weighted(0.15),
        some(RESOURCES, 2),
        some(PRINCIPALS, 2),
        prop::collection::vec(any_condition(), 0..=1),
    );
    parts.prop_map(move |(denies, not_action, actions, not_resource, resources, principals, conditions)| {
        let mut statement = json!({"Effect": if denies { "Deny" } else { "Allow" }});
        statement[if not_action { "NotAction" } else { "Action" }] = json!(actions);
        if kind == PolicyKind::Trust {
            let mut types: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
            principals.iter().for_each(|(of, name)| types.entry(of).or_default().push(name));
            statement["Principal"] = json!(types);
        } else {
            statement[if not_resource { "NotResource" } else { "Resource" }] = json!(resources);
        }
        for (operator, key, values) in conditions {
            statement["Condition"] = json!({operator: {key: values}});
        }
        statement
    })
}

/// What is wanted, and what was found: mostly the same with something done to it.
fn any_pair(kind: PolicyKind) -> impl Strategy<Value = (Vec<Value>, Vec<Value>)> {
    let statements = prop::collection::vec(any_statement(kind), 1..4);
    let edits = prop::collection::vec((0..6_u8, any::<prop::sample::Index>(), any_statement(kind)), 0..3);
    (statements, edits).prop_map(|(wanted, edits)| {
        let mut found = wanted.clone();
        for (edit, place, other) in edits {
            if found.is_empty() {
                break;
            }
            let index = place.index(found.len());
            let statement = &mut found[index];
            match edit {
                0 => drop(found.remove(index)),
                1 => found.push(other),
                2 => *statement = other,
                3 => drop(statement.as_object_mut().unwrap().remove("Condition")),
                4 => statement
                    .as_object_mut()
                    .unwrap()
                    .extend(other.get("Condition").map(|condition| ("Condition".to_owned(), condition.clone()))),
                _ => {
                    for name in ["Action", "NotAction", "Resource", "NotResource", "Principal"] {
                        if let (Some(_), Some(new)) = (statement.get(name), other.get(name)) {
                            statement[name] = new.clone();
                        }
                    }
                }
            }
        }
        (wanted, found)
    })
}

fn document(statements: &[Value]) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements})
}

fn read(kind: PolicyKind, document: &Value) -> CanonicalPolicy {
    CanonicalPolicy::read(kind, &document.to_string(), &"aws".parse().unwrap()).unwrap()
}

/// Every request that is worth asking, each way that IAM might read it.
fn requests(kind: PolicyKind) -> Vec<Asked> {
    let mut contexts: Vec<Vec<(&str, &str)>> = vec![vec![]];
    contexts.extend(["a", "b", "ab", "c", "A"].map(|team| vec![("aws:principaltag/team", team)]));
    contexts.extend(["true", "false"].map(|mfa| vec![("aws:multifactorauthpresent", mfa)]));
    contexts.extend(
        ["arn:aws:iam::111111111111:role/r", "arn:aws:iam::1:role/s", "arn:aws:iam:x:y:role/r"]
            .map(|arn| vec![("aws:principalarn", arn)]),
    );
    contexts.extend(["198.51.100.7", "192.0.2.1", "203.0.113.1"].map(|ip| vec![("aws:sourceip", ip)]));
    contexts.push(vec![
        ("aws:principaltag/team", "a"),
        ("aws:multifactorauthpresent", "true"),
        ("aws:sourceip", "192.0.2.1"),
    ]);
    let trust = kind == PolicyKind::Trust;
    let actions: &[&str] = match trust {
        true => &["sts:assumerole", "sts:tagsession", "sts:setsourceidentity"],
        false => &["s3:getobject", "s3:putobject", "s3:getobjectacl", "iam:passrole", "ec2:runinstances"],
    };
    let resources: &[&str] = match trust {
        true => &[""],
        false => &[
            "arn:aws:s3:::b",
            "arn:aws:s3:::b/x",
            "arn:aws:s3:::b/xy",
            "arn:aws:s3:::b/u/x",
            "arn:aws:s3:::c/x",
            "arn:aws:s3:r:1:b/x",
            "arn:aws:iam::111111111111:role/r",
        ],
    };
    let mut principals = vec![("AWS", "arn:aws:iam::333333333333:role/x")];
    principals.extend(PRINCIPALS.iter().filter(|(_, name)| !name.ends_with(":root") && *name != "*"));
    principals.extend([("AWS", "arn:aws:iam::111111111111:user/v"), ("AWS", "arn:aws:iam::222222222222:user/v")]);
    principals.truncate(if trust { usize::MAX } else { 1 });
    let ways = [(true, true, Some("u")), (false, true, Some("u")), (true, false, None), (false, true, None)];
    let mut all = Vec::new();
    for action in actions {
        for resource in resources {
            for (of, name) in &principals {
                for context in &contexts {
                    for (stars_reach, permitted, username) in ways {
                        let context = context.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect();
                        all.push(Asked {
                            action: (*action).into(),
                            resource: (*resource).into(),
                            principal: ((*of).into(), (*name).into()),
                            permitted,
                            context,
                            stars_reach,
                            username: username.map(str::to_owned),
                        });
                    }
                }
            }
        }
    }
    all
}

/// The witness, each way that IAM might read it.
fn witnessed(request: &Request) -> Vec<Asked> {
    let (of, name) =
        request.principal.clone().unwrap_or((PrincipalType::Aws, "arn:aws:iam::333333333333:role/x".into()));
    let ways = [(true, None), (false, None), (true, Some("u")), (false, Some("any"))];
    ways.map(|(stars_reach, username)| Asked {
        action: request.action.clone(),
        resource: request.resource.clone(),
        principal: (of.as_str().to_owned(), name.clone()),
        permitted: true,
        context: request.context.clone().into_iter().collect(),
        stars_reach,
        username: username.map(str::to_owned),
    })
    .to_vec()
}

/// Policies that must all allow.
type Bounds = Vec<Value>;

fn decide(bounds: &Bounds, asked: &Asked) -> bool {
    bounds.iter().all(|document| allowed(std::slice::from_ref(document), asked))
}

fn judge(verdict: &Verdict, wanted: &Bounds, found: &Bounds, requests: &[Asked]) -> Result<(), TestCaseError> {
    match verdict.power {
        Power::Wider => {
            for asked in witnessed(verdict.witness.as_ref().unwrap()) {
                prop_assert!(decide(found, &asked), "the setup's drift does not allow {:?}", asked);
                prop_assert!(!decide(wanted, &asked), "the setup allows {:?}", asked);
            }
        }
        Power::Unknown => prop_assert!(verdict.why.as_ref().is_some_and(|why| !why.is_empty())),
        Power::Narrower | Power::Same => {
            for asked in requests {
                let (before, now) = (decide(wanted, asked), decide(found, asked));
                prop_assert!(before || !now, "{:?} and yet only drift allows {:?}", verdict.power, asked);
                prop_assert!(verdict.power != Power::Same || before == now, "not the same: {:?}", asked);
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn no_request_contradicts_what_is_said_of_a_trust((wanted, found) in any_pair(PolicyKind::Trust)) {
        let (wanted, found) = (document(&wanted), document(&found));
        let verdict = trusts(&read(PolicyKind::Trust, &wanted), &read(PolicyKind::Trust, &found), HOME);
        judge(&verdict, &vec![wanted], &vec![found], &requests(PolicyKind::Trust))?;
    }

    #[test]
    fn no_request_contradicts_what_is_said_of_an_identity(
        (wanted, found) in any_pair(PolicyKind::Identity), bounds in prop::option::of(any_pair(PolicyKind::Identity)),
        bounded in any::<[bool; 2]>(),
    ) {
        let kind = PolicyKind::Identity;
        let bounds = bounds.unwrap_or_default();
        let side = |statements: &[Value], bound: &[Value], bounded: bool| {
            let bound = Some(bound).filter(|bound| bounded && !bound.is_empty()).map(document);
            [document(statements)].into_iter().chain(bound).collect::<Bounds>()
        };
        let (wanted, found) = (side(&wanted, &bounds.0, bounded[0]), side(&found, &bounds.1, bounded[1]));
        let parsed = |bounds: &Bounds| bounds.iter().map(|document| read(kind, document)).collect::<Vec<_>>();
        let (wants, finds) = (parsed(&wanted), parsed(&found));
        let verdict = identities(&of(&wants), &of(&finds));
        judge(&verdict, &wanted, &found, &requests(kind))?;
    }

    #[test]
    fn a_grant_among_other_policies_is_judged_soundly(
        (wanted, found) in any_pair(PolicyKind::Identity), others in prop::collection::vec(any_statement(PolicyKind::Identity), 0..3),
    ) {
        let kind = PolicyKind::Identity;
        let (wants, finds) = (read(kind, &document(&wanted)), read(kind, &document(&found)));
        let verdict = documents(Some(&wants), Some(&finds));
        // What is wider is so of the document alone; what is not, with whatever else there is.
        let with = |own: &[Value]| vec![document(&[own, others.as_slice()].concat())];
        match verdict.power {
            Power::Wider => judge(&verdict, &vec![document(&wanted)], &vec![document(&found)], &[])?,
            _ => judge(&verdict, &with(&wanted), &with(&found), &requests(kind))?,
        }
    }
}

fn of(policies: &[CanonicalPolicy]) -> Identity<'_> {
    Identity {
        inline: policies.iter().take(1).collect(),
        attached: BTreeMap::new(),
        boundary: policies.get(1).map(|bound| ("arn:aws:iam::111111111111:policy/Bound", Some(bound))),
    }
}

#[test]
fn the_pairs_are_of_every_kind() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::TestRunner;
    for (kind, least) in [(PolicyKind::Identity, 40), (PolicyKind::Trust, 40)] {
        let mut runner = TestRunner::deterministic();
        let mut counts: BTreeMap<Power, usize> = BTreeMap::new();
        for _ in 0..1000 {
            let (wanted, found) = any_pair(kind).new_tree(&mut runner).unwrap().current();
            let (wanted, found) = (read(kind, &document(&wanted)), read(kind, &document(&found)));
            let verdict = match kind {
                PolicyKind::Trust => trusts(&wanted, &found, HOME),
                PolicyKind::Identity => identities(&of(&[wanted]), &of(&[found])),
            };
            *counts.entry(verdict.power).or_default() += 1;
        }
        for power in [Power::Wider, Power::Unknown, Power::Narrower, Power::Same] {
            assert!(counts.get(&power).is_some_and(|count| *count >= least), "{kind:?}: {counts:?}");
        }
    }
}
