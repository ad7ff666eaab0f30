//! What a difference is called, and that its words cannot be misread.

use super::{CanonicalPolicy, DifferenceKind, PolicyDiff, PolicyKind};

fn diff(kind: PolicyKind, found: &str, wanted: &str) -> PolicyDiff {
    let read = |text: &str| {
        let text = format!(r#"{{"Version":"2012-10-17","Statement":{text}}}"#);
        CanonicalPolicy::read(kind, &text, &"aws".parse().unwrap()).unwrap()
    };
    PolicyDiff::between(&read(found), &read(wanted))
}

fn identity(found: &str, wanted: &str) -> PolicyDiff {
    diff(PolicyKind::Identity, found, wanted)
}

fn trust(found: &str, wanted: &str) -> PolicyDiff {
    let statement = |principal: &str| format!(r#"{{"Effect":"Allow","Action":"sts:AssumeRole",{principal}}}"#);
    diff(PolicyKind::Trust, &statement(found), &statement(wanted))
}

const S3: &str =
    r#"{"Sid":"S3Access","Effect":"Allow","Action":["s3:GetObject","s3:PutObject"],"Resource":"arn:aws:s3:::a/*"}"#;

#[test]
fn equal_policies_have_no_difference() {
    let diff = identity(S3, &S3.replace("s3:G", "S3:g"));
    assert!(diff.is_empty() && !diff.is_cosmetic());
    assert_eq!((diff.to_string(), diff.summary()), (String::new(), String::new()));
}

#[test]
fn values_are_missing_or_extra_in_their_authors_spelling() {
    let found = S3.replace("s3:PutObject", "S3:Put*").replace("arn:aws:s3:::a/*", "*");
    insta::assert_snapshot!(identity(&found, S3), @r#"
statement "S3Access", Action: missing s3:PutObject and extra S3:Put*
statement "S3Access", Resource: found * instead of arn:aws:s3:::a/*
"#);
    insta::assert_snapshot!(identity(S3, &found), @r#"
statement "S3Access", Action: missing S3:Put* and extra s3:PutObject
statement "S3Access", Resource: found arn:aws:s3:::a/* instead of *
"#);
    insta::assert_snapshot!(identity(&S3.replace("Allow", "Deny").replace("\"Action", "\"NotAction"), S3), @r#"
statement "S3Access", Effect: found Deny instead of Allow
statement "S3Access", Action: missing s3:GetObject, s3:PutObject
statement "S3Access", NotAction: extra s3:GetObject, s3:PutObject
"#);
}

#[test]
fn statements_are_paired_by_what_they_say_then_by_name_then_by_what_they_share() {
    let more = r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#;
    insta::assert_snapshot!(identity(&format!("[{more}]"), &format!("[{S3}]")), @r#"
missing statement "S3Access": Allow s3:GetObject, s3:PutObject on arn:aws:s3:::a/*
extra statement 1: Deny iam:* on *
"#);
    let nameless = S3.replace(r#""Sid":"S3Access","#, "").replace("s3:GetObject", "s3:ListBucket");
    insta::assert_snapshot!(identity(&format!("[{more},{nameless}]"), &format!("[{S3},{more}]")), @r#"
statement "S3Access", Action: missing s3:GetObject and extra s3:ListBucket
statement "S3Access", Sid: missing S3Access
"#);
    // Names that changed places change nothing that IAM decides.
    let a = S3.replace("S3Access", "A").replace("s3:GetObject", "s3:ListBucket");
    let b = S3.replace("S3Access", "B");
    let swapped = format!("[{},{}]", a.replace("\"A\"", "\"B\""), b.replace("\"B\"", "\"A\""));
    let diff = identity(&swapped, &format!("[{a},{b}]"));
    insta::assert_snapshot!(diff, @r#"
statement "A", Sid: found B instead of A
statement "B", Sid: found A instead of B
"#);
    assert!(diff.is_cosmetic());
}

#[test]
fn names_alone_are_cosmetic() {
    let nameless = S3.replace(r#""Sid":"S3Access","#, "");
    for (found, wanted) in [(S3, nameless.as_str()), (&nameless, S3), (&format!("[{S3},{nameless}]"), S3)] {
        let diff = identity(found, wanted);
        assert!(diff.is_cosmetic() && !diff.is_empty(), "{diff}");
    }
    let diff = identity(&nameless.replace("Put", "Get"), S3);
    assert!(!diff.is_cosmetic());
}

#[test]
fn a_principal_that_was_deleted_is_called_so() {
    let role = r#""Principal":{"AWS":"arn:aws:iam::123456789012:role/r"}"#;
    let diff = trust(r#""Principal":{"AWS":"AROAEXAMPLE1"}"#, role);
    assert_eq!(diff.differences()[0].kind, DifferenceKind::OrphanedPrincipal);
    insta::assert_snapshot!(diff, @"statement 1, Principal AWS: found AROAEXAMPLE1 (the id of a deleted role or user) instead of arn:aws:iam::123456789012:role/r");
    insta::assert_snapshot!(trust(r#""Principal":{"AWS":["AIDAEXAMPLE1","210987654321","123456789012"]}"#, role), @"statement 1, Principal AWS: missing arn:aws:iam::123456789012:role/r and extra AIDAEXAMPLE1 (the id of a deleted role or user), 123456789012, 210987654321");
    insta::assert_snapshot!(trust(role, r#""Principal":{"AWS":"AROAEXAMPLE1"}"#), @"statement 1, Principal AWS: found arn:aws:iam::123456789012:role/r instead of AROAEXAMPLE1");
    insta::assert_snapshot!(trust(r#""Principal":{"Service":["ec2.amazonaws.com","a"]}"#, r#""Principal":{"Service":"a"}"#), @"statement 1, Principal Service: extra ec2.amazonaws.com");
}

#[test]
fn conditions_are_named_by_operator_and_key() {
    let who = r#""Principal":{"Service":"a"}"#;
    let when = |condition: &str| format!(r#"{who},"Condition":{condition}"#);
    let wanted = when(r#"{"StringEquals":{"sts:ExternalId":"abc"}}"#);
    insta::assert_snapshot!(trust(who, &wanted), @"statement 1, Condition StringEquals sts:ExternalId: missing abc");
    insta::assert_snapshot!(trust(&when(r#"{"StringEquals":{"STS:ExternalID":"x y; extra z"}}"#), &wanted), @r#"statement 1, Condition StringEquals sts:ExternalId: found "x y; extra z" instead of abc"#);
    insta::assert_snapshot!(trust(&when(r#"{"StringLike":{"sts:ExternalId":"abc"}}"#), &wanted), @"
statement 1, Condition StringEquals sts:ExternalId: missing abc
statement 1, Condition StringLike sts:ExternalId: extra abc
");
    insta::assert_snapshot!(trust(&when(r#"{"StringEquals":{"sts:ExternalId":[]}}"#), who), @"statement 1, Condition StringEquals sts:ExternalId: extra []");
    insta::assert_snapshot!(trust(r#""Principal":"*""#, &wanted), @"
statement 1, Principal AWS: extra *
statement 1, Principal Service: missing a
statement 1, Condition StringEquals sts:ExternalId: missing abc
");
}

#[test]
fn what_a_terminal_would_obey_is_spelled_out() {
    let found = S3.replace("arn:aws:s3:::a/*", "\\u001b[31m\\u202e").replace("S3Access", "\\u009b\\n");
    for diff in [identity(&found, S3), identity(S3, &found)] {
        for text in [diff.to_string().replace('\n', ""), diff.summary()] {
            assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'), "{text:?}");
        }
    }
    insta::assert_snapshot!(identity(S3, &found), @r#"
statement "\u{9b}\n", Resource: found arn:aws:s3:::a/* instead of "\u{1b}[31m\u{202e}"
statement "\u{9b}\n", Sid: found S3Access instead of "\u{9b}\n"
"#);
}

#[test]
fn a_summary_is_short_and_says_how_much_more() {
    let actions: Vec<String> = (0..40).map(|n| format!("\"svc:Action{n}\"")).collect();
    let many = S3.replace("\"s3:PutObject\"", &actions.join(","));
    insta::assert_snapshot!(identity(&many, S3).summary(), @r#"statement "S3Access", Action: missing s3:PutObject and extra svc:Action0, svc:Action1 and 38 more"#);
    let others: Vec<String> =
        (0..9).map(|n| S3.replace("S3Access", &format!("N{n}")).replace("/*", &format!("/{n}"))).collect();
    insta::assert_snapshot!(identity(&format!("[{}]", others.join(",")), S3).summary(), @r#"statement "S3Access", Resource: found arn:aws:s3:::a/0 instead of arn:aws:s3:::a/*; and 9 more"#);
    let long = S3.replace("/*", &"x".repeat(1000));
    insta::assert_snapshot!(identity(&format!("[{},{}]", long, others.join(",")), S3).summary(), @r#"statement "S3Access", Resource: found arn:aws:s3:::axxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…; and 9 more"#);
}

#[test]
fn a_program_reads_the_same() {
    let found = S3.replace("s3:PutObject", "s3:*");
    let extra = r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#;
    let diff = identity(&format!("[{extra},{found}]"), S3);
    insta::assert_snapshot!(serde_json::to_string_pretty(&diff).unwrap(), @r#"
{
  "cosmetic": false,
  "differences": [
    {
      "kind": "values",
      "statement": {
        "sid": "S3Access"
      },
      "element": "Action",
      "missing": [
        "s3:PutObject"
      ],
      "extra": [
        "s3:*"
      ]
    },
    {
      "kind": "statement_extra",
      "statement": {
        "number": 1
      },
      "element": null,
      "missing": [],
      "extra": [
        "Deny iam:* on *"
      ]
    }
  ]
}
"#);
}
