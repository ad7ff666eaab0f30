//! STS: AssumeRole and GetCallerIdentity.
//!
//! A missing role, a refusing trust, a closed account and an account that does not exist all look alike, as they do with
//! AWS. That a closed account refuses is AWS's documented rule; no other simulator confirms it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::account::AccountState;
use super::names::{check_name, check_pattern};
use super::policy::{Context, Decision, PolicyKind, Requester, TrustVerdict, check};
use super::refusal::Refusal;
use super::session::{Caller, Claims, Identity};
use super::unique_id::session_key;
use super::wire::Params;
use super::world::Inner;
use super::xml::Xml;
use crate::ids::Arn;

/// The longest session policy, in characters.
const POLICY_LIMIT: usize = 2048;

pub(super) fn answer(world: &Inner, caller: &Caller, action: &str, params: &Params<'_>) -> Result<Xml, Refusal> {
    match action {
        "AssumeRole" => assume_role(world, caller, params),
        _ => Ok(caller_identity(world, caller)),
    }
}

fn caller_identity(world: &Inner, caller: &Caller) -> Xml {
    let mut xml = Xml::default();
    let id = match &caller.identity {
        Identity::Role(session) => format!("{}:{}", session.claims.role_id, session.claims.name),
        Identity::User(name) => user_id(world, caller, name),
    };
    xml.text("Arn", &caller.arn).text("UserId", &id).plain("Account", caller.account);
    xml
}

fn user_id(world: &Inner, caller: &Caller, name: &str) -> String {
    let account = world.account(caller.account);
    account.and_then(|account| world.iam(account).users.get(name).map(|user| user.id.to_string())).unwrap_or_default()
}

/// What AssumeRole was asked for, found to be in order.
struct Wish<'a> {
    arn: &'a str,
    role: Arn,
    session_name: &'a str,
    seconds: u32,
    asked_seconds: bool,
    external_id: Option<&'a str>,
    source_identity: Option<&'a str>,
    tags: Vec<(&'a str, &'a str)>,
    policy: Option<&'a str>,
    policy_arns: Vec<&'a str>,
}

impl<'a> Wish<'a> {
    fn read(world: &Inner, params: &'a Params<'_>) -> Result<Self, Refusal> {
        let arn = params.required("RoleArn")?;
        let session_name = params.required("RoleSessionName")?;
        check_name("roleSessionName", session_name, 2, 64)?;
        let asked = params.number("DurationSeconds")?;
        let seconds = asked.unwrap_or(3600);
        if seconds < 900 {
            return Err(Refusal::constraint(
                &seconds.to_string(),
                "durationSeconds",
                "Member must have value greater than or equal to 900",
            ));
        }
        if seconds > 43_200 {
            return Err(Refusal::constraint(
                &seconds.to_string(),
                "durationSeconds",
                "Member must have value less than or equal to 43200",
            ));
        }
        let external_id = params.get("ExternalId");
        if let Some(id) = external_id {
            check_pattern("externalId", id, 2, 1224, "_+=,.@:/-")?;
        }
        let source_identity = params.get("SourceIdentity");
        if let Some(identity) = source_identity {
            check_name("sourceIdentity", identity, 2, 64)?;
        }
        let policy = params.get("Policy");
        let policy_arns: Vec<&str> = params.members("PolicyArns", "arn").collect();
        if let Some(text) = policy {
            if text.chars().count() > POLICY_LIMIT {
                return Err(Refusal::constraint(text, "policy", "Member must have length less than or equal to 2048"));
            }
            check(text, PolicyKind::Identity).map_err(Refusal::malformed)?;
        }
        let plain =
            policy.map_or(0, |text| text.chars().count()) + policy_arns.iter().map(|arn| arn.len()).sum::<usize>();
        if plain > POLICY_LIMIT || policy_arns.len() > 10 {
            return Err(Refusal::new(
                400,
                "PackedPolicyTooLarge",
                "The total packed size of the session policies and session tags combined was too large.",
            ));
        }
        if let Some(missing) = policy_arns.iter().find(|arn| world.managed.get(arn).is_none()) {
            return Err(Refusal::malformed(format!("The policy {missing} does not exist or is not attachable.")));
        }
        let role = arn
            .parse::<Arn>()
            .ok()
            .filter(|role| role.service() == "iam" && role.resource().starts_with("role/"))
            .ok_or_else(|| Refusal::validation(format!("{arn} is invalid")))?;
        Ok(Self {
            arn,
            role,
            session_name,
            seconds: u32::try_from(seconds).unwrap_or(3600),
            asked_seconds: asked.is_some(),
            external_id,
            source_identity,
            tags: params.tags(),
            policy,
            policy_arns,
        })
    }

    /// The actions that must be allowed on both sides.
    fn actions(&self) -> Vec<&'static str> {
        let mut actions = vec!["sts:AssumeRole"];
        actions.extend(self.source_identity.map(|_| "sts:SetSourceIdentity"));
        actions.extend((!self.tags.is_empty()).then_some("sts:TagSession"));
        actions
    }

    /// Condition keys of this call.
    fn add_to<'c>(&'c self, context: &mut Context<'c>) {
        context.set("sts:RoleSessionName", self.session_name);
        if let Some(id) = self.external_id {
            context.set("sts:ExternalId", id);
        }
        if let Some(identity) = self.source_identity {
            context.set("sts:SourceIdentity", identity);
        }
        for (key, value) in &self.tags {
            context.set(format!("aws:RequestTag/{key}"), *value);
        }
        if !self.tags.is_empty() {
            context.set_all("aws:TagKeys", self.tags.iter().map(|(key, _)| (*key).into()).collect());
        }
    }
}

