//! AssumeRole over the sandbox's own wire: who gets in where, with what, for how long.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;

use super::account::AccountState;
use super::serve::Delivery;
use super::wire::{Answer, Incoming};
use super::world::World;
use super::worlds::WorldOptions;

/// Somebody who signs requests.
#[derive(Debug, Clone)]
pub(super) struct Keys {
    pub(super) id: String,
    pub(super) token: Option<String>,
}

impl Keys {
    pub(super) fn admin(world: &World) -> Self {
        Self { id: world.credentials().access_key_id, token: None }
    }
}

/// Sends a query request as the SDKs would.
pub(super) async fn query(world: &World, keys: &Keys, service: &str, action: &str, params: &[(&str, &str)]) -> Answer {
    let body = {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "x").extend_pairs(params).finish()
    };
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/20261124/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0",
        keys.id
    );
    let incoming = Incoming {
        authorization: Some(&authorization),
        session_token: keys.token.as_deref(),
        target: None,
        body: body.as_bytes(),
    };
    match world.serve(&incoming).await {
        Delivery::Answer(answer) => answer,
        other => panic!("no answer but {other:?}"),
    }
}

/// The text of the first element of that name.
pub(super) fn element(answer: &Answer, tag: &str) -> String {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let after = answer.body.split_once(&open).unwrap_or_else(|| panic!("no {tag} in {}", answer.body)).1;
    after.split_once(&close).unwrap().0.to_owned()
}

pub(super) async fn assume(world: &World, by: &Keys, role: &str, params: &[(&str, &str)]) -> Result<Keys, String> {
    let mut all = vec![("RoleArn", role), ("RoleSessionName", "tests")];
    all.extend(params);
    let answer = query(world, by, "sts", "AssumeRole", &all).await;
    if answer.status == 200 {
        Ok(Keys { id: element(&answer, "AccessKeyId"), token: Some(element(&answer, "SessionToken")) })
    } else {
        Err(format!("{} {} {}", answer.status, element(&answer, "Code"), element(&answer, "Message")))
    }
}

