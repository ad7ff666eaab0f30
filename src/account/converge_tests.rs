//! One account over the real SDK, against a wire that keeps what it is told.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex};

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;

use super::assume_role::AssumedRole;
use super::converge::{Goal, Task, converge};
use super::ledger::{Ledger, LedgerClosed};
use super::model::change::{Change, ChangeResult};
use super::model::outcome::{AccountStatus, Outcome, PartStatus, Step};
use super::plan_tests::desired;
use crate::aws::clients::{Attempts, Clients, Connection};
use crate::ids::Arn;

/// An IAM that holds nothing, takes every write, and refuses the actions that it is told to refuse.
#[derive(Debug, Clone, Default)]
pub(crate) struct Wire {
    refused: HashMap<&'static str, (u16, &'static str)>,
    /// Whether GetRole finds our role once CreateRole was asked for.
    role_appears: bool,
    /// The account that sessions are of, where it is not the one that was asked for.
    session_of: Option<&'static str>,
    pub(crate) seen: Arc<Mutex<Vec<String>>>,
}

impl Wire {
    fn answer(&self, action: &str) -> (u16, String) {
        let error = |status, code: &str| {
            let text = format!(
                "<ErrorResponse><Error><Code>{code}</Code><Message>no</Message></Error><RequestId>r-1</RequestId></ErrorResponse>"
            );
            (status, text)
        };
        let asked = self.seen.lock().unwrap().iter().any(|line| line == "CreateRole");
        if action == "GetRole" && self.role_appears && asked {
            let trust = percent_encoding::utf8_percent_encode(
                include_str!("../../setups/amazon-ml-redshift/trust.json"),
                percent_encoding::NON_ALPHANUMERIC,
            );
            let role = format!(
                "<Role><Path>/</Path><RoleName>AmazonMLRedshift</RoleName><RoleId>R</RoleId>\
                 <Arn>arn:aws:iam::123456789012:role/AmazonMLRedshift</Arn><CreateDate>2020-01-01T00:00:00Z</CreateDate>\
                 <Description>what it is for</Description><MaxSessionDuration>7200</MaxSessionDuration>\
                 <PermissionsBoundary><PermissionsBoundaryArn>arn:aws:iam::123456789012:policy/Boundary\
                 </PermissionsBoundaryArn></PermissionsBoundary><AssumeRolePolicyDocument>{trust}\
                 </AssumeRolePolicyDocument><Tags><member><Key>rolecall:setup</Key><Value>amazon-ml-redshift</Value>\
                 </member><member><Key>owner</Key><Value>data</Value></member></Tags></Role>"
            );
            return (200, format!("<GetRoleResponse><GetRoleResult>{role}</GetRoleResult></GetRoleResponse>"));
        }
        if action.starts_with("List") && self.role_appears && asked {
            return (200, format!("<{action}Response><{action}Result></{action}Result></{action}Response>"));
        }
        if let Some((status, code)) = self.refused.get(action) {
            return error(*status, code);
        }
        let body = match action {
            "GetCallerIdentity" => {
                "<Arn>arn:aws:iam::999999999999:user/admin</Arn><UserId>A</UserId><Account>999999999999</Account>"
            }
            "AssumeRole" => {
                "<Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials><AssumedRoleUser><AssumedRoleId>A:r</AssumedRoleId><Arn>SESSION</Arn></AssumedRoleUser>"
            }
            "GetUser" => {
                "<User><Path>/</Path><UserName>analyst</UserName><UserId>A</UserId><Arn>arn:aws:iam::123456789012:user/analyst</Arn><CreateDate>2020-01-01T00:00:00Z</CreateDate></User>"
            }
            "CreateRole" => {
                "<Role><Path>/</Path><RoleName>r</RoleName><RoleId>R</RoleId><Arn>a</Arn><CreateDate>2020-01-01T00:00:00Z</CreateDate></Role>"
            }
            reads if reads.starts_with("Get") || reads.starts_with("List") => return error(404, "NoSuchEntity"),
            _ => "",
        };
        (200, format!("<{action}Response><{action}Result>{body}</{action}Result></{action}Response>"))
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap_or_default();
        let action = form_urlencoded::parse(body).find(|(key, _)| key == "Action").unwrap().1.into_owned();
        self.seen.lock().unwrap().push(action.clone());
        let (status, text) = self.answer(&action);
        let role = form_urlencoded::parse(body).find(|(key, _)| key == "RoleArn").map(|(_, role)| role.into_owned());
        let role: Option<Arn> = role.and_then(|role| role.parse().ok());
        let session = role.map(|role| {
            let (account, name) =
                (self.session_of.unwrap_or(role.account()), role.resource().rsplit('/').next().unwrap());
            format!("arn:{}:sts::{account}:assumed-role/{name}/rolecall", role.partition())
        });
        let text = text.replace("SESSION", &session.unwrap_or_default());
        let mut response = HttpResponse::new(status.try_into().unwrap(), SdkBody::from(text));
        response.headers_mut().insert("x-amzn-requestid", "r-1");
        HttpConnectorFuture::ready(Ok(response))
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// Writes down intents among the wire's requests, so that their order can be seen; closes after so many.
struct Notes(Arc<Mutex<Vec<String>>>, usize);

impl Ledger for Notes {
    async fn intend(&self, change: &Change) -> Result<(), LedgerClosed> {
        let mut seen = self.0.lock().unwrap();
        if seen.iter().filter(|line| line.starts_with("intend")).count() >= self.1 {
            return Err(LedgerClosed { message: "disk full".to_owned() });
        }
        seen.push(format!("intend {}", change.write.action()));
        Ok(())
    }

    fn settled(&self, _: &Change, _: &ChangeResult) {}
}

pub(crate) async fn connect(wire: &Wire) -> Clients {
    let connection = Connection::Simulated {
        http: SharedHttpClient::new(wire.clone()),
        credentials: Credentials::for_tests(),
        region: "us-east-1".parse().unwrap(),
    };
    Clients::connect(connection, NonZeroU32::new(600).unwrap()).await.unwrap()
}

/// The usual way in.
pub(super) fn assumed_role() -> AssumedRole {
    AssumedRole {
        role: "OrganizationAccountAccessRole".parse().unwrap(),
        external_id: None,
        session_name: "rolecall".parse().unwrap(),
        source_identity: None,
        duration_seconds: 3600,
    }
}

async fn run(wire: Wire, goal: Goal, intents: usize) -> (Outcome, Vec<String>) {
    let clients = connect(&wire).await;
    let task = Task {
        account_id: "123456789012".parse().unwrap(),
        account_name: "data".to_owned(),
        assume: Some(assumed_role()),
        desired: desired(),
        started_at: "2026-11-24T09:30:05Z".parse().unwrap(),
        wait_ready: std::time::Duration::ZERO,
    };
    let mut outcome = task.begin();
    let ledger = Notes(wire.seen.clone(), intents);
    let attempts = Attempts::default();
    converge(&clients, &ledger, &task, goal, &|_| {}, &mut outcome, &attempts).await;
    outcome.attempts = attempts.most();
    let seen = wire.seen.lock().unwrap().clone();
    (outcome, seen)
}

pub(crate) fn refusing(action: &'static str, status: u16, code: &'static str) -> Wire {
    Wire { refused: [(action, (status, code))].into(), ..Wire::default() }
}

/// The part of what was seen that comes with and after the first intent.
fn writes(seen: &[String]) -> Vec<&str> {
    seen.iter().map(String::as_str).skip_while(|line| !line.starts_with("intend")).collect()
}

#[tokio::test]
async fn a_new_account_is_created_and_each_write_is_on_record_before_it_is_sent() {
    let (outcome, seen) = run(Wire::default(), Goal::Apply, 9).await;
    assert_eq!((outcome.status, outcome.changes, outcome.attempts), (AccountStatus::Created, 4, 1), "{outcome:?}");
    assert_eq!(
        writes(&seen),
        [
            "intend CreateRole",
            "CreateRole",
            "intend PutRolePolicy",
            "PutRolePolicy",
            "intend AttachRolePolicy",
            "AttachRolePolicy",
            "intend PutUserPolicy",
            "PutUserPolicy"
        ]
    );
}

#[tokio::test]
async fn a_plan_writes_nothing() {
    let (outcome, seen) = run(Wire::default(), Goal::Plan, 0).await;
    assert_eq!((outcome.status, outcome.changes), (AccountStatus::Pending, 4));
    assert_eq!(outcome.parts.trust, PartStatus::Pending);
    assert!(
        seen.iter().all(|action| action.starts_with("Get") || action.starts_with("List") || action == "AssumeRole")
    );
}

#[tokio::test]
async fn a_read_that_failed_is_never_taken_for_absent() {
    for read in ["GetRole", "ListRolePolicies", "ListAttachedRolePolicies", "GetRolePolicy", "GetUserPolicy", "GetUser"]
    {
        let (outcome, seen) = run(refusing(read, 403, "AccessDenied"), Goal::Apply, 9).await;
        let failure = outcome.failure.as_ref().unwrap();
        assert_eq!(
            (outcome.status, failure.step, failure.code.as_str()),
            (AccountStatus::Failed, Step::Observe, "AccessDenied")
        );
        assert_eq!(failure.request_id.as_deref(), Some("r-1"));
        assert!(writes(&seen).is_empty(), "{read}: {seen:?}");
    }
}

#[tokio::test]
async fn a_session_of_another_account_is_not_used() {
    let swapped = Wire { session_of: Some("444455556666"), ..Wire::default() };
    let (outcome, seen) = run(swapped, Goal::Apply, 9).await;
    let failure = outcome.failure.as_ref().unwrap();
    assert_eq!((outcome.status, failure.step), (AccountStatus::Failed, Step::AssumeRole));
    assert_eq!(failure.code, "WrongAccount");
    assert!(failure.message.contains("arn:aws:sts::444455556666:assumed-role/"), "{}", failure.message);
    assert_eq!(seen.last().unwrap(), "AssumeRole", "nothing was read or written: {seen:?}");
}

#[tokio::test]
async fn a_refused_way_in_is_a_row_with_a_fix() {
    let (outcome, seen) = run(refusing("AssumeRole", 403, "AccessDenied"), Goal::Apply, 9).await;
    let failure = outcome.failure.unwrap();
    assert_eq!(failure.step, Step::AssumeRole);
    assert!(failure.fix.contains("--assume-role"), "{}", failure.fix);
    assert_eq!(outcome.parts.role, PartStatus::NotReached);
    // Whether the caller may assume roles at all is asked of IAM's simulator, which does not say here.
    assert_eq!(seen, ["GetCallerIdentity", "AssumeRole", "SimulatePrincipalPolicy"]);
    assert!(failure.fix.contains("could not be asked"), "{}", failure.fix);
}

#[tokio::test]
async fn what_was_done_before_a_failure_is_told() {
    let (outcome, _) = run(refusing("AttachRolePolicy", 409, "LimitExceeded"), Goal::Apply, 9).await;
    assert_eq!((outcome.status, outcome.changes), (AccountStatus::Failed, 2));
    assert_eq!((outcome.parts.role, outcome.parts.trust), (PartStatus::Created, PartStatus::Created));
    assert_eq!((outcome.parts.permissions, outcome.parts.pass_role), (PartStatus::Failed, PartStatus::NotReached));
}

#[tokio::test]
async fn what_cannot_be_put_on_record_is_not_sent() {
    let (outcome, seen) = run(Wire::default(), Goal::Apply, 1).await;
    assert_eq!(outcome.failure.unwrap().code, "JournalClosed");
    assert_eq!(writes(&seen), ["intend CreateRole", "CreateRole"]);
}

#[tokio::test(start_paused = true)]
async fn a_role_that_came_in_between_is_looked_at_again_once() {
    let exists = refusing("CreateRole", 409, "EntityAlreadyExists");
    let ours = Wire { role_appears: true, ..exists.clone() };
    let (outcome, seen) = run(ours, Goal::Apply, 9).await;
    assert_eq!((outcome.status, outcome.changes), (AccountStatus::Updated, 3), "{outcome:?}");
    assert_eq!(seen.iter().filter(|action| *action == "CreateRole").count(), 1);

    let never_seen = Wire { seen: Arc::default(), ..exists };
    let (outcome, seen) = run(never_seen, Goal::Apply, 9).await;
    assert_eq!(outcome.failure.unwrap().code, "EntityAlreadyExists");
    // It was waited for to show, and then tried once more.
    assert_eq!(seen.iter().filter(|action| *action == "CreateRole").count(), 2);
}
