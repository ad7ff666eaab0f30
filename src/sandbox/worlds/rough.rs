//! The rough world: about forty accounts in which everything goes wrong that can, the same way every time.

use std::sync::Arc;

use super::super::account::{AccountState, IamSeed, SeedScope, SimAccount};
use super::super::entities::{Iam, Managed};
use super::super::policy::Document;
use super::super::world::Blueprint;
use super::cast::{
    ANALYST, Library, access_role, day, email, id, management, right_grant, right_role, role, tags, user,
};
use super::documents::{ROLE, TRUST_EC2, TRUST_ORPHANED, access_trust, everything_but, full_access_but, long_policy};
use super::rough_faults;
use super::spec::{Spec, WorldOptions};

/// What is wrong with an account's furniture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Story {
    /// Nothing; what goes wrong is on the way, or in the name.
    Fine,
    /// It was invited, and has no access role.
    NoAccessRole,
    /// The access role trusts somebody else.
    Distrust,
    /// The access role asks for the external id `rough-world`.
    ExternalId,
    /// The access role's permissions boundary lacks iam:PutRolePolicy.
    Boundary,
    /// The access role is denied iam:PutUserPolicy.
    Denied,
    /// A role of the setup's name that is not ours.
    ForeignRole,
    /// No user `analyst`.
    NoAnalyst,
    /// The inline policies of our role leave no room.
    RoleFull,
    /// The inline policies of the analyst leave no room.
    AnalystFull,
    /// Ten managed policies on our role, which is as many as one may have.
    PoliciesFull,
    /// Our role trusts a role that was deleted.
    Orphan,
    /// All as the setup wants it.
    Right,
}

use Story::{
    AnalystFull, Boundary, Denied, Distrust, ExternalId, Fine, ForeignRole, NoAccessRole, NoAnalyst, Orphan,
    PoliciesFull, Right, RoleFull,
};

const ROOT: usize = 0;
const LOCKED: usize = 2;

/// Id, name, state, story. What happens on the way to an account stands in `rough_faults`.
const CAST: &[(&str, &str, AccountState, Story)] = &[
    ("100000000001", "plain-one", AccountState::Active, Fine),
    ("000000000002", "plain-two", AccountState::Active, Fine),
    ("100000000003", "already-right", AccountState::Active, Right),
    ("100000000011", "invited-north", AccountState::Active, NoAccessRole),
    ("100000000012", "invited-south", AccountState::Active, NoAccessRole),
    ("100000000013", "distrustful", AccountState::Active, Distrust),
    ("100000000014", "asks-for-an-external-id", AccountState::Active, ExternalId),
    ("100000000021", "locked-by-scp-a", AccountState::Active, Fine),
    ("100000000022", "locked-by-scp-b", AccountState::Active, Fine),
    ("100000000023", "bounded", AccountState::Active, Boundary),
    ("100000000024", "denied", AccountState::Active, Denied),
    ("100000000031", "throttled-at-first", AccountState::Active, Fine),
    ("100000000032", "throttled-at-the-door", AccountState::Active, Fine),
    ("100000000033", "throttled-for-good", AccountState::Active, Fine),
    ("100000000041", "expires", AccountState::Active, Fine),
    ("100000000042", "never-answers", AccountState::Active, Fine),
    ("100000000043", "fails-at-first", AccountState::Active, Fine),
    ("100000000044", "unavailable-at-first", AccountState::Active, Fine),
    ("100000000045", "fails-for-good", AccountState::Active, Fine),
    ("100000000046", "cut-off-before", AccountState::Active, Fine),
    ("100000000047", "cut-off-after", AccountState::Active, Fine),
    ("100000000048", "slow", AccountState::Active, Fine),
    ("100000000051", "foreign-role", AccountState::Active, ForeignRole),
    ("100000000052", "no-analyst-a", AccountState::Active, NoAnalyst),
    ("100000000053", "no-analyst-b", AccountState::Active, NoAnalyst),
    ("100000000054", "role-full", AccountState::Active, RoleFull),
    ("100000000055", "analyst-full", AccountState::Active, AnalystFull),
    ("100000000056", "policies-full", AccountState::Active, PoliciesFull),
    ("100000000057", "orphaned-trust", AccountState::Active, Orphan),
    ("100000000061", "=HYPERLINK(\"http://evil\",\"x\")", AccountState::Active, Fine),
    ("100000000062", "\u{1b}[31mred\u{1b}[2J\u{7}", AccountState::Active, Fine),
    ("100000000063", "<script>alert(1)</script>", AccountState::Active, Fine),
    ("100000000064", "two\nlines,\"and\"\r\nmore", AccountState::Active, Fine),
    ("100000000065", "\u{202e}abc שלום 日本語 \u{1f980}", AccountState::Active, Fine),
    ("100000000066", "../../etc/passwd", AccountState::Active, Fine),
    ("100000000067", "", AccountState::Active, Fine),
    ("100000000071", "suspended", AccountState::Suspended, Fine),
    ("100000000072", "closed", AccountState::Closed, Fine),
    ("100000000073", "never-activated", AccountState::PendingActivation, Fine),
    ("100000000074", "about-to-close", AccountState::PendingClosure, Fine),
];

