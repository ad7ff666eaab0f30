//! What all operations of IAM share: the call, its caller, its parameters, its pages.

use super::super::account::{IamGuard, SimAccount};
use super::super::authorize::{Extra, gone};
use super::super::entities::{Iam, Managed, Named, Roster, SimGroup, SimRole, SimUser};
use super::super::names::{check_name, check_path};
use super::super::refusal::Refusal;
use super::super::session::Caller;
use super::super::wire::Params;
use super::super::world::Inner;
use super::super::xml::Xml;
use super::{attached, groups, inline, profiles, role_settings, roles, simulate, users};
use std::sync::Arc;

/// One request to IAM.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    pub(super) world: &'a Inner,
    pub(super) caller: &'a Caller,
    pub(super) account: &'a SimAccount,
    pub(super) params: &'a Params<'a>,
    /// The operation, `GetRole`.
    pub(super) action: &'a str,
    /// Whether it sees what was there before the last write.
    pub(super) stale: bool,
}

/// What an operation says: a result, or nothing but that it was done.
pub(super) type Reply = Result<Option<Xml>, Refusal>;

pub(in crate::sandbox) fn answer(
    world: &Inner,
    caller: &Caller,
    action: &str,
    params: &Params<'_>,
    stale: bool,
) -> Reply {
    let account = world.account(caller.account).ok_or_else(gone)?;
    let call = Call { world, caller, account, params, action, stale };
    match action {
        "GetRole" => roles::get(&call),
        "ListRoles" => roles::list(&call),
        "CreateRole" => roles::create(&call),
        "DeleteRole" => roles::delete(&call),
        "UpdateRole" => role_settings::update(&call),
        "UpdateAssumeRolePolicy" => roles::update_trust(&call),
        "TagRole" => role_settings::tag(&call),
        "UntagRole" => role_settings::untag(&call),
        "ListRoleTags" => role_settings::list_tags(&call),
        "PutRolePermissionsBoundary" => role_settings::put_boundary(&call),
        "DeleteRolePermissionsBoundary" => role_settings::delete_boundary(&call),
        "ListInstanceProfilesForRole" => profiles::list_for_role(&call),
        "CreateInstanceProfile" => profiles::create(&call),
        "DeleteInstanceProfile" => profiles::delete(&call),
        "AddRoleToInstanceProfile" => profiles::add_role(&call),
        "RemoveRoleFromInstanceProfile" => profiles::remove_role(&call),
        "GetUser" => users::get(&call),
        "CreateUser" => users::create(&call),
        "DeleteUser" => users::delete(&call),
        "ListUsers" => users::list(&call),
        "GetGroup" => groups::get(&call),
        "CreateGroup" => groups::create(&call),
        "DeleteGroup" => groups::delete(&call),
        "ListGroups" => groups::list(&call),
        "ListGroupsForUser" => groups::list_for_user(&call),
        "AddUserToGroup" => groups::add_user(&call),
        "RemoveUserFromGroup" => groups::remove_user(&call),
        "GetPolicy" => attached::get_policy(&call),
        "GetPolicyVersion" => attached::get_policy_version(&call),
        "SimulatePrincipalPolicy" => simulate::principal(&call),
        _ => match Holder::of(action) {
            Some(kind) if action.starts_with("ListAttached") => attached::list(&call, kind),
            Some(kind) if action.starts_with("Attach") => attached::attach(&call, kind),
            Some(kind) if action.starts_with("Detach") => attached::detach(&call, kind),
            Some(kind) if action.starts_with("List") => inline::list(&call, kind),
            Some(kind) if action.starts_with("Get") => inline::get(&call, kind),
            Some(kind) if action.starts_with("Put") => inline::put(&call, kind),
            Some(kind) if action.starts_with("Delete") => inline::delete(&call, kind),
            _ => Err(Refusal::new(400, "InvalidAction", format!("Could not find operation {action}"))),
        },
    }
}

/// What can hold policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    Role,
    User,
    Group,
}

impl Holder {
    /// The holder that an operation's name tells: `PutUserPolicy`.
    fn of(action: &str) -> Option<Self> {
        [Self::Role, Self::User, Self::Group].into_iter().find(|kind| action.contains(kind.word()))
    }

    /// `Role`.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Role => "Role",
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// `RoleName`.
    pub(super) fn parameter(self) -> &'static str {
        match self {
            Self::Role => "RoleName",
            Self::User => "UserName",
            Self::Group => "GroupName",
        }
    }

    /// `role`, as in an ARN.
    pub(super) fn lower(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::User => "user",
            Self::Group => "group",
        }
    }

    /// How many characters all inline policies of one may have together.
    pub(super) fn inline_limit(self) -> usize {
        match self {
            Self::Role => 10_240,
            Self::User => 2048,
            Self::Group => 5120,
        }
    }
}