pub(super) fn access_role(account: &str) -> String {
    format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_concurrent_assume_roles_give_distinct_keys_and_isolated_accounts() {
    let world = World::from_spec("accounts=200").unwrap();
    let members: Vec<String> =
        world.account_ids().filter(|id| *id != world.management_account()).map(|id| id.to_string()).collect();
    let mut tasks = tokio::task::JoinSet::new();
    for account in members.iter().cloned().cycle().take(800) {
        let world = world.clone();
        tasks.spawn(async move {
            let keys = assume(&world, &Keys::admin(&world), &access_role(&account), &[]).await.unwrap();
            let who = query(&world, &keys, "sts", "GetCallerIdentity", &[]).await;
            assert_eq!(element(&who, "Account"), account);
            // What is written with these keys is written there, and nowhere else.
            let user = format!("mark-{account}");
            let made = query(&world, &keys, "iam", "CreateUser", &[("UserName", &user)]).await;
            assert!([200, 409].contains(&made.status), "{}", made.body);
            (account, keys)
        });
    }
    let sessions: Vec<(String, Keys)> = tasks.join_all().await;
    let keys: HashSet<&str> = sessions.iter().map(|(_, keys)| keys.id.as_str()).collect();
    assert_eq!(keys.len(), 800);
    for (account, keys) in sessions {
        let users = query(&world, &keys, "iam", "ListUsers", &[]).await;
        let marks: Vec<&str> =
            users.body.split("<UserName>mark-").skip(1).map(|rest| rest.get(..12).unwrap()).collect();
        assert_eq!(marks, [account.as_str()]);
    }
}

#[tokio::test]
async fn missing_role_refusing_trust_and_closed_account_look_alike() {
    let world = World::from_spec("rough").unwrap();
    let admin = Keys::admin(&world);
    for account in ["100000000011", "100000000013", "100000000014", "100000000071", "100000000072", "777777777777"] {
        let role = access_role(account);
        let refusal = assume(&world, &admin, &role, &[]).await.unwrap_err();
        let message =
            "User: arn:aws:iam::418263905174:user/admin is not authorized to perform: sts:AssumeRole on resource: ";
        assert_eq!(refusal, format!("403 AccessDenied {message}{role}"));
    }
    assert!(assume(&world, &admin, &access_role("100000000001"), &[]).await.is_ok());
    assert!(world.set_state("100000000001".parse().unwrap(), AccountState::Closed));
    assert!(assume(&world, &admin, &access_role("100000000001"), &[]).await.is_err());
}

#[tokio::test]
async fn an_external_id_must_be_the_right_one() {
    let world = World::from_spec("rough").unwrap();
    let (admin, role) = (Keys::admin(&world), access_role("100000000014"));
    assert!(assume(&world, &admin, &role, &[("ExternalId", "wrong")]).await.unwrap_err().contains("AccessDenied"));
    assert!(assume(&world, &admin, &role, &[("ExternalId", "rough-world")]).await.is_ok());
}

#[tokio::test]
async fn requests_out_of_shape_are_refused_as_such() {
    let world = World::from_spec("healthy").unwrap();
    let (admin, role) = (Keys::admin(&world), access_role("915028374461"));
    for (params, code) in [
        (vec![("RoleSessionName", "x")], "ValidationError"),
        (vec![("DurationSeconds", "899")], "ValidationError"),
        (vec![("DurationSeconds", "3601")], "ValidationError"),
        (vec![("ExternalId", "a b")], "ValidationError"),
        (vec![("Policy", "{")], "MalformedPolicyDocument"),
        (vec![("SourceIdentity", "somebody")], "AccessDenied"),
    ] {
        // The first of two parameters of one name counts, so the odd one goes before.
        let mut all = params;
        all.extend([("RoleArn", role.as_str()), ("RoleSessionName", "tests")]);
        let answer = query(&world, &admin, "sts", "AssumeRole", &all).await;
        assert_eq!(element(&answer, "Code"), code, "{all:?}");
    }
    let long = format!(r#"{{"Statement":[]}}{}"#, " ".repeat(2048));
    let refusal = assume(&world, &admin, &role, &[("Policy", &long)]).await.unwrap_err();
    assert!(refusal.contains("ValidationError") && refusal.contains("2048"));
}

#[tokio::test]
async fn sessions_end_and_belong_to_their_token() {
    let seconds = Arc::new(AtomicI64::new(1_800_000_000));
    let hand = Arc::clone(&seconds);
    let options = WorldOptions {
        clock: Arc::new(move || Timestamp::from_second(hand.load(Ordering::Relaxed)).unwrap()),
        ..WorldOptions::default()
    };
    let world = World::from_spec_with("healthy", options).unwrap();
    let keys = assume(&world, &Keys::admin(&world), &access_role("915028374461"), &[]).await.unwrap();
    let who = query(&world, &keys, "iam", "ListUsers", &[]).await;
    assert_eq!(who.status, 200);

    let other = assume(&world, &Keys::admin(&world), &access_role("837465091283"), &[]).await.unwrap();
    for token in [None, other.token.clone(), Some("x".to_owned())] {
        let stolen = Keys { id: keys.id.clone(), token };
        let answer = query(&world, &stolen, "iam", "ListUsers", &[]).await;
        assert_eq!((answer.status, element(&answer, "Code").as_str()), (403, "InvalidClientTokenId"));
    }

    seconds.fetch_add(3600, Ordering::Relaxed);
    let answer = query(&world, &keys, "iam", "ListUsers", &[]).await;
    assert_eq!((answer.status, element(&answer, "Code").as_str()), (403, "ExpiredToken"));
}

#[tokio::test]
async fn a_session_outlives_the_cache_of_decoded_ones() {
    let world = World::from_spec("healthy").unwrap();
    let admin = Keys::admin(&world);
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:ListUsers","Resource":"*"}}"#;
    let keys = assume(&world, &admin, &access_role("915028374461"), &[("Policy", policy)]).await.unwrap();
    for _ in 0..3000 {
        assume(&world, &admin, &access_role("837465091283"), &[]).await.unwrap();
    }
    assert_eq!(query(&world, &keys, "iam", "ListUsers", &[]).await.status, 200);
    assert_eq!(query(&world, &keys, "iam", "ListRoles", &[]).await.status, 403, "its policy came back with it");
}

#[tokio::test]
async fn a_chained_session_lasts_an_hour_at_most() {
    let world = World::from_spec("healthy").unwrap();
    let admin = Keys::admin(&world);
    // A role in the management account, and one that trusts it by name in a member.
    let root = r#"{"Statement":{"Effect":"Allow","Principal":{"AWS":"418263905174"},"Action":"sts:AssumeRole"}}"#;
    let made = [("RoleName", "Base"), ("AssumeRolePolicyDocument", root)];
    assert_eq!(query(&world, &admin, "iam", "CreateRole", &made).await.status, 200);
    let base = "arn:aws:iam::418263905174:role/Base";
    let attach = [("RoleName", "Base"), ("PolicyArn", "arn:aws:iam::aws:policy/AdministratorAccess")];
    assert_eq!(query(&world, &admin, "iam", "AttachRolePolicy", &attach).await.status, 200);
    let chained = assume(&world, &admin, base, &[]).await.unwrap();

    let member = assume(&world, &admin, &access_role("915028374461"), &[]).await.unwrap();
    let trust = root.replace("418263905174", base);
    let made = [("RoleName", "Far"), ("AssumeRolePolicyDocument", trust.as_str()), ("MaxSessionDuration", "43200")];
    let answer = query(&world, &member, "iam", "CreateRole", &made).await;
    assert_eq!(answer.status, 200, "{}", answer.body);

    let far = "arn:aws:iam::915028374461:role/Far";
    assert!(assume(&world, &chained, far, &[]).await.is_ok());
    let refusal = assume(&world, &chained, far, &[("DurationSeconds", "7200")]).await.unwrap_err();
    assert!(refusal.contains("ValidationError") && refusal.contains("role chaining"), "{refusal}");
    assert!(assume(&world, &admin, far, &[]).await.is_err(), "the trust names the role and not the account");
}