fn assume_role(world: &Inner, caller: &Caller, params: &Params<'_>) -> Result<Xml, Refusal> {
    let wish = Wish::read(world, params)?;
    let refused = |action: &str| {
        let (who, role) = (&caller.arn, wish.arn);
        Refusal::access_denied(format!("User: {who} is not authorized to perform: {action} on resource: {role}"))
    };
    let actions = wish.actions();

    // The caller's side first, and its account let go before the role's account is locked.
    let home = world.account(caller.account).ok_or_else(|| refused("sts:AssumeRole"))?;
    let (decisions, mut context, caller_id) = {
        let iam = world.iam(home);
        let extra: Vec<(&str, &str)> = wish.external_id.map(|id| ("sts:ExternalId", id)).into_iter().collect();
        let decisions: Result<Vec<Decision>, Refusal> =
            actions.iter().map(|action| world.decide(caller, &iam, action, wish.arn, &extra)).collect();
        let id = match &caller.identity {
            Identity::User(name) => iam.users.get(name).map(|user| user.id.to_string()).unwrap_or_default(),
            Identity::Role(session) => session.claims.role_id.clone(),
        };
        (decisions?, world.context(caller, &iam), id)
    };
    wish.add_to(&mut context);
    let who = Requester { account: caller.account, unique_id: &caller_id, arn: &caller.arn };

    let account = wish.role.account().parse().ok().and_then(|id| world.account(id));
    let account = account.filter(|account| account.state() == AccountState::Active);
    let account = account.ok_or_else(|| refused("sts:AssumeRole"))?;
    let (role_id, role_name, role_path, longest) = {
        let iam = world.iam(account);
        let known = iam.id_of(wish.role.resource());
        let role = wish.role.resource().rsplit('/').next().and_then(|name| iam.roles.get(name));
        let role = role.filter(|role| known == Some(&role.id)).ok_or_else(|| refused("sts:AssumeRole"))?;
        for (action, decision) in actions.iter().zip(decisions) {
            let trust = role.trust.policy().trusts(action, who, &context);
            // Within one account, a trust that names the identity is enough; a trust in the account leaves it to the
            // account. Across accounts both sides must agree.
            let agreed = match trust {
                TrustVerdict::Refuses => false,
                TrustVerdict::AllowsIdentity if account.id == caller.account => {
                    !matches!(decision, Decision::ExplicitDeny(_))
                }
                TrustVerdict::AllowsIdentity | TrustVerdict::AllowsAccount => decision == Decision::Allowed,
            };
            if !agreed {
                return Err(refused(action));
            }
        }
        (role.id.to_string(), role.name.to_string(), role.path.to_string(), role.max_session_duration)
    };

    if caller.session().is_some() && wish.asked_seconds && wish.seconds > 3600 {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
        ));
    }
    if wish.seconds > longest {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }

    let inherited = caller.session().and_then(|session| session.claims.source_identity.clone());
    let source_identity = wish.source_identity.map(str::to_owned).or(inherited);
    let key = session_key(account.id, world.serial.fetch_add(1, Ordering::Relaxed));
    let expires = world.now().as_second() + i64::from(wish.seconds);
    let claims = Claims {
        account: account.id,
        role: role_name,
        role_path,
        role_id,
        name: wish.session_name.to_owned(),
        expires,
        source_identity: source_identity.clone(),
        policy: wish.policy.map(str::to_owned),
        policy_arns: wish.policy_arns.iter().map(|arn| (*arn).to_owned()).collect(),
    };
    let find = |arn: &str| world.managed.get(arn).map(|managed| Arc::clone(&managed.document));
    let session = world.sessions.mint(&key, claims, &find);
    let claims = &session.claims;

    let mut xml = Xml::with_capacity(session.token().len() + 700);
    xml.within("Credentials", |xml| {
        xml.text("AccessKeyId", &key)
            .text("SecretAccessKey", &format!("sandbox-secret-of-session-{key:>14}"))
            .text("SessionToken", session.token())
            .time("Expiration", jiff::Timestamp::from_second(expires).unwrap_or(jiff::Timestamp::MAX));
    });
    xml.within("AssumedRoleUser", |xml| {
        xml.text("AssumedRoleId", &format!("{}:{}", claims.role_id, claims.name)).text(
            "Arn",
            &format!("arn:{}:sts::{}:assumed-role/{}/{}", world.partition, claims.account, claims.role, claims.name),
        );
    });
    if let Some(policy) = wish.policy {
        xml.plain("PackedPolicySize", policy.len().saturating_mul(100).div_ceil(2 * POLICY_LIMIT).min(100));
    }
    if let Some(identity) = &source_identity {
        xml.text("SourceIdentity", identity);
    }
    Ok(xml)
}
