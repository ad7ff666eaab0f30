//! One request from its bytes to its answer: told apart, disturbed by faults, signed for, answered, logged.

use serde_json::Value;

use super::actions::{Action, Service};
use super::authorize::gone;
use super::faults::{Fault, FaultPoint, expired};
use super::log::LogEntry;
use super::refusal::Refusal;
use super::session::{Caller, Identity};
use super::unique_id::account_of_key;
use super::wire::{Answer, Incoming, Params, Scope, error_answer, json_answer, query_answer, xml_answer};
use super::world::{ADMIN, ADMIN_KEY, Inner, World};
use super::{iam, organizations, sts};
use crate::ids::{AccountId, Arn};

/// What becomes of a request.
#[derive(Debug)]
pub enum Delivery {
    /// It is answered.
    Answer(Answer),
    /// The connection breaks.
    Reset,
    /// Nothing ever comes back.
    Silence,
}

/// A request, as far as it could be understood.
struct Asked<'a> {
    scope: Option<Scope<'a>>,
    service: Option<Service>,
    name: String,
    action: Option<Action>,
    params: Params<'a>,
    json: Value,
}

impl World {
    /// Takes one request, waits as long as this world is slow, and answers it.
    pub async fn serve(&self, incoming: &Incoming<'_>) -> Delivery {
        let world = &*self.0;
        let seq = world.log.next();
        let request_id = request_id(world.seed, seq);
        let asked = Asked::read(incoming);
        world.log.count_in(asked.action);
        let account = asked.account(world);

        let fault = world.fault(&asked, account);
        let latency = world.latency + if let Some(Fault::Latency(more)) = fault { more } else { Default::default() };
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }

        let stale = fault == Some(Fault::Stale);
        let foreign = fault.as_ref().and_then(|fault| fault.foreign(&request_id));
        let (delivery, code) = match (&fault, foreign) {
            (_, Some((answer, word))) => (Delivery::Answer(answer), word.into()),
            (Some(Fault::Hang), _) => (Delivery::Silence, "hang".into()),
            (Some(Fault::ResetBefore), _) => (Delivery::Reset, "reset-before".into()),
            (fault, None) => {
                let refusal = fault.as_ref().zip(asked.service).and_then(|(fault, service)| fault.refusal(service));
                match refusal.map_or_else(|| world.answer(incoming, &asked, &request_id, stale), Err) {
                    // What would have been answered tells whether it took effect.
                    Ok(_) if *fault == Some(Fault::ResetAfter) => (Delivery::Reset, "reset-after/ok".into()),
                    Err(refusal) if *fault == Some(Fault::ResetAfter) => {
                        (Delivery::Reset, format!("reset-after/{}", refusal.code).into())
                    }
                    Ok(answer) => (Delivery::Answer(answer), "ok".into()),
                    Err(refusal) => {
                        (Delivery::Answer(error_answer(asked.service, request_id.clone(), &refusal)), refusal.code)
                    }
                }
            }
        };
        world.log.tell(|| LogEntry {
            seq,
            at: world.now(),
            account,
            region: asked.scope.map(|scope| scope.region.to_owned()).unwrap_or_default(),
            service: asked.service.map(Service::as_str).unwrap_or_default(),
            write: asked.action.is_some_and(Action::writes),
            resource: asked.resource(),
            action: asked.name.clone(),
            code: code.into_owned(),
            status: if let Delivery::Answer(answer) = &delivery { answer.status } else { 0 },
            request_id,
        });
        delivery
    }
}

impl<'a> Asked<'a> {
    fn read(incoming: &Incoming<'a>) -> Self {
        let scope = incoming.authorization.and_then(Scope::read);
        let service = scope.and_then(|scope| scope.service);
        let mut asked =
            Self { scope, service, name: String::new(), action: None, params: Params::default(), json: Value::Null };
        match service {
            Some(Service::Organizations) => {
                let operation = incoming.target.and_then(|target| target.rsplit_once('.')).map(|(_, name)| name);
                asked.name = operation.unwrap_or_default().to_owned();
                asked.json = serde_json::from_slice(incoming.body).unwrap_or(Value::Null);
            }
            Some(Service::Iam | Service::Sts) => {
                asked.params = Params::read(incoming.body);
                asked.name = asked.params.get("Action").unwrap_or_default().to_owned();
            }
            None => {}
        }
        asked.action = service.and_then(|service| Action::find(service, &asked.name));
        asked
    }

