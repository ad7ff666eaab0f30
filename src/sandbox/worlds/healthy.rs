//! The healthy world: about forty accounts in nested units, in which an apply ends well.
//!
//! Most accounts are new; four are already right, four have drifted, and two are no longer in use.

use std::sync::Arc;

use super::super::account::{AccountState, IamSeed, SeedScope, SimAccount};
use super::super::entities::Iam;
use super::super::policy::Document;
use super::super::world::Blueprint;
use super::cast::{Library, day, email, group, id, management, right_grant, right_role, tags};
use super::documents::{PERMISSIONS_WITHOUT_LISTING, POLICY, TRUST_WIDENED};
use super::spec::{Spec, WorldOptions};

/// What is in an account at the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// The access role and the analyst, and nothing of ours.
    New,
    /// The same, and a group `data-team` with the analyst in it.
    NewWithGroup,
    /// All as the setup wants it.
    Right,
    /// Somebody trusts EC2 too.
    TrustWidened,
    /// The permissions lack one action.
    ActionMissing,
    /// A managed policy that is not ours is attached to our role.
    PolicyAdded,
    /// The analyst may not pass the role.
    GrantMissing,
    /// Shut off by AWS.
    Suspended,
    /// Closed.
    Closed,
}

use Story::{
    ActionMissing, Closed, GrantMissing, New, NewWithGroup, PolicyAdded, Right, Suspended as ShutOff, TrustWidened,
};

const ROOT: usize = 0;
const WORKLOADS: usize = 1;
const PROD: usize = 2;
const DEV: usize = 3;
const SANDBOX: usize = 4;
const SECURITY: usize = 5;
const SUSPENDED: usize = 6;
const PAYMENTS: usize = 7;

/// Id, name, unit, story.
const CAST: &[(&str, &str, usize, Story)] = &[
    ("730418225961", "log-archive", SECURITY, New),
    ("582930417766", "security-tooling", SECURITY, New),
    ("291847560312", "audit", SECURITY, Right),
    ("664102938475", "network", ROOT, New),
    ("000123456789", "shared-services", ROOT, New),
    ("915028374461", "payments-prod", PAYMENTS, New),
    ("340192857746", "payments-ledger-prod", PAYMENTS, Right),
    ("128374650912", "payments-fraud-prod", PAYMENTS, TrustWidened),
    ("837465091283", "web-prod", PROD, NewWithGroup),
    ("746509128374", "search-prod", PROD, New),
    ("465091283746", "catalog-prod", PROD, New),
    ("650912837465", "warehouse-prod", PROD, Right),
    ("509128374650", "recommendations-prod", PROD, ActionMissing),
    ("091283746509", "mobile-prod", PROD, New),
    ("912837465091", "billing-prod", PROD, New),
    ("283746509128", "data-lake-prod", PROD, NewWithGroup),
    ("374650912837", "analytics-prod", PROD, PolicyAdded),
    ("201938475610", "ml-platform-prod", PROD, New),
    ("019384756102", "messaging-prod", PROD, New),
    ("193847561020", "identity-prod", PROD, New),
    ("938475610201", "payments-dev", DEV, New),
    ("384756102019", "web-dev", DEV, NewWithGroup),
    ("847561020193", "search-dev", DEV, New),
    ("475610201938", "catalog-dev", DEV, New),
    ("756102019384", "warehouse-dev", DEV, Right),
    ("561020193847", "recommendations-dev", DEV, GrantMissing),
    ("610201938475", "mobile-dev", DEV, New),
    ("102019384756", "billing-dev", DEV, New),
    ("020193847561", "data-lake-dev", DEV, New),
    ("557291038466", "analytics-dev", DEV, New),
    ("572910384665", "ml-platform-dev", DEV, NewWithGroup),
    ("729103846655", "integration-tests", DEV, New),
    ("291038466557", "load-tests", DEV, New),
    ("910384665572", "sandbox-anna", SANDBOX, New),
    ("103846655729", "sandbox-bela", SANDBOX, New),
    ("038466557291", "sandbox-chidi", SANDBOX, New),
    ("384665572910", "sandbox-dagny", SANDBOX, New),
    ("846655729103", "training", SANDBOX, New),
    ("466557291038", "old-website", SUSPENDED, ShutOff),
    ("665572910384", "acquired-crm", SUSPENDED, Closed),
];

pub(super) fn plan(spec: &Spec, options: WorldOptions) -> Blueprint {
    let owner = id("418263905174");
    let library = Library::new(options.partition, owner);
    let mut accounts = vec![management(owner, "Example Corp")];
    for (n, (digits, name, unit, story)) in (1i64..).zip(CAST) {
        let state = match story {
            ShutOff => AccountState::Suspended,
            Closed => AccountState::Closed,
            _ => AccountState::Active,
        };
        let mut account = SimAccount::new(id(digits), name, state, day(n * 61), seed(&library, *story));
        account.email = email(name);
        account.unit = *unit;
        let stage = if name.ends_with("-prod") { "prod" } else { "nonprod" };
        let team = name.split('-').next().unwrap_or_default();
        account.tags = tags(&[("stage", stage), ("team", team)]);
        accounts.push(account);
    }
    let unit = |name: &str, parent| (name.to_owned(), parent, Vec::new());
    Blueprint {
        seed: spec.seed,
        clock: options.clock,
        partition: options.partition,
        region: options.region,
        management: owner,
        units: vec![
            unit("Root", None),
            unit("Workloads", Some(ROOT)),
            unit("Prod", Some(WORKLOADS)),
            unit("Dev", Some(WORKLOADS)),
            unit("Sandbox", Some(ROOT)),
            unit("Security", Some(ROOT)),
            unit("Suspended", Some(ROOT)),
            unit("Payments", Some(PROD)),
        ],
        accounts,
        latency: spec.latency,
        faults: options.faults,
        organization: options.organization,
    }
}

fn seed(library: &Arc<Library>, story: Story) -> IamSeed {
    let library = Arc::clone(library);
    Arc::new(move |iam: &mut Iam, scope: &SeedScope<'_>| {
        let granted = matches!(story, Right | TrustWidened | ActionMissing | PolicyAdded);
        let grant: Vec<_> = granted.then(|| right_grant(scope)).into_iter().collect();
        library.usual(iam, scope, &grant);
        if story == NewWithGroup {
            group(iam, scope, "data-team", "analyst");
        }
        if !granted && story != GrantMissing {
            return;
        }
        let mut role = right_role(iam, scope, &library);
        match story {
            TrustWidened => role.trust = Document::new(TRUST_WIDENED),
            ActionMissing => role.grants.put(POLICY, Document::new(PERMISSIONS_WITHOUT_LISTING)),
            PolicyAdded => role.grants.attached = scope.managed.named(&["AmazonS3ReadOnlyAccess"]),
            _ => {}
        }
        iam.roles.insert(role);
    })
}
