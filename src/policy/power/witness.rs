//! The search for one request that is allowed by what was found, and not by what is wanted.
//!
//! Candidates are made of the patterns of both sides and of actions that people know; each is then decided, and only one
//! of which both answers are sure counts. Not finding one says nothing.

use std::collections::BTreeSet;

use super::condition::Context;
use super::layer::Layer;
use super::request::Request;
use super::statement::{Patterns, Statement, Target};
use crate::policy::document::PrincipalType;

/// Actions that say at once what is at stake.
const KNOWN_ACTIONS: &[&str] = &[
    "iam:createuser",
    "iam:attachrolepolicy",
    "iam:passrole",
    "sts:assumerole",
    "sts:tagsession",
    "sts:assumerolewithwebidentity",
    "sts:assumerolewithsaml",
    "s3:deletebucket",
    "s3:getobject",
    "s3:putobject",
    "ec2:runinstances",
    "kms:decrypt",
    "secretsmanager:getsecretvalue",
    "lambda:invokefunction",
    "redshift:deletecluster",
    "redshift:describeclusters",
    "sagemaker:createtrainingjob",
    "organizations:leaveorganization",
    "rolecall:any",
];

/// Accounts that are nobody's, for a principal that nobody named.
const STRANGERS: &[&str] = &["999999999999", "888888888888", "777777777777"];

/// How many candidates of each kind are tried, and statements looked at.
const MOST: usize = 12;

/// A request that all of `found` allow and one of `wanted` does not, matched by one of `suspects`.
pub(super) fn witness(found: &[Layer<'_>], wanted: &[Layer<'_>], suspects: &[Statement<'_>]) -> Option<Request> {
    let every = || found.iter().chain(wanted).flat_map(|layer| layer.allows().chain(layer.denies()));
    let actions = pool(every().filter_map(|statement| statement.actions.as_ref()));
    let resources = pool(every().filter_map(|statement| resources_of(statement.target.as_ref())));
    let allowing: Vec<Context> =
        found.iter().flat_map(|layer| layer.allows()).filter_map(|statement| fulfilling(&[statement])).collect();
    let odd = odd_keys(wanted);
    suspects.iter().take(MOST).find_map(|suspect| {
        let contexts = contexts(suspect, &allowing, &odd);
        let requests = actions_of(suspect, &actions).into_iter().flat_map(|action| {
            targets_of(suspect, &resources).into_iter().map(move |target| Request { action: action.clone(), ..target })
        });
        requests
            .flat_map(|request| {
                contexts.iter().map(move |context| Request { context: context.clone(), ..request.clone() })
            })
            .find(|request| {
                found.iter().all(|layer| layer.decides(request) == Some(true))
                    && wanted.iter().any(|layer| layer.decides(request) == Some(false))
            })
    })
}

fn resources_of<'s, 'a>(target: Option<&'s Target<'a>>) -> Option<&'s Patterns<'a>> {
    match target {
        Some(Target::Resources(patterns)) => Some(patterns),
        _ => None,
    }
}

/// Texts that the patterns match, each once.
fn pool<'s, 'a: 's>(patterns: impl Iterator<Item = &'s Patterns<'a>>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let samples = patterns.flat_map(|patterns| &patterns.items).flat_map(|(_, glob)| glob.samples());
    samples.filter(|sample| seen.insert(sample.clone())).take(200).collect()
}

fn matching(patterns: &Patterns<'_>, candidates: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    let wanted = candidates.filter(|text| patterns.match_text(text) == Some(true));
    wanted.filter(|text| seen.insert(text.clone())).take(MOST).collect()
}

fn actions_of(suspect: &Statement<'_>, pool: &[String]) -> Vec<String> {
    let Some(actions) = &suspect.actions else { return Vec::new() };
    let known = KNOWN_ACTIONS.iter().map(|action| (*action).to_owned());
    let own = actions.items.iter().flat_map(|(_, glob)| glob.samples());
    matching(actions, known.chain(own).chain(pool.iter().cloned()))
}

/// Requests without an action, each about one target.
fn targets_of(suspect: &Statement<'_>, pool: &[String]) -> Vec<Request> {
    match &suspect.target {
        Some(Target::Resources(resources)) => {
            let own = resources.items.iter().flat_map(|(_, glob)| glob.samples());
            let candidates = own.chain(["any".to_owned()]).chain(pool.iter().cloned());
            let resource = |resource| Request { resource, ..Request::default() };
            matching(resources, candidates).into_iter().map(resource).collect()
        }
        Some(Target::Principals(principals)) => {
            let names = principals.iter().flat_map(|principal| match principal.account() {
                _ if principal.is_everybody() => STRANGERS
                    .iter()
                    .map(|account| (PrincipalType::Aws, format!("arn:aws:iam::{account}:role/any")))
                    .collect(),
                Some((partition, account)) if principal.is_root() => ["role/any", "user/any", "role/any7"]
                    .map(|resource| (PrincipalType::Aws, format!("arn:{partition}:iam::{account}:{resource}")))
                    .to_vec(),
                _ => vec![(principal.of, principal.name.to_owned())],
            });
            names.take(MOST).map(|who| Request { principal: Some(who), ..Request::default() }).collect()
        }
        None => Vec::new(),
    }
}

/// Keys with which all conditions of the statements hold, where such are known.
fn fulfilling(statements: &[&Statement<'_>]) -> Option<Context> {
    let mut context = Context::new();
    for condition in statements.iter().flat_map(|statement| &statement.conditions) {
        if let Some(value) = condition.fulfilled()? {
            context.entry(condition.key().to_owned()).or_insert(value);
        }
    }
    Some(context)
}

/// Keys with which conditions of the statements do not hold.
fn odd_keys(layers: &[Layer<'_>]) -> Context {
    let statements = layers.iter().flat_map(|layer| layer.allows().chain(layer.denies()));
    let conditions = statements.flat_map(|statement| &statement.conditions);
    conditions.filter_map(|condition| Some((condition.key().to_owned(), condition.unfulfilled()?))).collect()
}

/// Contexts in which the suspect matches. Those in which the other side's keys are there come first: a request without a
/// key that AWS always sends proves less.
fn contexts(suspect: &Statement<'_>, allowing: &[Context], odd: &Context) -> Vec<Context> {
    let Some(own) = fulfilling(&[suspect]) else { return Vec::new() };
    let mut contexts = Vec::new();
    for context in std::iter::once(Context::new()).chain(allowing.iter().take(4).cloned()) {
        let mut both = context;
        both.extend(own.clone());
        let mut whole = odd.clone();
        whole.extend(both.clone());
        contexts.extend([whole, both]);
    }
    contexts.dedup();
    contexts
}