    /// The account that the request is about.
    fn account(&self, world: &Inner) -> Option<AccountId> {
        if self.name == "AssumeRole" {
            let role = self.params.get("RoleArn").and_then(|arn| arn.parse::<Arn>().ok());
            if let Some(account) = role.and_then(|arn| arn.account().parse().ok()) {
                return Some(account);
            }
        }
        let key = self.scope?.access_key;
        if key == ADMIN_KEY { Some(world.management) } else { account_of_key(key) }
    }

    fn resource(&self) -> Option<String> {
        let named = ["RoleName", "UserName", "GroupName", "RoleArn", "PolicyArn", "PolicySourceArn"];
        let in_form = named.iter().find_map(|name| self.params.get(name));
        let in_json = ["AccountId", "ParentId", "ChildId", "ResourceId", "OrganizationalUnitId"];
        in_form
            .or_else(|| in_json.iter().find_map(|name| self.json.get(name).and_then(Value::as_str)))
            .map(str::to_owned)
    }
}

impl Inner {
    fn fault(&self, asked: &Asked<'_>, account: Option<AccountId>) -> Option<Fault> {
        let (rule, action, account) = (self.faults.as_ref()?, asked.action?, account?);
        let nth = self.account(account).map_or(0, |known| known.count(action.index));
        if action.writes()
            && let Some(account) = self.account(account)
        {
            account.keep_before(self.now());
        }
        rule(&FaultPoint::new(self.seed, action.service, action.name, account, nth))
    }

    fn answer(
        &self,
        incoming: &Incoming<'_>,
        asked: &Asked<'_>,
        request_id: &str,
        stale: bool,
    ) -> Result<Answer, Refusal> {
        let unsigned = || Refusal::new(403, "MissingAuthenticationToken", "Request is missing Authentication Token");
        let scope = asked.scope.ok_or_else(unsigned)?;
        let Some(service) = asked.service else {
            return Err(Refusal::new(
                403,
                "SignatureDoesNotMatch",
                "Credential should be scoped to one of the services iam, sts, organizations.",
            ));
        };
        let caller = self.caller(scope.access_key, incoming.session_token, service)?;
        let Some(action) = asked.action else {
            let name = &asked.name;
            return Err(match service {
                Service::Organizations => Refusal::new(
                    400,
                    "UnknownOperationException",
                    format!("The operation `{name}` is not one that the sandbox has"),
                ),
                Service::Iam | Service::Sts => Refusal::new(
                    400,
                    "InvalidAction",
                    format!(
                        "Could not find operation {name} for version {}",
                        asked.params.get("Version").unwrap_or("?")
                    ),
                ),
            });
        };
        if service == Service::Organizations {
            return organizations::answer(self, &caller, action.name, &asked.json)
                .map(|result| json_answer(request_id.to_owned(), &result));
        }
        let result = match service {
            Service::Sts => Some(sts::answer(self, &caller, action.name, &asked.params)?),
            Service::Iam | Service::Organizations => iam::answer(self, &caller, action.name, &asked.params, stale)?,
        };
        Ok(xml_answer(request_id.to_owned(), query_answer(service, action.name, request_id, result)))
    }

    /// Who signs with `key`.
    fn caller(&self, key: &str, token: Option<&str>, service: Service) -> Result<Caller, Refusal> {
        let unknown = || match service {
            Service::Organizations => Refusal::new(
                400,
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            Service::Iam | Service::Sts => gone(),
        };
        if key == ADMIN_KEY {
            let arn = self.iam_arn(self.management, "user", "/", ADMIN);
            return Ok(Caller { account: self.management, arn, identity: Identity::User(ADMIN.to_owned()) });
        }
        let find = |arn: &str| self.managed.get(arn).map(|managed| std::sync::Arc::clone(&managed.document));
        let session = token.and_then(|token| self.sessions.open(key, token, &find)).ok_or_else(unknown)?;
        if session.is_over(self.now()) {
            return Err(expired(service));
        }
        let claims = &session.claims;
        let arn =
            format!("arn:{}:sts::{}:assumed-role/{}/{}", self.partition, claims.account, claims.role, claims.name);
        Ok(Caller { account: claims.account, arn, identity: Identity::Role(session) })
    }
}

/// A request id in AWS's form, the same for the same request of the same world.
fn request_id(seed: u64, seq: u64) -> String {
    use super::faults::scramble;
    let (high, low) = (scramble(seed ^ scramble(seq)), scramble(seq ^ !seed));
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xfff,
        low >> 48 & 0x3fff | 0x8000,
        low & 0xffff_ffff_ffff
    )
}
