//! What is equal and what is not, pair by pair.

use super::{CanonicalPolicy, PolicyError, PolicyKind, mistakes};

fn identity(text: &str) -> Result<CanonicalPolicy, PolicyError> {
    CanonicalPolicy::parse(PolicyKind::Identity, text, &"aws".parse().unwrap())
}

fn held(text: &str) -> Result<CanonicalPolicy, PolicyError> {
    CanonicalPolicy::read(PolicyKind::Identity, text, &"aws".parse().unwrap())
}

fn trust(text: &str) -> Result<CanonicalPolicy, PolicyError> {
    CanonicalPolicy::parse(PolicyKind::Trust, text, &"aws".parse().unwrap())
}

/// An identity statement with `more` in it.
fn with(more: &str) -> CanonicalPolicy {
    let base = |name: &str, rest: &str| if more.contains(name) { String::new() } else { rest.to_owned() };
    let action = base("Action\"", r#""Action":"s3:GetObject","#);
    let resource = base("\"Resource\"", r#""Resource":"*","#);
    held(&format!(r#"{{"Statement":{{"Effect":"Allow",{action}{resource}{more}}}}}"#)).unwrap()
}

fn by(principal: &str) -> CanonicalPolicy {
    let text = format!(r#"{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}}}}}"#);
    CanonicalPolicy::read(PolicyKind::Trust, &text, &"aws".parse().unwrap()).unwrap()
}

#[test]
fn statements_that_mean_the_same_are_equal() {
    for (a, b) in [
        (r#""Action":"s3:GetObject""#, r#""Action":["s3:GetObject"]"#),
        (r#""Action":["a:B","a:C"]"#, r#""Action":["a:C","a:B"]"#),
        (r#""Action":["a:B","a:B"]"#, r#""Action":"a:B""#),
        (r#""Action":"S3:getobject""#, r#""Action":"s3:GetObject""#),
        (r#""Sid":"""#, r#""Resource":"*""#),
        (r#""Condition":{"Bool":{"k":true}}"#, r#""Condition":{"Bool":{"k":"true"}}"#),
        (r#""Condition":{"NumericEquals":{"k":10}}"#, r#""Condition":{"NumericEquals":{"k":["10"]}}"#),
        (r#""Condition":{"StringEquals":{"k":["a","b"]}}"#, r#""Condition":{"StringEquals":{"k":["b","a","a"]}}"#),
        (r#""Condition":{"StringEquals":{"aws:Foo":"a"}}"#, r#""Condition":{"StringEquals":{"aws:foo":"a"}}"#),
        (r#""Condition":{}"#, r#""Resource":"*""#),
        (r#""Resource":["r","r"]"#, r#""Resource":"r""#),
        (r#""Principal":{}"#, r#""Resource":"*""#),
    ] {
        assert_eq!(with(a), with(b), "{a} / {b}");
        assert_eq!(with(a).digest(), with(b).digest());
    }
}

#[test]
fn statements_that_mean_something_else_are_not() {
    for (a, b) in [
        (r#""Sid":"X""#, r#""Resource":"*""#),
        (r#""NotAction":"x:Y""#, r#""Action":"x:Y""#),
        (r#""Action":["x:Y","x:*"]"#, r#""Action":"x:*""#),
        (r#""Resource":"arn:aws:s3:::a+b""#, r#""Resource":"arn:aws:s3:::a b""#),
        (r#""Resource":"arn:aws:s3:::A""#, r#""Resource":"arn:aws:s3:::a""#),
        (r#""Condition":{"Bool":{"k":"True"}}"#, r#""Condition":{"Bool":{"k":"true"}}"#),
        (r#""Condition":{"StringEquals":{"k":"a"}}"#, r#""Condition":{"StringLike":{"k":"a"}}"#),
        (
            r#""Action":"iam:PassRole","Resource":"*""#,
            r#""Action":"iam:PassRole","Resource":"arn:aws:iam::123456789012:role/r""#,
        ),
    ] {
        assert_ne!(with(a), with(b), "{a} / {b}");
        assert_ne!(with(a).digest(), with(b).digest());
    }
}

#[test]
fn principals_are_compared_as_iam_stores_them() {
    let root = r#"{"AWS":"arn:aws:iam::123456789012:root"}"#;
    assert_eq!(by(r#"{"AWS":"123456789012"}"#), by(root));
    assert_eq!(by(r#"{"AWS":"123456789012","Service":[]}"#), by(root));
    assert_eq!(by(r#""*""#), by(r#"{"AWS":"*"}"#));
    assert_eq!(by(r#"{"Service":["a","b"]}"#), by(r#"{"Service":["b","a"]}"#));
    assert_ne!(by(r#"{"AWS":"arn:aws-cn:iam::123456789012:root"}"#), by(root));
    assert_ne!(by(r#"{"Federated":"123456789012"}"#), by(&root.replace("AWS", "Federated")));
    assert_ne!(by(r#"{"AWS":"AROAEXAMPLE"}"#), by(r#"{"AWS":"arn:aws:iam::123456789012:role/r"}"#));
}

#[test]
fn documents_are_sets_of_statements_under_a_version() {
    let one = r#"{"Effect":"Allow","Action":"a:B","Resource":"*"}"#;
    let two = r#"{"Effect":"Deny","Action":"a:C","Resource":"*"}"#;
    let both = r#"{"Effect":"Allow","Action":["a:B","a:C"],"Resource":"*"}"#;
    let doc = |version: &str, rest: &str| identity(&format!(r#"{{{version}"Statement":{rest}}}"#)).unwrap();
    assert_eq!(doc("", one), doc("", &format!("[{one},{one}]")));
    assert_eq!(doc("", &format!("[{one},{two}]")), doc("", &format!("[{two},{one}]")));
    assert_eq!(doc("", &format!("[{one},{one},{two}]")), doc("", &format!("[{one},{two},{two}]")));
    assert_ne!(doc("", &format!("[{one},{}]", one.replace("a:B", "a:C"))), doc("", both), "statements are not merged");
    assert_eq!(doc("", one), doc(r#""Version":"2008-10-17","#, one));
    assert_ne!(doc("", one), doc(r#""Version":"2012-10-17","#, one));
    assert_ne!(doc("", one), doc(r#""Id":"p","#, one));
    let wrapped = format!("\n [ {{\"statement\" : {one} }}]\t");
    assert_eq!(held(&wrapped).unwrap(), doc("", one));
    assert!(identity(&wrapped).is_err(), "nobody documents a list around a document");
}

#[test]
fn what_is_no_policy_is_refused_with_its_place() {
    for (text, says) in [
        ("", "`Statement` is missing"),
        ("{}", "`Statement` is missing"),
        (r#"{"Statement":[{"Effect":"allow"}]}"#, "Statement[0].Effect"),
        (r#"{"Statement":[{"effect":"Allow"}]}"#, "`effect` is written `Effect` (at Statement[0].effect"),
        (r#"{"Statement":[]}"#, "`Statement` holds nothing"),
        (r#"{"Statement":{"Effect":"Allow","Action":[],"Resource":"*"}}"#, "`Action` holds nothing"),
        (r#"{"Statement":{"Effect":"Allow","Action":"a:B","Resource":["*",""]}}"#, "`Resource` holds nothing"),
        (r#"{"Statement":[{"Effect":"Allow","Actoin":"a:B"}]}"#, "`Actoin` is not an element of a statement"),
        (r#"{"Statement":{"Effect":"Allow","Action":"a:B"}}"#, "`Resource` is missing"),
        (r#"{"Statement":{"Effect":"Allow","Effect":"Deny"}}"#, "`Effect` is there twice"),
        (r#"{"Statement":{"Effect":"Allow","Action":"a:B","NotAction":"a:C"}}"#, "cannot stand in one statement"),
        (r#"{"Version":"2013","Statement":[]}"#, "`2013` is not"),
        ("[[[[", "not JSON"),
        (
            r#"{"Statement":{"Effect":"Allow","Action":"a:B","Resource":"*","Principal":"*"}}"#,
            "at Statement.Principal, line 1, column 62",
        ),
        (r#"{"Statement":[{"Effect":"Allow","Actoin":"a:B"}]}"#, "Statement[0].Actoin"),
        (r#"{"Statement":{"Effect":"Allow","Action":true,"Resource":"*"}}"#, "Statement.Action"),
        (r#"{"Statement":{"Effect":"Allow","Action":"a:B","Resource":5}}"#, "Statement.Resource"),
    ] {
        let error = identity(text).unwrap_err().to_string();
        assert!(error.contains(says), "{text}: {error}");
    }
    assert!(
        trust(r#"{"Statement":{"Effect":"Allow","Action":"sts:AssumeRole"}}"#).is_err(),
        "a trust needs a principal"
    );
}

#[test]
fn every_mistake_is_told_at_once_in_the_order_of_the_lines() {
    let text = r#"{
  "version": "2012",
  "Statement": [
    {"Effect": "allow", "Actoin": "a:B", "Resource": ["*", 5]},
    {"Effect": "Allow", "Action": "a:B", "Action": "a:C", "NotAction": "a:D", "Principal": {}},
    7,
    {"Condition": {"StringEquals": {"k": {}, "K": "a"}}}
  ]
}"#;
    let told: Vec<String> =
        mistakes(PolicyKind::Identity, text, &"aws".parse().unwrap()).iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(told.join("\n"), @"
`version` is written `Version` (at version, line 2, column 3)
`2012` is not `2012-10-17` or `2008-10-17` (at Version, line 2, column 14)
`allow` is not `Allow` or `Deny` (at Statement[0].Effect, line 4, column 16)
`Actoin` is not an element of a statement (at Statement[0].Actoin, line 4, column 25)
a text was expected, but there is a number (at Statement[0].Resource[1], line 4, column 60)
`Resource` is missing (at Statement[1], line 5, column 5)
`Action` and `NotAction` cannot stand in one statement (at Statement[1], line 5, column 5)
the key `Action` is there twice (at Statement[1].Action, line 5, column 42)
`Principal` is not an element of a statement of this kind (at Statement[1].Principal, line 5, column 79)
an object was expected, but there is a number (at Statement[2], line 6, column 5)
`Effect` is missing (at Statement[3], line 7, column 5)
`Action` is missing (at Statement[3], line 7, column 5)
`Resource` is missing (at Statement[3], line 7, column 5)
a text or a list of texts was expected, but there is an object (at Statement[3].Condition.StringEquals.k, line 7, column 42)
the key `K` is there twice (at Statement[3].Condition.StringEquals.K, line 7, column 46)
");
    let cut = r#"{"Statement":{"Effect":"Allow","Effect":"Deny","#;
    let told = mistakes(PolicyKind::Identity, cut, &"aws".parse().unwrap());
    assert_eq!(told.len(), 2, "what is not JSON ends the reading: {told:?}");
    assert_eq!(mistakes(PolicyKind::Identity, "", &"aws".parse().unwrap()).len(), 1);
}

#[test]
fn what_iam_holds_is_read_for_its_meaning() {
    let lower = r#"{"statement":{"effect":"allow","action":"A:b","resource":"*","principal":{}}}"#;
    assert_eq!(
        held(lower).unwrap(),
        held(r#"{"Statement":{"Effect":"Allow","Action":"a:B","Resource":["*"]}}"#).unwrap()
    );
    for nothing in ["", " \n", "{}", r#"{"Statement":[]}"#] {
        assert_eq!(held(nothing).unwrap().to_json(), r#"{"Statement":[],"Version":"2008-10-17"}"#);
        assert!(identity(nothing).is_err());
    }
    for unknown in ["[]", "5", "{", r#"{"Statement":{}}"#, r#"{"Statement":{"Effect":"Permit"}}"#, r#"{"Rules":[]}"#] {
        assert!(held(unknown).is_err(), "{unknown}");
    }
}

#[test]
fn the_canonical_text_is_a_policy_and_the_digest_is_its_sha_256() {
    let text = r#"{"Version":"2012-10-17","Id":"\u00e9\"","Statement":[
        {"Effect":"Deny","NotAction":["S3:*","iam:Get*"],"Resource":"b","Condition":{"Bool":{"aws:X":true},"Null":{}}},
        {"Effect":"Allow","Action":"s3:GetObject","Resource":["b","a","b"],"Sid":"One",
         "Condition":{"StringLike":{"b":["2","1"],"A":5}}}]}"#;
    let policy = identity(text).unwrap();
    let canonical = policy.to_json();
    insta::assert_snapshot!(canonical, @r#"{"Id":"é\"","Statement":[{"Action":["s3:getobject"],"Condition":{"StringLike":{"a":["5"],"b":["1","2"]}},"Effect":"Allow","Resource":["a","b"],"Sid":"One"},{"Condition":{"Bool":{"aws:x":["true"]}},"Effect":"Deny","NotAction":["iam:get*","s3:*"],"Resource":["b"]}],"Version":"2012-10-17"}"#);
    assert_eq!(identity(&canonical).unwrap(), policy);
    assert_eq!(identity(&canonical).unwrap().to_json(), canonical);
    // From `sha256sum` over the text above.
    assert_eq!(policy.digest(), "6ae5b8c05cab7bb7f58855bd0007460deb36e29bbb11e4ad60a921bd020639f5");
    let anyone = by("\"*\"").to_json();
    assert!(anyone.contains(r#""Principal":{"AWS":["*"]}"#), "{anyone}");
}

#[test]
fn the_example_in_the_documentation_is_true() {
    let page = include_str!("../../docs/iam.md");
    let text = r#"{"Statement":{"Effect":"Allow","Action":"S3:GetObject","Resource":"*"}}"#;
    let policy = identity(text).unwrap();
    for shown in [text, &policy.to_json(), &policy.digest()] {
        assert!(page.contains(shown), "{shown}");
    }
}

#[test]
fn the_built_in_documents_are_policies() {
    identity(include_str!("../../setups/amazon-ml-redshift/permissions.json")).unwrap();
    trust(include_str!("../../setups/amazon-ml-redshift/trust.json")).unwrap();
}

#[test]
fn whom_a_trust_lets_in_is_told_as_it_was_written() {
    let text = r#"{"Version":"2012-10-17","Statement":[
        {"Effect":"Allow","Principal":{"Service":["b.amazonaws.com","a.amazonaws.com"]},"Action":"sts:AssumeRole"},
        {"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"},
        {"Effect":"Deny","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"sts:AssumeRole"}]}"#;
    let trust = CanonicalPolicy::parse(PolicyKind::Trust, text, &"aws".parse().unwrap()).unwrap();
    assert_eq!(trust.trusted(), ["*", "a.amazonaws.com", "b.amazonaws.com"]);
}
