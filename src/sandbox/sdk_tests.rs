//! The real SDK clients, on a world behind their own HTTP connector and on one behind a socket.

use aws_credential_types::Credentials;
use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_types::SdkConfig;
use aws_types::region::Region;
use tokio_util::sync::CancellationToken;

use super::connector::SandboxHttpClient;
use super::faults::Fault;
use super::server::SandboxServer;
use super::world::World;
use super::worlds::WorldOptions;

fn config(world: &World) -> SdkConfig {
    let keys = world.credentials();
    let credentials = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "sandbox");
    SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(Region::new(world.region().to_owned()))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
        .http_client(SandboxHttpClient::shared(world.clone()))
        .sleep_impl(aws_smithy_async::rt::sleep::SharedAsyncSleep::new(aws_smithy_async::rt::sleep::TokioSleep::new()))
        .build()
}

async fn iam_in(config: &SdkConfig, account: &str, policy: Option<&str>) -> aws_sdk_iam::Client {
    let sts = aws_sdk_sts::Client::new(config);
    let role = format!("arn:aws:iam::{account}:role/OrganizationAccountAccessRole");
    let given = sts.assume_role().role_arn(role).role_session_name("tests").set_policy(policy.map(str::to_owned));
    let given = given.send().await.unwrap().credentials.unwrap();
    let credentials = Credentials::new(
        given.access_key_id,
        given.secret_access_key,
        Some(given.session_token),
        Some(given.expiration.try_into().unwrap()),
        "sandbox",
    );
    aws_sdk_iam::Client::from_conf(aws_sdk_iam::config::Builder::from(config).credentials_provider(credentials).build())
}

#[tokio::test]
async fn organizations_is_listed_over_all_pages_and_one_of_them_is_empty() {
    let world = World::from_spec("healthy").unwrap();
    let organizations = aws_sdk_organizations::Client::new(&config(&world));
    let (mut pages, mut accounts, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        let page = organizations.list_accounts().set_next_token(token).send().await.unwrap();
        pages.push(page.accounts().len());
        accounts.extend(page.accounts().iter().map(|account| account.id().unwrap().to_owned()));
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(pages, [20, 0, 20, 1]);
    accounts.sort();
    accounts.dedup();
    assert_eq!(accounts.len(), 41);
    let too_many = organizations.list_accounts().max_results(21).send().await.unwrap_err();
    assert_eq!(too_many.code(), Some("InvalidInputException"));

    let root = organizations.list_roots().send().await.unwrap().roots.unwrap().remove(0);
    let units = organizations.list_organizational_units_for_parent().parent_id(root.id().unwrap()).send().await;
    let names: Vec<String> =
        units.unwrap().organizational_units().iter().map(|unit| unit.name().unwrap().to_owned()).collect();
    assert_eq!(names, ["Workloads", "Sandbox", "Security", "Suspended"]);
    let parked = organizations.list_accounts_for_parent().parent_id(world.unit_id("Suspended").unwrap()).send().await;
    let states: Vec<_> =
        parked.unwrap().accounts().iter().map(|account| account.state().unwrap().to_string()).collect();
    assert_eq!(states, ["SUSPENDED", "CLOSED"]);
    let tags = organizations.list_tags_for_resource().resource_id("915028374461").send().await.unwrap();
    assert_eq!(tags.tags().len(), 2);
}

#[tokio::test]
async fn a_role_is_made_and_read_back_encoded() {
    let world = World::from_spec("healthy").unwrap();
    let iam = iam_in(&config(&world), "000123456789", None).await;
    let trust = r#"{"Version":"2012-10-17","Statement":[{"Sid":"a+b c","Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let made = iam.create_role().role_name("R").assume_role_policy_document(trust).send().await.unwrap().role.unwrap();
    assert_eq!(made.arn(), "arn:aws:iam::000123456789:role/R");
    let read = iam.get_role().role_name("R").send().await.unwrap().role.unwrap();
    let text = read.assume_role_policy_document().unwrap();
    assert!(text.starts_with("%7B%22Version%22%3A") && text.contains("a%2Bb%20c"), "{text}");
    assert_eq!(percent_encoding::percent_decode_str(text).decode_utf8().unwrap(), trust);
    let absent = iam.get_role().role_name("Q").send().await.unwrap_err();
    assert!(absent.as_service_error().unwrap().is_no_such_entity_exception());
    use aws_sdk_iam::operation::RequestId;
    assert!(absent.request_id().is_some_and(|id| id.len() == 36));
    assert_eq!((world.log().writes(), world.log().count("GetRole")), (1, 2));
}

#[tokio::test]
async fn a_session_policy_holds_and_its_denial_arrives() {
    let world = World::from_spec("healthy").unwrap();
    let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:Get*","Resource":"*"}}"#;
    let iam = iam_in(&config(&world), "915028374461", Some(policy)).await;
    iam.get_user().user_name("analyst").send().await.unwrap();
    let denied = iam.delete_user().user_name("analyst").send().await.unwrap_err();
    assert_eq!(denied.code(), Some("AccessDenied"));
    assert!(denied.message().unwrap().contains("because no session policy allows the iam:DeleteUser action"));
    assert_eq!(denied.raw_response().unwrap().status().as_u16(), 403);
}

#[tokio::test(start_paused = true)]
async fn faults_reach_the_sdk_as_what_they_are() {
    let point_to = |fault: Fault, times: u32| WorldOptions {
        faults: Some(std::sync::Arc::new(move |point| {
            (point.action == "GetUser" && point.nth < times).then(|| fault.clone())
        })),
        ..WorldOptions::default()
    };
    for (fault, times, code, requests) in [
        (Fault::Throttle, 2, None, 3),
        (Fault::Throttle, 9, Some("Throttling"), 3),
        (Fault::Internal, 1, None, 2),
        (Fault::Unavailable, 9, Some("ServiceUnavailable"), 3),
        (Fault::ResetBefore, 1, None, 2),
        (Fault::ExpiredToken, 9, Some("ExpiredToken"), 1),
        (Fault::AccessDenied("no".to_owned()), 9, Some("AccessDenied"), 1),
    ] {
        let world = World::from_spec_with("healthy", point_to(fault.clone(), times)).unwrap();
        let iam = iam_in(&config(&world), "915028374461", None).await;
        let answer = iam.get_user().user_name("analyst").send().await;
        assert_eq!(answer.as_ref().err().and_then(|error| error.code()), code, "{fault:?}");
        assert_eq!(world.log().count("GetUser"), requests, "{fault:?}");
    }
    let world = World::from_spec_with("healthy", point_to(Fault::Hang, 9)).unwrap();
    let iam = iam_in(&config(&world), "915028374461", None).await;
    let call = iam.get_user().user_name("analyst").send();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), call).await;
    assert!(ended.is_err(), "nothing ever comes, and yet: {ended:?}");
}

