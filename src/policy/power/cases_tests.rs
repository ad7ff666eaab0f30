//! What each kind of difference is called, one by one.

use super::*;
use crate::policy::PolicyKind;

fn policy(kind: PolicyKind, statements: &str) -> CanonicalPolicy {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    CanonicalPolicy::read(kind, &text, &"aws".parse().unwrap()).unwrap_or_else(|error| panic!("{error}: {text}"))
}

const READ: &str =
    r#"{"Effect":"Allow","Action":["s3:GetObject","s3:ListBucket"],"Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]}"#;
const DENY: &str = r#"{"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}"#;

fn identity(wanted: &str, found: &str) -> Verdict {
    let (wanted, found) = (policy(PolicyKind::Identity, wanted), policy(PolicyKind::Identity, found));
    let side = |policy| Identity { inline: vec![policy], ..Identity::default() };
    identities(&side(&wanted), &side(&found))
}

fn trust(wanted: &str, found: &str) -> Verdict {
    let statement = |principal: &str| {
        let text = format!(r#"{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{principal}}}"#);
        policy(PolicyKind::Trust, &text)
    };
    trusts(&statement(wanted), &statement(found), "111111111111")
}

fn both(statements: &[&str]) -> String {
    statements.join(",")
}

#[test]
fn what_is_written_differently_and_means_the_same_is_the_same() {
    let split = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":["arn:aws:s3:::b","arn:aws:s3:::b/*"]},
        {"Effect":"Allow","Action":"S3:listbucket","Resource":["arn:aws:s3:::b/*","arn:aws:s3:::b"]}"#;
    assert_eq!(identity(READ, split), Verdict::just(Power::Same));
    assert_eq!(identity(&both(&[READ, DENY]), &both(&[DENY, READ, DENY])).power, Power::Same);
    let twice = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
    let once = r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#;
    assert_eq!(identity(once, twice).power, Power::Same);
}

#[test]
fn less_is_narrower() {
    let get = r#"{"Effect":"Allow","Action":"s3:Get?bject","Resource":"arn:aws:s3:::b/x*"}"#;
    assert_eq!(identity(&READ.replace("s3:GetObject", "s3:Get*"), get).power, Power::Narrower);
    assert_eq!(identity(READ, &both(&[READ, DENY])).power, Power::Same, "what is denied was not allowed");
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    assert_eq!(identity(all, &both(&[all, DENY])).power, Power::Narrower);
    let but = r#"{"Effect":"Allow","NotAction":["iam:*","s3:*"],"Resource":"*"}"#;
    assert_eq!(identity(&but.replace(",\"s3:*\"", ""), but).power, Power::Narrower);
    let conditioned = READ.replace("]}", r#"],"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}"#);
    assert_eq!(identity(READ, &conditioned).power, Power::Narrower);
    let like = conditioned.replace("StringEquals", "StringLike").replace("o-1", "o-*");
    assert_eq!(identity(&like, &conditioned).power, Power::Narrower);
}

#[test]
fn more_is_wider_and_a_request_says_so() {
    let told = |wanted: &str, found: &str| {
        let verdict = identity(wanted, found);
        assert_eq!(verdict.power, Power::Wider, "{verdict:?}");
        verdict.witness.unwrap().to_string()
    };
    assert_eq!(told(READ, &READ.replace("GetObject", "*")), "`s3:deletebucket` on `arn:aws:s3:::b`");
    assert_eq!(told(READ, &READ.replace(":b/*", ":*")), "`s3:getobject` on `arn:aws:s3:::any`");
    assert_eq!(told(DENY, READ), "`s3:getobject` on `arn:aws:s3:::b`");
    let all = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    assert_eq!(told(&both(&[all, DENY]), all), "`s3:deleteobject` on `any`");
    let conditioned = READ.replace("]}", r#"],"Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-1"}}}"#);
    assert_eq!(told(&conditioned, READ), "`s3:getobject` on `arn:aws:s3:::b` with aws:principalorgid `any`");
    let other = conditioned.replace("o-1", "o-2");
    assert_eq!(told(&conditioned, &other), "`s3:getobject` on `arn:aws:s3:::b` with aws:principalorgid `o-2`");
}

#[test]
fn a_denial_that_is_gone_is_harmless_only_where_it_met_nothing() {
    assert_eq!(identity(&both(&[READ, DENY]), READ).power, Power::Same);
    let met = DENY.replace("DeleteObject", "Get*");
    assert_eq!(identity(&both(&[READ, &met]), READ).power, Power::Wider);
    let (wanted, found) = (policy(PolicyKind::Identity, &both(&[READ, DENY])), policy(PolicyKind::Identity, READ));
    assert_eq!(documents(Some(&wanted), Some(&found)).power, Power::Unknown, "others may allow it");
    assert_eq!(documents(Some(&found), Some(&wanted)).power, Power::Narrower);
    assert_eq!(documents(Some(&found), None).power, Power::Narrower);
    assert_eq!(documents(None, Some(&found)).power, Power::Wider);
    assert_eq!(documents(Some(&wanted), None).power, Power::Unknown);
}

#[test]
fn trust_is_compared_by_who_gets_in() {
    let service = r#"{"Service":"ec2.amazonaws.com"}"#;
    let (root, role) = (r#"{"AWS":"arn:aws:iam::222222222222:root"}"#, r#"{"AWS":"arn:aws:iam::222222222222:role/r"}"#);
    assert_eq!(trust(service, service).power, Power::Same);
    assert_eq!(trust(root, role).power, Power::Narrower);
    assert_eq!(trust(r#""*""#, root).power, Power::Narrower);
    for (wanted, found, who) in [
        (service, r#"{"Service":["ec2.amazonaws.com","lambda.amazonaws.com"]}"#, "Service `lambda.amazonaws.com`"),
        (role, root, "AWS `arn:aws:iam::222222222222:role/any`"),
        (root, r#""*""#, "AWS `arn:aws:iam::999999999999:role/any`"),
        (service, root, "AWS `arn:aws:iam::222222222222:role/any`"),
    ] {
        assert_eq!(
            trust(wanted, found).witness.map(|request| request.to_string()),
            Some(format!("`sts:assumerole` by {who}"))
        );
    }
    // In the role's own account, being named is more than the root's trust.
    let own = |principal: &str| principal.replace('2', "1");
    assert_eq!(trust(&own(root), &own(role)).power, Power::Unknown);
    assert_eq!(trust(role, r#"{"AWS":"AROAEXAMPLE"}"#).power, Power::Unknown);
}

#[test]
fn attached_policies_and_boundaries_are_compared_by_arn() {
    let (read, deny) = (policy(PolicyKind::Identity, READ), policy(PolicyKind::Identity, DENY));
    let side = |attached: &[&'static str], boundary: Option<&'static str>| Identity {
        inline: vec![&read],
        attached: attached.iter().map(|arn| (*arn, None)).collect(),
        boundary: boundary.map(|arn| (arn, None)),
    };
    let (a, admin) = ("arn:aws:iam::aws:policy/A", "arn:aws:iam::aws:policy/AdministratorAccess");
    let power = |wanted: &Identity<'_>, found: &Identity<'_>| identities(wanted, found).power;
    assert_eq!(power(&side(&[a], Some(a)), &side(&[a], Some(a))), Power::Same);
    assert_eq!(power(&side(&[], None), &side(&[a], None)), Power::Unknown);
    assert_eq!(power(&side(&[a], None), &side(&[], None)), Power::Unknown, "it may have denied");
    assert_eq!(power(&side(&[], None), &side(&[admin], None)), Power::Wider);
    assert_eq!(power(&side(&[admin], None), &side(&[], None)), Power::Narrower);
    assert_eq!(power(&side(&[], None), &side(&[], Some(a))), Power::Narrower);
    assert_eq!(power(&side(&[], Some(a)), &side(&[], None)), Power::Wider);
    assert_eq!(power(&side(&[], Some(admin)), &side(&[], None)), Power::Same);
    assert_eq!(power(&side(&[], Some(a)), &side(&[], Some("arn:aws:iam::aws:policy/B"))), Power::Unknown);
    let nothing = Identity::default();
    assert_eq!(power(&side(&[a], Some(a)), &nothing), Power::Narrower, "nothing allowed is within anything");
    let with = |arn, document| Identity { attached: [(arn, Some(document))].into(), ..side(&[], None) };
    assert_eq!(power(&with(a, &deny), &side(&[], None)), Power::Same, "it is known that it denies nothing of this");
}

#[test]
fn what_cannot_be_told_is_unknown() {
    let odd = READ.replace("]}", r#"],"Condition":{"DateGreaterThan":{"aws:CurrentTime":"2026-01-01T00:00:00Z"}}}"#);
    assert_eq!(identity(&odd, &odd).power, Power::Same);
    assert_eq!(identity(&odd, &odd.replace("2026", "2025")).power, Power::Unknown);
    let own = READ.replace(":b/*", ":b/${aws:username}/*");
    assert_eq!(identity(READ, &own).power, Power::Narrower);
    let deeper = READ.replace(":b/*", ":b/${aws:username}/x*");
    assert_eq!(identity(&own, &deeper).power, Power::Unknown, "the variable is not looked into");
    assert_eq!(identity(&own, READ).power, Power::Wider);
    assert_eq!(identity(&own, &own).power, Power::Same);
}

#[test]
fn a_huge_policy_is_given_up_on_and_takes_no_time() {
    let many = |count: usize, of: &str| (0..count).map(|i| format!("\"{of}{i}\"")).collect::<Vec<_>>().join(",");
    let huge = format!(
        r#"{{"Effect":"Allow","Action":[{}],"Resource":[{}]}}"#,
        many(400, "s3:Get"),
        many(400, "arn:aws:s3:::b")
    );
    assert_eq!(identity(READ, &huge).power, Power::Unknown);
    assert_eq!(identity(&huge, &huge).power, Power::Same);
}
