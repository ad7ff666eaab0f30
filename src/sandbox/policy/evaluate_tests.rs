//! What policies mean, case by case, and what IAM refuses to store.

use super::*;

fn decide(policy: &str, action: &str, resource: &str, keys: &[(&str, &str)]) -> Decision {
    let layers = Layers { identity: vec![Document::new(policy)], ..Layers::default() };
    let mut context = Context::new();
    for (key, value) in keys {
        context.set(*key, *value);
    }
    layers.decide(action, resource, &context)
}

fn statement(inside: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{inside}}}]}}"#)
}

#[test]
fn actions_fold_case_and_resources_do_not() {
    let policy = statement(r#""Action":"IAM:getrole","Resource":"arn:aws:iam::1:role/A*""#);
    assert_eq!(decide(&policy, "iam:GetRole", "arn:aws:iam::1:role/Abc", &[]), Decision::Allowed);
    let implicit = Decision::ImplicitDeny(Layer::Identity);
    assert_eq!(decide(&policy, "iam:GetRole", "arn:aws:iam::1:role/abc", &[]), implicit);
    assert_eq!(decide(&policy, "iam:GetRolePolicy", "arn:aws:iam::1:role/Abc", &[]), implicit);
    let all_but = statement(r#""NotAction":"iam:*","NotResource":"arn:aws:s3:::secret*""#);
    assert_eq!(decide(&all_but, "s3:GetObject", "arn:aws:s3:::open", &[]), Decision::Allowed);
    assert_eq!(decide(&all_but, "iam:GetRole", "arn:aws:s3:::open", &[]), implicit);
    assert_eq!(decide(&all_but, "s3:GetObject", "arn:aws:s3:::secret/x", &[]), implicit);
}

#[test]
fn conditions_hold_as_iam_says() {
    let with = |condition: &str| statement(&format!(r#""Action":"*","Resource":"*","Condition":{condition}"#));
    let allowed =
        |condition: &str, keys: &[(&str, &str)]| decide(&with(condition), "s3:X", "*", keys) == Decision::Allowed;
    let equals = r#"{"StringEquals":{"aws:PrincipalOrgID":["o-1","o-2"]}}"#;
    assert!(allowed(equals, &[("AWS:principalorgid", "o-2")]), "key names fold case");
    assert!(!allowed(equals, &[("aws:PrincipalOrgID", "O-2")]), "values do not");
    assert!(!allowed(equals, &[]), "a missing key is no match");
    assert!(allowed(r#"{"StringNotEquals":{"a:b":"x"}}"#, &[]), "but a negated one is");
    assert!(!allowed(r#"{"StringNotEquals":{"a:b":["x","y"]}}"#, &[("a:b", "y")]));
    assert!(allowed(r#"{"StringEqualsIfExists":{"a:b":"x"}}"#, &[]));
    assert!(!allowed(r#"{"StringEqualsIfExists":{"a:b":"x"}}"#, &[("a:b", "y")]));
    assert!(allowed(r#"{"Null":{"a:b":"true"}}"#, &[]) && !allowed(r#"{"Null":{"a:b":true}}"#, &[("a:b", "")]));
    assert!(allowed(r#"{"Bool":{"a:b":false}}"#, &[("a:b", "false")]));
    assert!(allowed(r#"{"NumericLessThan":{"a:b":10}}"#, &[("a:b", "9.5")]));
    assert!(!allowed(r#"{"NumericLessThan":{"a:b":"10"}}"#, &[("a:b", "10")]));
    assert!(allowed(r#"{"DateGreaterThan":{"a:b":"2026-01-01T00:00:00Z"}}"#, &[("a:b", "2026-11-24T00:00:00Z")]));
    assert!(allowed(r#"{"ArnLike":{"a:b":"arn:aws:iam::*:role/x*"}}"#, &[("a:b", "arn:aws:iam::1:role/xy")]));
    assert!(
        !allowed(r#"{"ArnLike":{"a:b":"arn:*:role/x"}}"#, &[("a:b", "arn:aws:iam::1:role/x")]),
        "no star over colons"
    );
    assert!(allowed(r#"{"StringLike":{"a:b":"${c:d}-*"}}"#, &[("a:b", "me-1"), ("c:d", "me")]));
    assert!(!allowed(r#"{"StringLike":{"a:b":"${c:d}*"}}"#, &[("a:b", "me-1")]), "a variable without value");
    assert!(allowed(r#"{"ForAllValues:StringEquals":{"a:b":"x"}}"#, &[]));
    assert!(!allowed(r#"{"ForAnyValue:StringEquals":{"a:b":"x"}}"#, &[]));
}

#[test]
fn every_layer_must_allow_and_one_denial_is_enough() {
    let all = || Document::new(statement(r#""Action":"*","Resource":"*""#));
    let reads = [Document::new(statement(r#""Action":"iam:Get*","Resource":"*""#))];
    let denial = [
        all(),
        Document::new(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"iam:CreateRole","Resource":"*"}}"#,
        ),
    ];
    let context = Context::new();
    let mut layers = Layers { scps: vec![&[], &denial], identity: vec![all()], ..Layers::default() };
    let explicit = Decision::ExplicitDeny(Layer::ServiceControlPolicy);
    assert_eq!(layers.decide("iam:CreateRole", "*", &context), explicit);
    assert_eq!(layers.decide("iam:PutRolePolicy", "*", &context), Decision::Allowed);
    layers.session = Some(&reads);
    assert_eq!(layers.decide("iam:PutRolePolicy", "*", &context), Decision::ImplicitDeny(Layer::Session));
    assert_eq!(layers.decide("iam:CreateRole", "*", &context), explicit, "an explicit denial is named first");
    layers.boundary = Some(Document::new(statement(r#""Action":"s3:*","Resource":"*""#)));
    assert_eq!(layers.decide("iam:GetRole", "*", &context), Decision::ImplicitDeny(Layer::PermissionsBoundary));
}

#[test]
fn documents_that_iam_would_refuse_are_refused() {
    let trust =
        |principal: &str| format!(r#"{{"Statement":[{{"Effect":"Allow",{principal}"Action":"sts:AssumeRole"}}]}}"#);
    for (text, message) in [
        ("{".to_owned(), "invalid Json"),
        (r#"{"Version":"2012-10-17"}"#.to_owned(), "Syntax"),
        (r#"{"Version":"2012-10-18","Statement":[]}"#.to_owned(), "version"),
        (trust(""), "Missing required field Principal"),
        (trust(r#""Principal":{"Service":""},"#), r#"Invalid principal in policy: "SERVICE":"""#),
        (trust(r#""Principal":{"AWS":"nobody"},"#), r#"Invalid principal in policy: "AWS":"nobody""#),
        (trust(r#""Principal":{"AWS":"*"},"Resource":"*","#), "prohibited field Resource"),
        (trust(r#""Principal":"*","Efect":"x","#), "Syntax"),
        (trust(r#""Principal":"*","#).replace("Allow", "allow"), "Invalid effect"),
        (trust(r#""Principal":"*","#).replace("sts:", "iam:"), "only specify STS"),
        (trust(r#""Principal":"*","Sid":"日本","#), "characters"),
    ] {
        let refusal = check(&text, PolicyKind::Trust).unwrap_err();
        assert!(refusal.contains(message), "{text}: {refusal}");
    }
    for (inside, message) in [
        (r#""Action":"*""#, "must contain resources"),
        (r#""Resource":"*""#, "must contain actions"),
        (r#""Action":"GetObject","Resource":"*""#, "vendor"),
        (r#""Action":[],"Resource":"*""#, "Syntax"),
        (r#""Action":"s3:*","Resource":"bucket""#, "ARN format"),
        (r#""Action":"s3:*","Resource":"*","Principal":"*""#, "should not specify a principal"),
        (r#""Action":"s3:*","Resource":"*","Condition":{"StringIs":{"a:b":"c"}}"#, "Syntax"),
    ] {
        let refusal = check(&statement(inside), PolicyKind::Identity).unwrap_err();
        assert!(refusal.contains(message), "{inside}: {refusal}");
    }
    assert!(check(&statement(r#""Action":"s3:*","Resource":"*""#), PolicyKind::Identity).is_ok());
}

#[test]
fn white_space_does_not_count_but_inside_strings() {
    assert_eq!(Document::new("{ \"a b\" :\n\t\"c\\\" d\" }").size(), "{\"a b\":\"c\\\" d\"}".len());
}