impl<'a> Call<'a> {
    pub(super) fn iam(&self) -> IamGuard<'a> {
        let iam = self.world.iam(self.account);
        if self.stale { iam.before(self.world.now()) } else { iam }
    }

    /// The name that a parameter gives, of the shape that the model asks for.
    pub(super) fn name(&self, parameter: &str) -> Result<&'a str, Refusal> {
        let name = self.params.required(parameter)?;
        let longest = match parameter {
            "RoleName" => 64,
            "UserName" if self.action == "CreateUser" => 64,
            _ => 128,
        };
        check_name(parameter, name, 1, longest)?;
        Ok(name)
    }

    /// `Path`, or `/`.
    pub(super) fn path(&self) -> Result<&'a str, Refusal> {
        let path = self.params.get("Path").unwrap_or("/");
        check_path(path)?;
        Ok(path)
    }

    /// The ARN that something of that name has; where there is none, the one that it would have without a path.
    pub(super) fn arn_of<T: Named>(&self, kind: &str, roster: &Roster<T>, name: &str) -> String {
        let path = roster.get(name).map_or("/", Named::path);
        let name = roster.get(name).map_or(name, Named::name);
        self.world.iam_arn(self.account.id, kind, path, name)
    }

    pub(super) fn arn(&self, kind: &str, entity: &impl Named) -> String {
        self.world.iam_arn(self.account.id, kind, entity.path(), entity.name())
    }

    /// May the caller do this operation on `resource`?
    pub(super) fn authorize(&self, iam: &Iam, resource: &str, extra: Extra<'_>) -> Result<(), Refusal> {
        self.authorize_as(iam, &format!("iam:{}", self.action), resource, extra)
    }

    /// May the caller do another operation that this one includes?
    pub(super) fn authorize_as(
        &self,
        iam: &Iam,
        action: &str,
        resource: &str,
        extra: Extra<'_>,
    ) -> Result<(), Refusal> {
        self.world.authorize(self.caller, iam, action, resource, extra)
    }

    /// The managed policy with that ARN: AWS's or the account's.
    pub(super) fn managed(&self, iam: &Iam, arn: &str) -> Option<Arc<Managed>> {
        self.world.managed.get(arn).or_else(|| iam.managed.iter().find(|managed| managed.arn == arn)).cloned()
    }

    /// One page of `items`, at IAM's page size, written by `each` within `tag`; `IsTruncated` and `Marker` behind it.
    pub(super) fn page<T>(
        &self,
        xml: &mut Xml,
        tag: &str,
        items: impl Iterator<Item = T>,
        mut each: impl FnMut(&mut Xml, T),
    ) -> Result<(), Refusal> {
        let size = match self.params.number("MaxItems")? {
            None => 100,
            Some(n) => usize::try_from(n).ok().filter(|n| (1..=1000).contains(n)).ok_or_else(|| {
                Refusal::constraint(&n.to_string(), "maxItems", "Member must have value between 1 and 1000")
            })?,
        };
        let from: usize = match self.params.get("Marker") {
            None => 0,
            Some(marker) => marker
                .strip_prefix("sandbox-marker-")
                .and_then(|at| at.parse().ok())
                .ok_or_else(|| Refusal::validation(format!("Invalid Marker: {marker}")))?,
        };
        let mut items = items.skip(from);
        xml.open(tag);
        for item in items.by_ref().take(size) {
            each(xml, item);
        }
        let more = items.next().is_some();
        xml.close(tag).plain("IsTruncated", more);
        if more {
            xml.plain("Marker", format_args!("sandbox-marker-{}", from + size));
        }
        Ok(())
    }
}

/// The role of that name, in IAM's words where there is none.
pub(super) fn role<'i>(iam: &'i Iam, name: &str) -> Result<&'i SimRole, Refusal> {
    iam.roles.get(name).ok_or_else(|| no_role(name))
}

pub(super) fn role_mut<'i>(iam: &'i mut Iam, name: &str) -> Result<&'i mut SimRole, Refusal> {
    let role = iam.roles.get_mut(name).ok_or_else(|| no_role(name))?;
    if role.path.starts_with("/aws-service-role/") {
        return Err(Refusal::new(
            400,
            "UnmodifiableEntity",
            format!(
                "Cannot perform the operation on the protected role '{name}' - this role is only modifiable by AWS"
            ),
        ));
    }
    Ok(role)
}

pub(super) fn no_role(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("The role with name {name} cannot be found."))
}

/// The user of that name, in IAM's words where there is none.
pub(super) fn user<'i>(iam: &'i Iam, name: &str) -> Result<&'i SimUser, Refusal> {
    iam.users.get(name).ok_or_else(|| no_user(name))
}

pub(super) fn no_user(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("The user with name {name} cannot be found."))
}

/// The group of that name, in IAM's words where there is none.
pub(super) fn group<'i>(iam: &'i Iam, name: &str) -> Result<&'i SimGroup, Refusal> {
    iam.groups.get(name).ok_or_else(|| no_group(name))
}

pub(super) fn no_group(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("The group with name {name} cannot be found."))
}
