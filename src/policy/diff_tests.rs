//! The words for what differs.

use super::{CanonicalPolicy, PolicyDiff, PolicyKind};

fn diff(kind: PolicyKind, found: &str, wanted: &str) -> Vec<String> {
    let aws = "aws".parse().unwrap();
    let read = |text: &str| CanonicalPolicy::read(kind, text, &aws).unwrap();
    let diff = PolicyDiff::between(&read(found), &read(wanted));
    let json = serde_json::to_string(&diff).unwrap();
    assert_eq!(serde_json::from_str::<PolicyDiff>(&json).unwrap(), diff, "the same as data");
    diff.to_string().lines().map(str::to_owned).collect()
}

fn statement(more: &str) -> String {
    format!(r#"{{"Effect":"Allow",{more}}}"#)
}

fn policy(statements: &[&str]) -> String {
    let statements: Vec<String> = statements.iter().map(|more| statement(more)).collect();
    format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(","))
}

const READ: &str = r#""Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::a","arn:aws:s3:::b"]"#;
const WRITE: &str = r#""Sid":"Write","Action":"s3:PutObject","Resource":"arn:aws:s3:::a""#;

#[test]
fn values_are_named_on_the_side_where_they_are() {
    let identity = |found: &str| diff(PolicyKind::Identity, &policy(&[found]), &policy(&[READ]));
    assert_eq!(
        identity(r#""Action":"S3:GetObject","Resource":["arn:aws:s3:::a","arn:aws:s3:::b"]"#),
        ["Action s3:ListBucket missing"]
    );
    assert_eq!(
        identity(r#""Action":["s3:GetObject","s3:ListBucket","S3:Put*"],"Resource":"*""#),
        ["Action S3:Put* extra", "Resource * in place of arn:aws:s3:::a, arn:aws:s3:::b"]
    );
    assert_eq!(
        identity(&format!(r#"{READ},"Condition":{{"StringEquals":{{"aws:RequestedRegion":"eu-west-1"}}}}"#)),
        ["Condition StringEquals aws:RequestedRegion eu-west-1 extra"]
    );
}

#[test]
fn statements_are_paired_by_sid_then_by_likeness_and_else_stand_alone() {
    let found = policy(&[
        r#""Action":"s3:GetObject","Resource":["arn:aws:s3:::a","arn:aws:s3:::b"]"#,
        r#""Sid":"Write","Action":"s3:*","Resource":"*""#,
    ]);
    assert_eq!(
        diff(PolicyKind::Identity, &found, &policy(&[READ, WRITE])),
        [
            "in \"Write\": Action s3:* in place of s3:PutObject",
            "in \"Write\": Resource * in place of arn:aws:s3:::a",
            "in Allow s3:GetObject and 1 more on arn:aws:s3:::a and 1 more: Action s3:ListBucket missing",
        ]
    );
    assert_eq!(
        diff(PolicyKind::Identity, &policy(&[READ, r#""Action":"iam:*","Resource":"*""#]), &policy(&[READ, WRITE])),
        ["statement missing: \"Write\"", "statement extra: Allow iam:* on *"]
    );
}

#[test]
fn an_orphaned_principal_is_said_to_be_one() {
    let by = |name: &str| policy(&[&format!(r#""Action":"sts:AssumeRole","Principal":{{"AWS":"{name}"}}"#)]);
    assert_eq!(
        diff(PolicyKind::Trust, &by("AROAJQABLZS4A3QDU576Q"), &by("arn:aws:iam::123456789012:role/r")),
        [
            "Principal AWS AROAJQABLZS4A3QDU576Q (the id of a role or user that was deleted) in place of arn:aws:iam::123456789012:role/r"
        ]
    );
}

#[test]
fn a_sid_is_cosmetic_and_a_version_is_not() {
    let aws = "aws".parse().unwrap();
    let read = |text: &str| CanonicalPolicy::parse(PolicyKind::Identity, text, &aws).unwrap();
    let plain = policy(&[READ]);
    let named = policy(&[&format!(r#""Sid":"X",{READ}"#)]);
    assert!(PolicyDiff::between(&read(&named), &read(&plain)).is_cosmetic());
    assert_eq!(diff(PolicyKind::Identity, &named, &plain), ["Sid X extra"]);
    let older = plain.replace("2012-10-17", "2008-10-17");
    let older = PolicyDiff::between(&read(&older), &read(&plain));
    assert!(!older.is_cosmetic());
    assert_eq!(older.to_string(), "Version 2008-10-17 in place of 2012-10-17");
}

#[test]
fn nothing_in_a_line_acts_on_a_terminal() {
    let found = policy(&[r#""Sid":"\u001b[31m","Action":"a:\u001bB","Resource":"*""#, READ]);
    for line in diff(PolicyKind::Identity, &found, &policy(&[WRITE, READ])) {
        assert!(!line.contains('\u{1b}'), "{line:?}");
    }
}