pub(super) fn plan(spec: &Spec, options: WorldOptions) -> Blueprint {
    let owner = id("418263905174");
    let library = Library::new(options.partition, owner);
    let mut accounts = vec![management(owner, "Rough & Sons <main>")];
    for (n, (digits, name, state, story)) in (1i64..).zip(CAST) {
        // As long as Organizations takes a name: fifty characters.
        let long = format!("{}-{}", "n".repeat(24), "m".repeat(25));
        let name = if name.is_empty() { long.as_str() } else { name };
        let mut account =
            SimAccount::new(id(digits), name, *state, day(n * 43), seed(&library, *story, owner.as_str()));
        account.email = email(&format!("rough{n}"));
        account.invited = *story == NoAccessRole;
        account.unit = if name.starts_with("locked") { LOCKED } else { ROOT + 1 };
        account.tags = tags(&[("owner", name.get(..1).filter(|first| *first == "=").unwrap_or("rough"))]);
        accounts.push(account);
    }
    Blueprint {
        seed: spec.seed,
        clock: options.clock,
        partition: options.partition,
        region: options.region,
        management: owner,
        units: vec![
            ("Root".to_owned(), None, Vec::new()),
            ("Rough".to_owned(), Some(ROOT), Vec::new()),
            ("Locked".to_owned(), Some(ROOT), full_access_but("iam:CreateRole")),
        ],
        accounts,
        latency: spec.latency,
        faults: Some(rough_faults::rule(options.faults)),
        organization: options.organization,
    }
}

fn seed(library: &Arc<Library>, story: Story, owner: &str) -> IamSeed {
    let library = Arc::clone(library);
    let owner = owner.to_owned();
    Arc::new(move |iam: &mut Iam, scope: &SeedScope<'_>| match story {
        NoAccessRole => user(iam, scope, ANALYST, &[]),
        NoAnalyst => {
            let access = access_role(iam, scope, &library.access);
            iam.roles.insert(access);
        }
        AnalystFull => {
            library.usual(iam, scope, &[("Archives", long_policy(1900))]);
        }
        Right => {
            library.usual(iam, scope, &[right_grant(scope)]);
            let role = right_role(iam, scope, &library);
            iam.roles.insert(role);
        }
        RoleFull | PoliciesFull | Orphan => {
            library.usual(iam, scope, &[]);
            let mut role = right_role(iam, scope, &library);
            match story {
                RoleFull => {
                    role.grants = Default::default();
                    role.grants.put("Archives", long_policy(10_200));
                }
                PoliciesFull => role.grants.attached = scope.managed.first(10),
                _ => role.trust = Document::new(TRUST_ORPHANED),
            }
            iam.roles.insert(role);
        }
        ForeignRole => {
            library.usual(iam, scope, &[]);
            let foreign = role(iam, scope, ROLE, Document::new(TRUST_EC2));
            iam.roles.insert(foreign);
        }
        Fine | Distrust | ExternalId | Boundary | Denied => {
            library.usual(iam, scope, &[]);
            furnish_access(iam, scope, story, &owner);
        }
    })
}

/// Spoils the access role.
fn furnish_access(iam: &mut Iam, scope: &SeedScope<'_>, story: Story, owner: &str) {
    let boundary = Arc::new(Managed {
        arn: format!("arn:{}:iam::{}:policy/TeamBoundary", scope.partition, scope.account),
        name: "TeamBoundary".to_owned(),
        path: "/".to_owned(),
        document: everything_but("iam:PutRolePolicy"),
    });
    let Some(access) = iam.roles.get_mut(super::cast::ACCESS_ROLE) else { return };
    match story {
        Distrust => access.trust = access_trust(scope.partition, "999999999999", ""),
        ExternalId => {
            let condition = r#","Condition":{"StringEquals":{"sts:ExternalId":"rough-world"}}"#;
            access.trust = access_trust(scope.partition, owner, condition);
        }
        Boundary => {
            access.boundary = Some(Arc::clone(&boundary));
            iam.managed.push(boundary);
        }
        Denied => {
            let denial = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"iam:PutUserPolicy","Resource":"*"}]}"#;
            access.grants.put("NoUserPolicies", Document::new(denial));
        }
        _ => {}
    }
}
