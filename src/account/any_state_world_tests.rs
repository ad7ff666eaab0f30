//! An account of the sandbox in whatever state IAM writes can bring it to, and what stands in it, read without rolecall.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::Tag;
use percent_encoding::percent_decode_str;
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};

use super::ledger::{Ledger, LedgerClosed};
use super::model::change::{Change, ChangeResult};
use crate::setup::desired::{Desired, OWNER_TAG};

/// Managed policies that no setup of the tests has.
const FOREIGN_MANAGED: [&str; 9] = [
    "AdministratorAccess",
    "ReadOnlyAccess",
    "IAMFullAccess",
    "IAMReadOnlyAccess",
    "AmazonS3FullAccess",
    "AmazonEC2ReadOnlyAccess",
    "AmazonVPCReadOnlyAccess",
    "CloudWatchReadOnlyAccess",
    "AmazonRedshiftReadOnlyAccess",
];
pub(crate) const PRINCIPALS: [&str; 4] = ["user/analyst", "user/newcomer", "group/team", "role/passer"];
const SMALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}"#;

/// A policy of somebody: ours, ours in other words, another one, a long one.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Text {
    Right,
    InOtherWords,
    Small,
    Long,
}

/// Who a trust policy names.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Trust {
    Right,
    InOtherWords,
    Ec2,
    /// A role that may go away.
    Ghost,
}

