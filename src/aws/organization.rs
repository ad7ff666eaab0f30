//! The caller's organization, asked for once in a process.

use super::clients::Clients;
use super::failure::{AwsFailure, Class};
use crate::ids::AccountId;

/// Which organization it is, and whose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// `o-…`
    pub id: String,
    /// Its management account, in which service control policies count for nothing.
    pub management: AccountId,
}

impl Clients {
    /// The organization of the caller, or of `--list-profile`.
    ///
    /// # Errors
    /// What Organizations said; `AWSOrganizationsNotInUseException` where there is none.
    pub async fn organization(&self) -> Result<&Organization, AwsFailure> {
        self.known_organization().get_or_try_init(|| self.describe_organization()).await
    }

    async fn describe_organization(&self) -> Result<Organization, AwsFailure> {
        const OPERATION: &str = "organizations DescribeOrganization";
        self.organizations_limit().ready().await;
        let answer = self.organizations().describe_organization().send().await;
        let answer = answer.map_err(|error| AwsFailure::from_sdk(OPERATION, &error))?;
        let read = || {
            let organization = answer.organization()?;
            let management = organization.master_account_id()?.parse().ok()?;
            Some(Organization { id: organization.id()?.to_owned(), management })
        };
        read().ok_or_else(|| {
            AwsFailure::ours(
                OPERATION,
                "NoAnswer",
                "no usable id of an organization and its management account",
                Class::Other,
            )
        })
    }
}
