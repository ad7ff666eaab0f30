//! What the accounts of the ready worlds are furnished with.

use std::sync::Arc;

use jiff::Timestamp;

use super::super::account::{AccountState, IamSeed, SeedScope, SimAccount};
use super::super::entities::{Grants, Iam, SimGroup, SimRole, SimUser, Tags};
use super::super::policy::Document;
use super::super::world::ADMIN;
use super::documents::{ANALYST_OWN, DESCRIPTION, GRANT, PERMISSIONS, POLICY, ROLE, TAG, TRUST, access_trust, grant};
use crate::ids::AccountId;

/// The name of the role that Organizations makes in an account that it creates.
pub(super) const ACCESS_ROLE: &str = "OrganizationAccountAccessRole";
/// The user whom every account of the ready worlds has.
pub(super) const ANALYST: &str = "analyst";

/// The account id that `digits` are.
#[expect(clippy::expect_used, reason = "only ever called with twelve digits")]
pub(super) fn id(digits: &str) -> AccountId {
    digits.parse().expect("twelve digits")
}

/// A day in the past that suits an account's joining: the `n`th after 2019-03-01, at an hour of its own.
pub(super) fn day(n: i64) -> Timestamp {
    Timestamp::from_second(1_551_427_200 + n * 86_400 + n * 7919 % 86_400).unwrap_or(Timestamp::UNIX_EPOCH)
}

/// A new role with nothing on it but a trust.
pub(super) fn role(iam: &mut Iam, scope: &SeedScope<'_>, name: &str, trust: Arc<Document>) -> SimRole {
    SimRole {
        path: "/".into(),
        name: name.into(),
        id: iam.new_id("AROA", scope.account),
        trust,
        description: None,
        max_session_duration: 3600,
        boundary: None,
        tags: Tags::new(),
        grants: Grants::default(),
        created: scope.joined,
    }
}

/// The access role, with AdministratorAccess.
pub(super) fn access_role(iam: &mut Iam, scope: &SeedScope<'_>, trust: &Arc<Document>) -> SimRole {
    let mut access = role(iam, scope, ACCESS_ROLE, Arc::clone(trust));
    access.grants.attached = scope.managed.named(&["AdministratorAccess"]);
    access
}

/// A user with some inline policies.
pub(super) fn user(iam: &mut Iam, scope: &SeedScope<'_>, name: &str, inline: &[(&str, Arc<Document>)]) {
    let mut grants = Grants::default();
    for (policy, document) in inline {
        grants.put(policy, Arc::clone(document));
    }
    let id = iam.new_id("AIDA", scope.account);
    iam.users.insert(SimUser { path: "/".into(), name: name.into(), id, grants, created: scope.joined });
}

/// A group with one member.
pub(super) fn group(iam: &mut Iam, scope: &SeedScope<'_>, name: &str, member: &str) {
    let id = iam.new_id("AGPA", scope.account);
    iam.groups.insert(SimGroup {
        path: "/".into(),
        name: name.into(),
        id,
        grants: Grants::default(),
        members: vec![member.into()],
        created: scope.joined,
    });
}

/// The setup's role just as the setup wants it, in other words.
pub(super) fn right_role(iam: &mut Iam, scope: &SeedScope<'_>, library: &Library) -> SimRole {
    let mut right = role(iam, scope, ROLE, Arc::clone(&library.trust));
    right.description = Some(DESCRIPTION.into());
    right.tags.insert(TAG.0.into(), TAG.1.into());
    right.grants.put(POLICY, Arc::clone(&library.permissions));
    right
}

/// The setup's grant on the analyst.
pub(super) fn right_grant(scope: &SeedScope<'_>) -> (&'static str, Arc<Document>) {
    (GRANT, grant(scope.partition, scope.account.as_str()))
}

/// Documents that many accounts share.
pub(super) struct Library {
    pub(super) access: Arc<Document>,
    pub(super) trust: Arc<Document>,
    pub(super) permissions: Arc<Document>,
    pub(super) analyst: Arc<Document>,
}

impl Library {
    pub(super) fn new(partition: &str, management: AccountId) -> Arc<Self> {
        Arc::new(Self {
            access: access_trust(partition, management.as_str(), ""),
            trust: Document::new(TRUST),
            permissions: Document::new(PERMISSIONS),
            analyst: Document::new(ANALYST_OWN),
        })
    }

    /// What every account starts with: the access role and the analyst.
    pub(super) fn usual(&self, iam: &mut Iam, scope: &SeedScope<'_>, more: &[(&str, Arc<Document>)]) {
        let access = access_role(iam, scope, &self.access);
        iam.roles.insert(access);
        let mut inline = vec![("OwnWork", Arc::clone(&self.analyst))];
        inline.extend(more.iter().map(|(name, document)| (*name, Arc::clone(document))));
        user(iam, scope, ANALYST, &inline);
    }
}

/// The management account: the user `admin`, whose key the world gives out, and an analyst. It has no access role,
/// for nobody makes one there.
pub(super) fn management(id: AccountId, name: &str) -> SimAccount {
    let seed: IamSeed = Arc::new(|iam: &mut Iam, scope: &SeedScope<'_>| {
        user(iam, scope, ADMIN, &[]);
        if let Some(admin) = iam.users.get_mut(ADMIN) {
            admin.grants.attached = scope.managed.named(&["AdministratorAccess"]);
        }
        user(iam, scope, ANALYST, &[]);
    });
    let mut account = SimAccount::new(id, name, AccountState::Active, day(0), seed);
    account.email = "aws+management@example.com".into();
    account
}

/// An address for an account's root user, which may hold nothing of a name but letters and digits.
pub(super) fn email(name: &str) -> Box<str> {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).take(40).collect();
    format!("aws+{}@example.com", plain.to_ascii_lowercase()).into()
}

/// Tags from pairs.
pub(super) fn tags(pairs: &[(&str, &str)]) -> Tags {
    pairs.iter().map(|(key, value)| ((*key).into(), (*value).into())).collect()
}
