//! Each lint where it must speak, and where it must be silent.

use super::setup_tests::lints;

const TRUST: &str =
    r#"{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", PRINCIPAL}]}"#;
const OWN: &str = r#""Principal": {"AWS": "arn:{{partition}}:iam::{{account_id}}:root"}"#;

/// What is said of a trust policy.
fn trust(principal: &str) -> Vec<String> {
    lints("", &[("trust.json", &TRUST.replace("PRINCIPAL", principal))])
}

/// What is said of an inline policy.
fn inline(policy: &str) -> Vec<String> {
    let documents = [("trust.json", TRUST.replace("PRINCIPAL", OWN)), ("p.json", policy.to_owned())];
    lints("[role.inline_policies]\nA = 'p.json'\n", &documents.each_ref().map(|(name, text)| (*name, text.as_str())))
}

fn file(rest: &str) -> Vec<String> {
    lints(rest, &[("trust.json", &TRUST.replace("PRINCIPAL", OWN))])
}

#[track_caller]
fn says(found: &[String], place: &str, words: &str) {
    assert!(matches!(found, [one] if one.starts_with(place) && one.contains(words)), "{found:#?}");
}

#[test]
fn wide_trust_is_told_and_narrow_trust_is_not() {
    let everybody = "everybody in AWS may assume the role";
    says(&trust(r#""Principal": "*""#), "trust.json:1:102: ", everybody);
    says(&trust(r#""Principal": {"AWS": ["*"]}"#), "trust.json:1:111: ", everybody);
    let external = r#""Condition": {"StringEquals": {"sts:ExternalId": "x"}}"#;
    says(&trust(&format!(r#""Principal": "*", {external}"#)), "trust.json:1:102: ", everybody);
    let org = r#""Condition": {"StringEquals": {"aws:principalorgid": "o-1"}}"#;
    assert_eq!(trust(&format!(r#""Principal": "*", {org}"#)), [""; 0]);

    let other = "whoever another account lets";
    let foreign = r#""Principal": {"AWS": "arn:aws:iam::{{param.hub}}:root"}"#;
    let found = trust(foreign);
    assert!(found.iter().any(|line| line.contains(other)), "{found:#?}");
    let found = trust(&format!("{foreign}, {external}"));
    assert!(!found.iter().any(|line| line.contains(other)), "{found:#?}");
    assert_eq!(trust(r#""Principal": {"AWS": "arn:aws:iam::{{account_id}}:role/deploy"}"#), [""; 0]);
    assert_eq!(trust(OWN), [""; 0]);
}

#[test]
fn a_service_that_may_act_for_anybody_is_told() {
    let service = r#""Principal": {"Service": ["a.amazonaws.com", "b.amazonaws.com"]}"#;
    says(&trust(service), "trust.json:1:115: ", "`a.amazonaws.com` may assume the role on behalf of any account");
    let source = r#""Condition": {"StringEquals": {"aws:SourceAccount": "{{account_id}}"}}"#;
    assert_eq!(trust(&format!("{service}, {source}")), [""; 0]);
}

#[test]
fn wide_permissions_are_told() {
    let policy = |action: &str, resource: &str| {
        format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": {action}, "Resource": "{resource}"}}}}"#
        )
    };
    says(&inline(&policy(r#"["a:B", "*"]"#, "arn:aws:s3:::b")), "p.json:1:78: ", "may do everything");
    says(&inline(&policy(r#""iam:passrole""#, "*")), "p.json:1:70: ", "may pass every role");
    says(&inline(&policy(r#""s3:*""#, "*")), "p.json:1:70: ", "everything of `s3`");
    for (action, resource) in
        [(r#""s3:*""#, "arn:aws:s3:::b"), (r#""s3:Get*""#, "*"), (r#""iam:PassRole""#, "{{role_arn}}")]
    {
        assert_eq!(inline(&policy(action, resource)), [""; 0], "{action} {resource}");
    }
    assert_eq!(inline(&policy(r#""*""#, "*").replace("Allow", "Deny")), [""; 0]);
}

#[test]
fn a_variable_that_is_none_is_told() {
    let policy = |version: &str| {
        format!(
            r#"{{{version}"Statement": {{"Effect": "Allow", "Action": "a:B", "Resource": "b/${{aws:username}}"}}}}"#
        )
    };
    says(&inline(&policy("")), "p.json:1:64: ", "plain text in a policy of version 2008-10-17");
    says(&inline(&policy(r#""Version": "2008-10-17", "#)), "p.json:1:89: ", "plain text");
    assert_eq!(inline(&policy(r#""Version": "2012-10-17", "#)), [""; 0]);
}

#[test]
fn what_the_setup_file_says_is_looked_at_too() {
    assert_eq!(file(""), [""; 0]);
    says(&file("extra_policies = 'remove'"), "setup.toml:6:18: ", "taken off in every account");
    says(&file("description = 'for 111122223333'"), "setup.toml:6:20: ", "the account 111122223333 is written out");
    assert_eq!(file("description = 'for 1111222233334 and 11112222333'"), [""; 0]);
    says(&file("[pass_role]\nresource = '*'"), "setup.toml:7:12: ", "every role of the account");
    let managed =
        |name: &str| format!("managed_policies = ['arn:{{{{partition}}}}:iam::aws:policy/service-role/{name}']");
    for retired in
        ["AmazonMachineLearningRoleforRedshiftDataSource", "AmazonMachineLearningRoleforRedshiftDataSourceV2"]
    {
        says(&file(&managed(retired)), "setup.toml:6:21: ", "AWS has replaced");
    }
    assert_eq!(file(&managed("AmazonMachineLearningRoleforRedshiftDataSourceV3")), [""; 0]);
}

#[test]
fn what_iam_takes_on_request_only_is_told() {
    let many: Vec<String> = (0..11).map(|n| format!("'arn:{{{{partition}}}}:iam::aws:policy/P{n}'")).collect();
    let found = file(&format!("managed_policies = [\n{}\n]", many.join(",\n")));
    says(&found, "setup.toml:17:1: ", "11 managed policies; IAM lets a role have 10, on request 25");
    let sid = format!(r#""Sid": "{}", {OWN}"#, "x".repeat(2000));
    says(&trust(&sid), "setup.toml:5:9: ", "IAM takes 2048, on request 8192");
}
