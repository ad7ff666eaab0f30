//! AssumeRole was refused: why, as far as it can be known.
//!
//! AWS answers the same whether the role is not there, does not trust the caller, or the caller may not assume roles at
//! all. The last of these can be asked about: of IAM's simulator, for the caller's own policies. The first two cannot be
//! told apart from outside, so both are said.

use super::assume_role::AssumedRole;
use super::fix::advise;
use super::model::words::Step;
use crate::aws::clients::Clients;
use crate::aws::denial::Denial;
use crate::aws::failure::{AwsFailure, Class};
use crate::aws::permission::Permission;
use crate::ids::{AccountId, Arn};

/// What to do about a refused AssumeRole, in one line. Asks once for each role's name in a run.
pub(super) async fn advise_on_refusal(
    clients: &Clients,
    account: AccountId,
    assumed: &AssumedRole,
    failure: &AwsFailure,
) -> String {
    if failure.class != Class::Denied || Denial::read(&failure.message) != Denial::Unnamed {
        return advise(Step::AssumeRole, failure);
    }
    let role = Arn::iam(clients.caller().partition(), account, &format!("role/{}", assumed.role));
    let permission = clients.caller_may(assumed.role.as_str(), "sts:AssumeRole", &role).await;
    fix(&permission, assumed)
}

fn fix(permission: &Permission, assumed: &AssumedRole) -> String {
    let role = assumed.role.as_str();
    let external = match &assumed.external_id {
        Some(_) => "whether it asks for another external id",
        None => "whether it asks for an --external-id",
    };
    let there = format!(
        "create role {role} there (an invited account has no OrganizationAccountAccessRole) or name another with \
         --assume-role; let its trust policy name the caller, and look {external}"
    );
    match permission {
        Permission::Allowed => format!(
            "the caller may assume it, so the role is not there or does not trust the caller (AWS does not say which): \
             {there}"
        ),
        Permission::Denied => format!(
            "the caller's own policies do not allow sts:AssumeRole on role {role} (IAM's simulator says so): grant it \
             to the identity that runs rolecall"
        ),
        Permission::Root => {
            "the root user cannot assume roles: run rolecall as an IAM user or role of this account".to_owned()
        }
        Permission::Unknown(_) => format!(
            "AWS does not say why, and iam:SimulatePrincipalPolicy on the caller could not be asked: grant the caller \
             sts:AssumeRole on the role, if it lacks that; otherwise {there}"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::converge_tests::assumed_role;
    use super::*;

    #[test]
    fn each_answer_has_its_fix_and_claims_no_more_than_is_known() {
        let line = |permission| fix(&permission, &assumed_role());
        assert!(line(Permission::Allowed).contains("AWS does not say which"));
        assert!(line(Permission::Allowed).contains("OrganizationAccountAccessRole"));
        assert!(line(Permission::Denied).contains("grant it"), "{}", line(Permission::Denied));
        assert!(!line(Permission::Denied).contains("trust"), "{}", line(Permission::Denied));
        let unknown = line(Permission::Unknown("AccessDenied".to_owned()));
        assert!(unknown.contains("could not be asked") && unknown.contains("trust policy"), "{unknown}");
        assert!(line(Permission::Root).contains("root user"));
    }
}
