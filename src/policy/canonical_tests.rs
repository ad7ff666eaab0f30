//! What is equal and what is not, pair by pair.

use super::{CanonicalPolicy, PolicyError, PolicyKind};

fn identity(text: &str) -> Result<CanonicalPolicy, PolicyError> {
    CanonicalPolicy::parse(PolicyKind::Identity, text, &"aws".parse().unwrap())
}

fn trust(text: &str) -> Result<CanonicalPolicy, PolicyError> {
    CanonicalPolicy::parse(PolicyKind::Trust, text, &"aws".parse().unwrap())
}

/// An identity statement with `more` in it.
fn with(more: &str) -> CanonicalPolicy {
    let base = |name: &str, rest: &str| if more.contains(name) { String::new() } else { rest.to_owned() };
    let action = base("Action\"", r#""Action":"s3:GetObject","#);
    let resource = base("\"Resource\"", r#""Resource":"*","#);
    identity(&format!(r#"{{"Statement":{{"Effect":"Allow",{action}{resource}{more}}}}}"#)).unwrap()
}

fn by(principal: &str) -> CanonicalPolicy {
    trust(&format!(r#"{{"Statement":{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}}}}}"#))
        .unwrap()
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
    assert_eq!(identity(&format!("\n [ {{\"statement\" : {one} }}]\t")).unwrap(), doc("", one));
}

#[test]
fn what_is_no_policy_is_refused_with_its_place() {
    for (text, says) in [
        ("", "`Statement` is missing"),
        ("{}", "`Statement` is missing"),
        (r#"{"Statement":[{"Effect":"allow"}]}"#, "Statement[0].Effect"),
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
fn the_built_in_documents_are_policies() {
    identity(include_str!("../../setups/amazon-ml-redshift/permissions.json")).unwrap();
    trust(include_str!("../../setups/amazon-ml-redshift/trust.json")).unwrap();
}

proptest::proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in "\\PC{0,60}|[\\[\\]{}\":,a-zS0-9 ]{0,80}") {
        let _ = identity(&text);
    }
}
