//! Organizations: the reads that an inventory needs, at AWS's page size of twenty.

use serde_json::{Value, json};

use super::account::SimAccount;
use super::policy::Decision;
use super::refusal::Refusal;
use super::session::Caller;
use super::world::{Inner, Unit};

/// AWS's largest page, and its page where none is asked for.
const PAGE: usize = 20;

type Reply = Result<Value, Refusal>;

pub(super) fn answer(world: &Inner, caller: &Caller, action: &str, params: &Value) -> Reply {
    if !world.organization.exists {
        return Err(Refusal::new(
            400,
            "AWSOrganizationsNotInUseException",
            "Your account is not a member of an organization.",
        ));
    }
    may_read(world, caller, action)?;
    match action {
        "DescribeOrganization" => Ok(describe_organization(world)),
        "ListAccounts" => list_accounts(world, params),
        "DescribeAccount" => {
            let account = account(world, params, "AccountId")?;
            Ok(json!({ "Account": describe(world, account) }))
        }
        "ListRoots" => {
            let root = world.units.first().map(|root| {
                json!({ "Id": root.id, "Arn": arn(world, &format!("root/{}/{}", world.organization_id, root.id)),
                    "Name": root.name, "PolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }] })
            });
            page(params, "Roots", root.into_iter())
        }
        "ListOrganizationalUnitsForParent" => {
            let parent = parent(world, params)?;
            page(params, "OrganizationalUnits", units_in(world, parent).map(|unit| describe_unit(world, unit)))
        }
        "ListAccountsForParent" => {
            let parent = parent(world, params)?;
            let members = world.accounts.iter().filter(|account| account.unit == parent);
            page(params, "Accounts", members.map(|account| describe(world, account)))
        }
        "ListChildren" => {
            let parent = parent(world, params)?;
            match text(params, "ChildType")? {
                "ACCOUNT" => {
                    let members = world.accounts.iter().filter(|account| account.unit == parent);
                    page(params, "Children", members.map(|account| json!({ "Id": account.id, "Type": "ACCOUNT" })))
                }
                "ORGANIZATIONAL_UNIT" => {
                    let child = |unit: &Unit| json!({ "Id": unit.id, "Type": "ORGANIZATIONAL_UNIT" });
                    page(params, "Children", units_in(world, parent).map(child))
                }
                _ => Err(invalid("INVALID_ENUM", "You specified a value that is not one of those allowed.")),
            }
        }
        "ListParents" => list_parents(world, params),
        "DescribeOrganizationalUnit" => {
            let id = text(params, "OrganizationalUnitId")?;
            let unit = world.units.iter().find(|unit| unit.id == id && unit.parent.is_some()).ok_or_else(|| {
                Refusal::new(
                    400,
                    "OrganizationalUnitNotFoundException",
                    "You specified an organizational unit that doesn't exist.",
                )
            })?;
            Ok(json!({ "OrganizationalUnit": describe_unit(world, unit) }))
        }
        "ListTagsForResource" => list_tags(world, params),
        _ => {
            let delegated = world.organization.delegated.iter().filter_map(|id| world.account(*id));
            page(params, "DelegatedAdministrators", delegated.map(|account| describe(world, account)))
        }
    }
}

/// The management account and delegated administrators may read; describing the organization, every member may.
fn may_read(world: &Inner, caller: &Caller, action: &str) -> Result<(), Refusal> {
    let denied = || Refusal::new(400, "AccessDeniedException", "You don't have permissions to access this resource.");
    let entitled = caller.account == world.management
        || world.organization.delegated.contains(&caller.account)
        || action == "DescribeOrganization";
    if !entitled {
        return Err(denied());
    }
    let account = world.account(caller.account).ok_or_else(denied)?;
    let action = format!("organizations:{action}");
    match world.decide(caller, &world.iam(account), &action, "*", &[])? {
        Decision::Allowed => Ok(()),
        Decision::ExplicitDeny(_) | Decision::ImplicitDeny(_) => Err(Refusal::new(
            400,
            "AccessDeniedException",
            format!("User: {} is not authorized to perform: {action} on resource: *", caller.arn),
        )),
    }
}

fn arn(world: &Inner, resource: &str) -> String {
    format!("arn:{}:organizations::{}:{resource}", world.partition, world.management)
}

fn describe_organization(world: &Inner) -> Value {
    let (id, management) = (&world.organization_id, world.management);
    let email = world.account(management).map(|account| account.email.to_string());
    json!({ "Organization": {
        "Id": id,
        "Arn": arn(world, &format!("organization/{id}")),
        "FeatureSet": "ALL",
        "MasterAccountId": management,
        "MasterAccountArn": arn(world, &format!("account/{id}/{management}")),
        "MasterAccountEmail": email,
        "AvailablePolicyTypes": [{ "Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED" }],
    }})
}

fn describe(world: &Inner, account: &SimAccount) -> Value {
    let state = account.state();
    let mut described = json!({
        "Id": account.id,
        "Arn": arn(world, &format!("account/{}/{}", world.organization_id, account.id)),
        "Email": &*account.email,
        "Name": &*account.name,
        "JoinedMethod": if account.invited { "INVITED" } else { "CREATED" },
        "JoinedTimestamp": account.joined.as_second(),
    });
    if let Some(members) = described.as_object_mut() {
        if world.organization.tells_state {
            members.insert("State".to_owned(), state.as_str().into());
        }
        if world.organization.tells_status {
            members.insert("Status".to_owned(), state.status().into());
        }
    }
    described
}

fn describe_unit(world: &Inner, unit: &Unit) -> Value {
    let (id, name) = (&unit.id, &unit.name);
    json!({ "Id": id, "Arn": arn(world, &format!("ou/{}/{id}", world.organization_id)), "Name": name })
}

fn units_in(world: &Inner, parent: usize) -> impl Iterator<Item = &Unit> {
    world.units.iter().filter(move |unit| unit.parent == Some(parent))
}

/// All accounts. A page may be empty and yet have a token, says AWS, and where the world is so, the second one is.
fn list_accounts(world: &Inner, params: &Value) -> Reply {
    const EMPTY: &str = "sandbox-token-empty-";
    let token = params.get("NextToken").and_then(Value::as_str);
    if let Some(from) = token.and_then(|token| token.strip_prefix(EMPTY)) {
        return Ok(json!({ "Accounts": [], "NextToken": format!("{TOKEN}{from}") }));
    }
    let mut answer = page(params, "Accounts", world.accounts.iter().map(|account| describe(world, account)))?;
    if world.organization.empty_page
        && token.is_none()
        && let Some(next) = answer.get_mut("NextToken")
    {
        let from = next.as_str().and_then(|next| next.strip_prefix(TOKEN)).unwrap_or_default();
        *next = format!("{EMPTY}{from}").into();
    }
    Ok(answer)
}

fn list_parents(world: &Inner, params: &Value) -> Reply {
    let child = text(params, "ChildId")?;
    let of_account = child.parse().ok().and_then(|id| world.account(id)).map(|account| account.unit);
    let of_unit = world.units.iter().find(|unit| unit.id == child).and_then(|unit| unit.parent);
    let parent = of_account
        .or(of_unit)
        .and_then(|at| world.units.get(at))
        .ok_or_else(|| Refusal::new(400, "ChildNotFoundException", "You specified a child that doesn't exist."))?;
    let kind = if parent.parent.is_none() { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    Ok(json!({ "Parents": [{ "Id": parent.id, "Type": kind }] }))
}

fn list_tags(world: &Inner, params: &Value) -> Reply {
    let id = text(params, "ResourceId")?;
    if world.units.iter().any(|unit| unit.id == id) {
        return Ok(json!({ "Tags": [] }));
    }
    let account =
        id.parse().ok().and_then(|id| world.account(id)).ok_or_else(|| {
            Refusal::new(400, "TargetNotFoundException", "You specified a target that doesn't exist.")
        })?;
    page(params, "Tags", account.tags.iter().map(|(key, value)| json!({ "Key": &**key, "Value": &**value })))
}

fn account<'w>(world: &'w Inner, params: &Value, member: &str) -> Result<&'w SimAccount, Refusal> {
    let id = text(params, member)?
        .parse()
        .map_err(|_| invalid("INVALID_PATTERN", "You provided a value that does not match the required pattern."))?;
    world.account(id).ok_or_else(|| {
        Refusal::new(
            400,
            "AccountNotFoundException",
            "You specified an account that doesn't exist in your organization.",
        )
    })
}

/// The place of the root or unit that `ParentId` names.
fn parent(world: &Inner, params: &Value) -> Result<usize, Refusal> {
    let id = text(params, "ParentId")?;
    world
        .units
        .iter()
        .position(|unit| unit.id == id)
        .ok_or_else(|| Refusal::new(400, "ParentNotFoundException", "You specified parent that doesn't exist."))
}

fn text<'p>(params: &'p Value, member: &str) -> Result<&'p str, Refusal> {
    params.get(member).and_then(Value::as_str).ok_or_else(|| {
        invalid("INPUT_REQUIRED", &format!("You must include a value for all required parameters: {member}"))
    })
}