#[tokio::test]
async fn the_same_world_answers_over_a_socket() {
    let world = World::from_spec("healthy").unwrap();
    world.log().keep();
    let server = SandboxServer::bind(world.clone(), 0).await.unwrap();
    assert!(server.address().unwrap().ip().is_loopback());
    let endpoint = server.endpoint().unwrap();
    let stop = CancellationToken::new();
    let running = tokio::spawn(server.run(stop.clone()));

    let keys = world.credentials();
    let credentials = Credentials::new(keys.access_key_id, keys.secret_access_key, None, None, "sandbox");
    let config = SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .credentials_provider(aws_credential_types::provider::SharedCredentialsProvider::new(credentials))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .endpoint_url(&endpoint)
        .build();
    let who = aws_sdk_sts::Client::new(&config).get_caller_identity().send().await.unwrap();
    assert_eq!(who.arn(), Some("arn:aws:iam::418263905174:user/admin"));
    let iam = iam_in(&config, "915028374461", None).await;
    assert_eq!(iam.list_roles().send().await.unwrap().roles().len(), 1);
    let organization = aws_sdk_organizations::Client::new(&config).describe_organization().send().await.unwrap();
    assert_eq!(organization.organization().unwrap().id(), Some(world.organization_id()));

    stop.cancel();
    running.await.unwrap().unwrap();
    let log = world.log().entries();
    let told: Vec<(&str, &str)> = log.iter().map(|entry| (entry.action.as_str(), entry.code.as_str())).collect();
    let expected =
        [("GetCallerIdentity", "ok"), ("AssumeRole", "ok"), ("ListRoles", "ok"), ("DescribeOrganization", "ok")];
    assert_eq!(told, expected);
    assert_eq!(log[2].account.unwrap().as_str(), "915028374461");
}