/// One IAM write that somebody makes. What IAM refuses in the state that there is, is no write.
#[derive(Debug, Clone)]
pub(crate) enum Move {
    CreateRole {
        right_path: bool,
        trust: Trust,
    },
    Trust(Trust),
    /// The ghost goes, and the trusts that name it are left with its id.
    DeleteGhost,
    /// A role of the same name, with another id, which the old trusts do not name.
    AnotherPasser,
    Describe(&'static str),
    Duration(i32),
    Tag(&'static str, &'static str),
    /// One of the setup's tags, with its key in upper case.
    ShoutTag(usize),
    Untag(usize),
    Boundary(Option<&'static str>),
    /// The setup's nth inline policy.
    Inline(usize, Text),
    ForeignInline(&'static str, Text),
    DeleteInline(usize),
    /// The setup's nth managed policy.
    Attach(usize),
    /// The setup's nth managed policy goes.
    Detach(usize),
    AttachForeign(usize),
    AttachAllForeign,
    CreatePrincipal(&'static str),
    /// The grant on the nth principal.
    Grant(usize, Text),
    ForeignGrant(&'static str, &'static str),
    ForeignAttached(&'static str),
}

fn text() -> impl Strategy<Value = Text> {
    select(&[Text::Right, Text::InOtherWords, Text::Small, Text::Long][..])
}

fn trust() -> impl Strategy<Value = Trust> {
    select(&[Trust::Right, Trust::InOtherWords, Trust::Ec2, Trust::Ghost][..])
}

pub(crate) fn moves() -> impl Strategy<Value = Vec<Move>> {
    let owners = [(OWNER_TAG, "rich"), (OWNER_TAG, "amazon-ml-redshift"), (OWNER_TAG, "amazon-ml-redshift-managed")];
    let tags = [owners.as_slice(), &[("owner", "nobody"), ("theirs", "x"), ("Their.Own", "")]].concat();
    let principal = || select(&PRINCIPALS[..]);
    let one = prop_oneof![
        3 => (prop::bool::weighted(0.9), trust()).prop_map(|(right_path, trust)| Move::CreateRole { right_path, trust }),
        1 => trust().prop_map(Move::Trust),
        1 => Just(Move::DeleteGhost),
        1 => Just(Move::AnotherPasser),
        1 => select(&["", "another", "Zoë's"][..]).prop_map(Move::Describe),
        1 => select(&[3600, 7200, 43_200][..]).prop_map(Move::Duration),
        3 => select(tags).prop_map(|(key, value)| Move::Tag(key, value)),
        1 => (0..3_usize).prop_map(Move::ShoutTag),
        1 => (0..3_usize).prop_map(Move::Untag),
        1 => select(&[None, Some("PowerUserAccess"), Some("SecurityAudit")][..]).prop_map(Move::Boundary),
        3 => (0..3_usize, text()).prop_map(|(n, text)| Move::Inline(n, text)),
        2 => (select(&["Theirs", "Z"][..]), text()).prop_map(|(name, text)| Move::ForeignInline(name, text)),
        1 => (0..3_usize).prop_map(Move::DeleteInline),
        1 => (0..2_usize).prop_map(Move::Attach),
        1 => (0..2_usize).prop_map(Move::Detach),
        2 => (0..FOREIGN_MANAGED.len()).prop_map(Move::AttachForeign),
        1 => Just(Move::AttachAllForeign),
        3 => principal().prop_map(Move::CreatePrincipal),
        2 => (0..3_usize, text()).prop_map(|(n, text)| Move::Grant(n, text)),
        1 => (principal(), select(&["Own", "RolecallPassRole-Other"][..])).prop_map(|(to, n)| Move::ForeignGrant(to, n)),
        1 => principal().prop_map(Move::ForeignAttached),
    ];
    prop::collection::vec(one, 0..20)
}

fn spelled(text: Text, right: &str) -> String {
    match text {
        Text::Right => right.to_owned(),
        Text::InOtherWords => in_other_words(right),
        Text::Small => SMALL.to_owned(),
        Text::Long => {
            let actions: Vec<String> = (0..175).map(|n| format!("service{n}:DescribeThing")).collect();
            json!({ "Statement": { "Effect": "Allow", "Action": actions, "Resource": "*" } }).to_string()
        }
    }
}

/// The same policy: actions the other way round, one action in a list, and white space.
fn in_other_words(text: &str) -> String {
    let mut policy: Value = serde_json::from_str(text).unwrap();
    let statements = match &mut policy["Statement"] {
        Value::Array(statements) => statements.iter_mut().collect(),
        one => vec![one],
    };
    for statement in statements {
        match &mut statement["Action"] {
            Value::Array(actions) => actions.reverse(),
            action => *action = json!([action.take()]),
        }
    }
    serde_json::to_string_pretty(&policy).unwrap()
}

fn managed(name: &str) -> String {
    format!("arn:aws:iam::aws:policy/{name}")
}

fn tag(key: &str, value: &str) -> Tag {
    Tag::builder().key(key).value(value).build().unwrap()
}

/// A role that trusts this account, as somebody's own.
pub(crate) async fn create_role(iam: &Client, name: &str) -> bool {
    let trust =
        r#"{"Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
    iam.create_role().role_name(name).assume_role_policy_document(trust).send().await.is_ok()
}

fn trust_text(trust: Trust, desired: &Desired) -> String {
    let named = |principal: Value| {
        json!({ "Statement": { "Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal } }).to_string()
    };
    match trust {
        Trust::Right => desired.only_role().trust.text.to_string(),
        Trust::InOtherWords => in_other_words(&desired.only_role().trust.text),
        Trust::Ec2 => named(json!({ "Service": "ec2.amazonaws.com" })),
        Trust::Ghost => named(json!({ "AWS": format!("arn:aws:iam::{}:role/ghost", desired.account) })),
    }
}

/// Puts an inline policy on `user/NAME`, `group/NAME` or `role/NAME`; whether IAM took it.
async fn put(iam: &Client, principal: &str, policy: &str, text: &str) -> bool {
    match principal.split_once('/').unwrap() {
        ("user", name) => {
            iam.put_user_policy().user_name(name).policy_name(policy).policy_document(text).send().await.is_ok()
        }
        ("group", name) => {
            iam.put_group_policy().group_name(name).policy_name(policy).policy_document(text).send().await.is_ok()
        }
        (_, name) => {
            iam.put_role_policy().role_name(name).policy_name(policy).policy_document(text).send().await.is_ok()
        }
    }
}

/// Makes a write, towards the role and the grants of `desired`; whether IAM took it.
pub(crate) async fn make(iam: &Client, desired: &Desired, one: &Move) -> bool {
    let role = desired.only_role().name.as_str();
    let role_itself = format!("role/{role}");
    let inline = |n: &usize| desired.only_role().inline.iter().nth(*n);
    let key = |n: &usize| desired.only_role().tags.keys().nth(*n);
    match one {
        Move::CreateRole { right_path, trust } => {
            let path = if *right_path { desired.only_role().path.as_str() } else { "/elsewhere/" };
            let call = iam.create_role().role_name(role).path(path);
            call.assume_role_policy_document(trust_text(*trust, desired)).send().await.is_ok()
        }
        Move::Trust(trust) => {
            let text = trust_text(*trust, desired);
            iam.update_assume_role_policy().role_name(role).policy_document(text).send().await.is_ok()
        }
        Move::DeleteGhost => iam.delete_role().role_name("ghost").send().await.is_ok(),
        Move::AnotherPasser => {
            iam.delete_role().role_name("passer").send().await.is_ok() && create_role(iam, "passer").await
        }
        Move::Describe(text) => iam.update_role().role_name(role).description(*text).send().await.is_ok(),
        Move::Duration(seconds) => {
            iam.update_role().role_name(role).max_session_duration(*seconds).send().await.is_ok()
        }
        Move::Tag(key, value) => iam.tag_role().role_name(role).tags(tag(key, value)).send().await.is_ok(),
        Move::ShoutTag(n) => {
            let Some((key, value)) = desired.only_role().tags.iter().nth(*n) else { return false };
            let removed = iam.untag_role().role_name(role).tag_keys(key).send().await;
            removed.is_ok() && {
                let shouted = tag(&key.to_uppercase(), value);
                iam.tag_role().role_name(role).tags(shouted).send().await.is_ok()
            }
        }
        Move::Untag(n) => match key(n) {
            Some(key) => iam.untag_role().role_name(role).tag_keys(key).send().await.is_ok(),
            None => false,
        },
        Move::Boundary(Some(name)) => {
            let call = iam.put_role_permissions_boundary().role_name(role).permissions_boundary(managed(name));
            call.send().await.is_ok()
        }
        Move::Boundary(None) => iam.delete_role_permissions_boundary().role_name(role).send().await.is_ok(),
        Move::Inline(n, text) => match inline(n) {
            Some((name, right)) => put(iam, &role_itself, name.as_str(), &spelled(*text, &right.text)).await,
            None => false,
        },
        Move::ForeignInline(name, text) => put(iam, &role_itself, name, &spelled(*text, SMALL)).await,
        Move::DeleteInline(n) => match inline(n) {
            Some((name, _)) => iam.delete_role_policy().role_name(role).policy_name(name.as_str()).send().await.is_ok(),
            None => false,
        },
        Move::Attach(n) => match desired.only_role().managed.iter().nth(*n) {
            Some(arn) => iam.attach_role_policy().role_name(role).policy_arn(arn.to_string()).send().await.is_ok(),
            None => false,
        },
        Move::Detach(n) => match desired.only_role().managed.iter().nth(*n) {
            Some(arn) => iam.detach_role_policy().role_name(role).policy_arn(arn.to_string()).send().await.is_ok(),
            None => false,
        },
        Move::AttachForeign(n) => {
            iam.attach_role_policy().role_name(role).policy_arn(managed(FOREIGN_MANAGED[*n])).send().await.is_ok()
        }
        Move::AttachAllForeign => {
            let mut any = false;
            for name in FOREIGN_MANAGED {
                any |= iam.attach_role_policy().role_name(role).policy_arn(managed(name)).send().await.is_ok();
            }
            any
        }
        Move::CreatePrincipal(principal) => match principal.split_once('/').unwrap() {
            ("user", name) => iam.create_user().user_name(name).path("/people/").send().await.is_ok(),
            ("group", name) => iam.create_group().group_name(name).send().await.is_ok(),
            (_, name) => create_role(iam, name).await,
        },
        Move::Grant(n, text) => match desired.granted().nth(*n) {
            Some((principal, grant)) => {
                let text = spelled(*text, &grant.policy.text);
                put(iam, &principal.to_string(), grant.name.as_str(), &text).await
            }
            None => false,
        },
        Move::ForeignGrant(principal, name) => put(iam, principal, name, SMALL).await,
        Move::ForeignAttached(principal) => match principal.split_once('/').unwrap() {
            ("user", name) => {
                iam.attach_user_policy().user_name(name).policy_arn(managed("SecurityAudit")).send().await.is_ok()
            }
            ("group", name) => {
                iam.attach_group_policy().group_name(name).policy_arn(managed("SecurityAudit")).send().await.is_ok()
            }
            (_, name) => {
                iam.attach_role_policy().role_name(name).policy_arn(managed("SecurityAudit")).send().await.is_ok()
            }
        },
    }
}

/// What a user, group or role has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Holder {
    pub(crate) path: String,
    pub(crate) trust: String,
    pub(crate) description: Option<String>,
    pub(crate) max_session_duration: i32,
    pub(crate) boundary: Option<String>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) inline: BTreeMap<String, String>,
    pub(crate) attached: BTreeSet<String>,
}

/// Users, groups and roles of an account, by `role/NAME` and so on.
pub(crate) type Snapshot = BTreeMap<String, Holder>;

/// Keeps what AWS took.
#[derive(Default)]
pub(crate) struct Kept(pub(super) Mutex<Vec<Change>>);

impl Ledger for Kept {
    async fn intend(&self, _: &Change) -> Result<(), LedgerClosed> {
        Ok(())
    }

    fn settled(&self, change: &Change, result: &ChangeResult) {
        if matches!(result, ChangeResult::Applied { .. }) {
            self.0.lock().unwrap().push(change.clone());
        }
    }
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8().unwrap().into_owned()
}

/// Reads a user, group or role, past everything that rolecall reads it with; `None` where it is not there.
pub(crate) async fn holder(iam: &Client, principal: &str) -> Option<Holder> {
    let mut holder = Holder::default();
    let attached = match principal.split_once('/').unwrap() {
        ("user", name) => {
            holder.path = iam.get_user().user_name(name).send().await.ok()?.user.unwrap().path().to_owned();
            for policy in iam.list_user_policies().user_name(name).send().await.unwrap().policy_names() {
                let read = iam.get_user_policy().user_name(name).policy_name(policy).send().await.unwrap();
                holder.inline.insert(policy.clone(), decoded(read.policy_document()));
            }
            iam.list_attached_user_policies().user_name(name).send().await.unwrap().attached_policies
        }
        ("group", name) => {
            holder.path = iam.get_group().group_name(name).send().await.ok()?.group.unwrap().path().to_owned();
            for policy in iam.list_group_policies().group_name(name).send().await.unwrap().policy_names() {
                let read = iam.get_group_policy().group_name(name).policy_name(policy).send().await.unwrap();
                holder.inline.insert(policy.clone(), decoded(read.policy_document()));
            }
            iam.list_attached_group_policies().group_name(name).send().await.unwrap().attached_policies
        }
        (_, name) => {
            let role = iam.get_role().role_name(name).send().await.ok()?.role.unwrap();
            holder.path = role.path().to_owned();
            holder.trust = decoded(role.assume_role_policy_document().unwrap());
            // No description and an empty one are the same.
            holder.description = role.description().filter(|text| !text.is_empty()).map(str::to_owned);
            holder.max_session_duration = role.max_session_duration().unwrap();
            holder.boundary = role.permissions_boundary().map(|it| it.permissions_boundary_arn().unwrap().to_owned());
            holder.tags = role.tags().iter().map(|tag| (tag.key().to_owned(), tag.value().to_owned())).collect();
            for policy in iam.list_role_policies().role_name(name).send().await.unwrap().policy_names() {
                let read = iam.get_role_policy().role_name(name).policy_name(policy).send().await.unwrap();
                holder.inline.insert(policy.clone(), decoded(read.policy_document()));
            }
            iam.list_attached_role_policies().role_name(name).send().await.unwrap().attached_policies
        }
    };
    holder.attached = attached.unwrap_or_default().iter().map(|it| it.policy_arn().unwrap().to_owned()).collect();
    Some(holder)
}

/// Reads the whole account.
pub(crate) async fn snapshot(iam: &Client) -> Snapshot {
    let (roles, users) = (iam.list_roles().send().await.unwrap(), iam.list_users().send().await.unwrap());
    let groups = iam.list_groups().send().await.unwrap();
    let roles = roles.roles().iter().map(|role| format!("role/{}", role.role_name()));
    let users = users.users().iter().map(|user| format!("user/{}", user.user_name()));
    let groups = groups.groups().iter().map(|group| format!("group/{}", group.group_name()));
    snapshot_of(iam, roles.chain(users).chain(groups)).await
}

/// Reads those of them that are there.
pub(crate) async fn snapshot_of(iam: &Client, principals: impl Iterator<Item = String>) -> Snapshot {
    let mut all = Snapshot::new();
    for principal in principals {
        if let Some(found) = holder(iam, &principal).await {
            all.insert(principal, found);
        }
    }
    all
}
