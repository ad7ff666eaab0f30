//! The inventory from AWS Organizations: page by page, strictly one call after the other.
//!
//! Organizations refuses callers that ask twice at once, so nothing here is concurrent.

use std::collections::{HashMap, HashSet};

use aws_sdk_organizations::types::Account as OrgAccount;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use jiff::Timestamp;

use super::error::InventoryError;
use super::list::{Account, Entry, Inventory, Overrides, Reason, Selection};
use super::select::Apart;
use super::units::Unit;
use crate::aws::clients::Clients;
use crate::aws::failure::{AwsFailure, Class};
use crate::aws::organization::Organization;
use crate::ids::AccountId;

/// The actions of Organizations that are asked for here and for `--tag`, without `organizations:`.
pub const ACTIONS: &[&str] = &[
    "DescribeOrganization",
    "DescribeAccount",
    "ListAccounts",
    "ListRoots",
    "ListAccountsForParent",
    "ListOrganizationalUnitsForParent",
    "ListTagsForResource",
];

/// What Organizations says an account's state is, such as `ACTIVE` or `SUSPENDED`.
///
/// # Errors
/// What Organizations said.
pub async fn account_state(clients: &Clients, account: AccountId) -> Result<String, InventoryError> {
    const OPERATION: &str = "organizations DescribeAccount";
    clients.organizations_limit().ready().await;
    let call = clients.organizations().describe_account().account_id(account.to_string());
    let answer = read(OPERATION, call.send().await)?;
    let account = answer.account().ok_or(InventoryError::Nonsense { operation: OPERATION, what: "no account" })?;
    Ok(state(account).to_owned())
}

/// The caller's organization.
///
/// # Errors
/// What Organizations said.
pub async fn organization(clients: &Clients) -> Result<&Organization, InventoryError> {
    clients.organization().await.map_err(InventoryError::Organizations)
}

/// The account that is out without `--management-account`: the organization's management account, whoever asks. Where
/// nobody may know which that is, it is the caller's own, and why is told, too.
///
/// # Errors
/// What Organizations said, where that passes: then it is not known whether the management account is among those that are in.
pub async fn apart(clients: &Clients) -> Result<(Apart, Option<AwsFailure>), InventoryError> {
    match clients.organization().await {
        Ok(organization) => Ok((Apart::Management(organization.management), None)),
        Err(failure) => match failure.class {
            Class::Throttled
            | Class::ServiceFault
            | Class::Unreachable
            | Class::TimedOut
            | Class::Credentials
            | Class::Clock => Err(InventoryError::Organizations(failure)),
            _ => {
                // Who is in no organization has no management account.
                let why = (failure.code != "AWSOrganizationsNotInUseException").then_some(failure);
                Ok((Apart::Own(clients.caller().account), why))
            }
        },
    }
}

/// The pages of ListAccounts, in AWS's order.
#[derive(Debug, Default)]
pub struct Pages {
    token: Option<String>,
    over: bool,
    /// Accounts that were on a page: one that comes or goes while they are read moves others onto the next.
    seen: HashSet<AccountId>,
}

impl Pages {
    /// The accounts of the next page; `None` behind the last. A page may be empty.
    ///
    /// # Errors
    /// What Organizations said, or an answer that makes no sense, such as the same page token twice.
    pub async fn next(&mut self, clients: &Clients) -> Result<Option<Vec<Entry>>, InventoryError> {
        const OPERATION: &str = "organizations ListAccounts";
        if self.over {
            return Ok(None);
        }
        clients.organizations_limit().ready().await;
        let call = clients.organizations().list_accounts().max_results(20).set_next_token(self.token.clone());
        let page = read(OPERATION, call.send().await)?;
        let mut entries = Vec::with_capacity(page.accounts().len());
        for account in page.accounts() {
            let entry = entry(OPERATION, account)?;
            if self.seen.insert(entry.account.id) {
                entries.push(entry);
            }
        }
        // Only the token tells whether there is more.
        self.token = next(OPERATION, &self.token, page.next_token())?;
        self.over = self.token.is_none();
        Ok(Some(entries))
    }
}

/// Every account of the organization, in AWS's order. `with_parents` walks the tree of organizational units as well,
/// which costs two calls or more for each unit. `read_so_far` is told the number of accounts after each page.
///
/// # Errors
/// What Organizations said, or an answer that makes no sense, such as the same page token twice.
pub async fn read_organization(
    clients: &Clients,
    with_parents: bool,
    mut read_so_far: impl FnMut(usize),
) -> Result<Inventory, InventoryError> {
    let id = organization(clients).await?.id.clone();
    let mut entries = Vec::new();
    let mut pages = Pages::default();
    while let Some(page) = pages.next(clients).await? {
        entries.extend(page);
        read_so_far(entries.len());
    }
    let mut units = Vec::new();
    if with_parents {
        let Tree { units: all, mut parents } = tree(clients).await?;
        units = all;
        for entry in &mut entries {
            let above = parents.remove(&entry.account.id).unwrap_or_default();
            entry.account.unit = unit(&above);
            entry.account.parents = above.into_iter().map(|parent| parent.id).collect();
        }
    }
    Ok(Inventory { units, ..Inventory::new(entries, format!("organization {id}")) })
}