fn invalid(reason: &str, message: &str) -> Refusal {
    Refusal::new(400, "InvalidInputException", format!("{reason}: {message}"))
}

const TOKEN: &str = "sandbox-token-";

fn page(params: &Value, member: &str, items: impl Iterator<Item = Value>) -> Reply {
    let size = match params.get("MaxResults") {
        None | Some(Value::Null) => PAGE,
        Some(n) => {
            n.as_u64().and_then(|n| usize::try_from(n).ok()).filter(|n| (1..=PAGE).contains(n)).ok_or_else(|| {
                invalid("MAX_VALUE_EXCEEDED", "You provided a numeric argument beyond the allowed range of 1 to 20.")
            })?
        }
    };
    let from: usize = match params.get("NextToken").and_then(Value::as_str) {
        None => 0,
        Some(token) => token.strip_prefix(TOKEN).and_then(|from| from.parse().ok()).ok_or_else(|| {
            invalid(
                "INVALID_NEXT_TOKEN",
                "Get the value for the NextToken parameter from the response to a previous call of the operation.",
            )
        })?,
    };
    let mut items = items.skip(from);
    let found: Vec<Value> = items.by_ref().take(size).collect();
    let more = items.next().is_some();
    let mut answer = json!({ member: found });
    if more && let Some(members) = answer.as_object_mut() {
        members.insert("NextToken".to_owned(), format!("{TOKEN}{}", from + size).into());
    }
    Ok(answer)
}
