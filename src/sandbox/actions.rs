//! The services and their operations that the sandbox knows, and which of them write.

/// The three services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Identity and Access Management.
    Iam,
    /// Security Token Service.
    Sts,
    /// Organizations.
    Organizations,
}

impl Service {
    /// The name in a credential scope, in an IAM action and in an endpoint.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Sts => "sts",
            Self::Organizations => "organizations",
        }
    }

    pub(super) fn from_signing_name(name: &str) -> Option<Self> {
        [Self::Iam, Self::Sts, Self::Organizations].into_iter().find(|service| service.as_str() == name)
    }

    /// The XML namespace of the answers.
    pub(super) fn namespace(self) -> &'static str {
        match self {
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
            Self::Iam | Self::Organizations => "https://iam.amazonaws.com/doc/2010-05-08/",
        }
    }
}

/// One operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Action {
    pub(super) service: Service,
    pub(super) name: &'static str,
    /// Its place in the table of all operations.
    pub(super) index: usize,
}

impl Action {
    /// The operation of that name, if the sandbox has it.
    pub(super) fn find(service: Service, name: &str) -> Option<Self> {
        let (index, (service, name)) =
            ALL.iter().enumerate().find(|(_, (of, known))| *of == service && *known == name)?;
        Some(Self { service: *service, name, index })
    }

    /// Whether the operation changes what a later one reads.
    pub(super) fn writes(self) -> bool {
        self.service == Service::Iam
            && ["Create", "Update", "Put", "Delete", "Attach", "Detach", "Tag", "Untag", "Add", "Remove"]
                .iter()
                .any(|verb| self.name.starts_with(verb))
    }
}

/// Every operation that is answered.
pub(super) const ALL: &[(Service, &str)] = &[
    (Service::Iam, "GetRole"),
    (Service::Iam, "ListRolePolicies"),
    (Service::Iam, "GetRolePolicy"),
    (Service::Iam, "ListAttachedRolePolicies"),
    (Service::Iam, "GetUser"),
    (Service::Iam, "GetUserPolicy"),
    (Service::Iam, "GetGroup"),
    (Service::Iam, "GetGroupPolicy"),
    (Service::Iam, "CreateRole"),
    (Service::Iam, "PutRolePolicy"),
    (Service::Iam, "PutUserPolicy"),
    (Service::Iam, "PutGroupPolicy"),
    (Service::Iam, "UpdateRole"),
    (Service::Iam, "UpdateAssumeRolePolicy"),
    (Service::Iam, "DeleteRole"),
    (Service::Iam, "ListRoles"),
    (Service::Iam, "DeleteRolePolicy"),
    (Service::Iam, "DeleteUserPolicy"),
    (Service::Iam, "DeleteGroupPolicy"),
    (Service::Iam, "ListUserPolicies"),
    (Service::Iam, "ListGroupPolicies"),
    (Service::Iam, "ListAttachedUserPolicies"),
    (Service::Iam, "ListAttachedGroupPolicies"),
    (Service::Iam, "AttachRolePolicy"),
    (Service::Iam, "AttachUserPolicy"),
    (Service::Iam, "AttachGroupPolicy"),
    (Service::Iam, "DetachRolePolicy"),
    (Service::Iam, "DetachUserPolicy"),
    (Service::Iam, "DetachGroupPolicy"),
    (Service::Iam, "TagRole"),
    (Service::Iam, "UntagRole"),
    (Service::Iam, "ListRoleTags"),
    (Service::Iam, "PutRolePermissionsBoundary"),
    (Service::Iam, "DeleteRolePermissionsBoundary"),
    (Service::Iam, "ListInstanceProfilesForRole"),
    (Service::Iam, "CreateInstanceProfile"),
    (Service::Iam, "DeleteInstanceProfile"),
    (Service::Iam, "AddRoleToInstanceProfile"),
    (Service::Iam, "RemoveRoleFromInstanceProfile"),
    (Service::Iam, "CreateUser"),
    (Service::Iam, "DeleteUser"),
    (Service::Iam, "ListUsers"),
    (Service::Iam, "CreateGroup"),
    (Service::Iam, "DeleteGroup"),
    (Service::Iam, "ListGroups"),
    (Service::Iam, "ListGroupsForUser"),
    (Service::Iam, "AddUserToGroup"),
    (Service::Iam, "RemoveUserFromGroup"),
    (Service::Iam, "GetPolicy"),
    (Service::Iam, "GetPolicyVersion"),
    (Service::Iam, "SimulatePrincipalPolicy"),
    (Service::Sts, "AssumeRole"),
    (Service::Sts, "GetCallerIdentity"),
    (Service::Organizations, "DescribeOrganization"),
    (Service::Organizations, "ListAccounts"),
    (Service::Organizations, "DescribeAccount"),
    (Service::Organizations, "ListRoots"),
    (Service::Organizations, "ListOrganizationalUnitsForParent"),
    (Service::Organizations, "ListAccountsForParent"),
    (Service::Organizations, "ListChildren"),
    (Service::Organizations, "ListParents"),
    (Service::Organizations, "DescribeOrganizationalUnit"),
    (Service::Organizations, "ListTagsForResource"),
    (Service::Organizations, "ListDelegatedAdministrators"),
];