fn entry(operation: &'static str, account: &OrgAccount) -> Result<Entry, InventoryError> {
    let id = account.id().and_then(|id| id.parse().ok());
    let id = id.ok_or(InventoryError::Nonsense { operation, what: "an account without a usable id" })?;
    let state = state(account);
    let selection = if state == "ACTIVE" { Selection::In } else { Selection::Out(Reason::NotActive(state.to_owned())) };
    let joined = account.joined_timestamp().and_then(|at| Timestamp::new(at.secs(), 0).ok());
    let name = account.name().unwrap_or_default().to_owned();
    let (overrides, parents, unit) = (Overrides::default(), Vec::new(), String::new());
    Ok(Entry { account: Account { id, name, overrides, parents, unit, joined }, selection, place: None })
}

/// A root or a unit.
#[derive(Debug, Clone)]
struct Parent {
    id: String,
    name: String,
}

/// The names of the units, without the root's: there is only one, and it says nothing. A unit without a name goes by
/// its id; right below the root there is only the root to go by.
fn unit(above: &[Parent]) -> String {
    let shown = if above.len() > 1 { above.get(1..).unwrap_or_default() } else { above };
    let names = shown.iter().map(|parent| if parent.name.is_empty() { &parent.id } else { &parent.name });
    names.map(String::as_str).collect::<Vec<_>>().join(" / ")
}

/// `State` took the place of `Status`; where it is absent, the older word counts.
fn state(account: &OrgAccount) -> &str {
    let state = account.state().map(|state| state.as_str());
    state.or_else(|| account.status().map(|status| status.as_str())).unwrap_or("of unknown state")
}

/// The organization's tree.
#[derive(Debug, Default)]
struct Tree {
    /// The root and every unit, with accounts in it or none.
    units: Vec<Unit>,
    /// The root and units above each account, outermost first.
    parents: HashMap<AccountId, Vec<Parent>>,
}

impl Unit {
    fn at(path: &[Parent]) -> Option<Self> {
        let (last, names) = (path.last()?, path.iter().skip(1).map(|parent| parent.name.clone()).collect());
        let root = (path.len() == 1).then(|| last.name.clone());
        Some(Self { id: last.id.clone(), names, root })
    }
}

/// Walks the tree of units, from the root.
async fn tree(clients: &Clients) -> Result<Tree, InventoryError> {
    const ROOTS: &str = "organizations ListRoots";
    const UNITS: &str = "organizations ListOrganizationalUnitsForParent";
    const ACCOUNTS: &str = "organizations ListAccountsForParent";
    clients.organizations_limit().ready().await;
    let roots = read(ROOTS, clients.organizations().list_roots().send().await)?;
    let parent = |id: Option<&str>, name: Option<&str>| {
        Some(Parent { id: id?.to_owned(), name: name.unwrap_or_default().to_owned() })
    };
    let mut open: Vec<Vec<Parent>> =
        roots.roots().iter().filter_map(|root| parent(root.id(), root.name())).map(|root| vec![root]).collect();
    let mut tree = Tree::default();
    while let Some(path) = open.pop() {
        let Some(last) = path.last() else { continue };
        tree.units.extend(Unit::at(&path));
        let mut token = None;
        loop {
            clients.organizations_limit().ready().await;
            let call = clients.organizations().list_accounts_for_parent().parent_id(&last.id);
            let page = read(ACCOUNTS, call.max_results(20).set_next_token(token.clone()).send().await)?;
            let ids = page.accounts().iter().filter_map(|account| account.id()?.parse::<AccountId>().ok());
            tree.parents.extend(ids.map(|id| (id, path.clone())));
            match next(ACCOUNTS, &token, page.next_token())? {
                Some(more) => token = Some(more),
                None => break,
            }
        }
        let mut token = None;
        loop {
            clients.organizations_limit().ready().await;
            let call = clients.organizations().list_organizational_units_for_parent().parent_id(&last.id);
            let page = read(UNITS, call.max_results(20).set_next_token(token.clone()).send().await)?;
            let below = page.organizational_units().iter().filter_map(|unit| parent(unit.id(), unit.name()));
            open.extend(below.map(|unit| path.iter().cloned().chain([unit]).collect()));
            match next(UNITS, &token, page.next_token())? {
                Some(more) => token = Some(more),
                None => break,
            }
        }
    }
    Ok(tree)
}

/// The token of the next page; the same one twice would go on for ever.
pub(super) fn next(
    operation: &'static str,
    had: &Option<String>,
    token: Option<&str>,
) -> Result<Option<String>, InventoryError> {
    match token {
        Some(token) if had.as_deref() == Some(token) => {
            Err(InventoryError::Nonsense { operation, what: "the same page token twice" })
        }
        token => Ok(token.map(str::to_owned)),
    }
}

pub(super) fn read<T, E>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<T, InventoryError>
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    answer.map_err(|error| InventoryError::Organizations(AwsFailure::from_sdk(operation, &error)))
}
