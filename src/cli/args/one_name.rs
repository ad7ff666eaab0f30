//! Options that want one name, and what to type where a list or an ARN was typed.

use crate::ids::{AccountId, Arn, PrincipalRef, RoleName, RolePath, RoleRef};

/// A role of every account, or of the one whose ARN it is.
pub(crate) fn role(text: &str) -> Result<RoleRef, String> {
    one(text)?;
    text.parse().map_err(|error| format!("{error}"))
}

/// A role of every account.
pub(crate) fn role_path(text: &str) -> Result<RolePath, String> {
    let RoleRef { account, role } = role(text)?;
    if account.is_some() { Err(format!("that is one account's; write `{}`", role.written())) } else { Ok(role) }
}

/// The name of a role, which has no path.
pub(crate) fn role_name(text: &str) -> Result<RoleName, String> {
    one(text)?;
    let role = text.parse::<RoleRef>().map(|role| role.role);
    match (text.parse(), role) {
        (Ok(name), _) => Ok(name),
        (Err(error), Ok(role)) => {
            let name = role.as_str().rsplit('/').next().unwrap_or_default();
            Err(format!("{error}; write `{name}`"))
        }
        (Err(error), Err(_)) => Err(error.to_string()),
    }
}

/// A user, a group or a role.
pub(crate) fn principal(text: &str) -> Result<PrincipalRef, String> {
    one(text)?;
    text.parse().map_err(|error| match in_arn(text) {
        Some((_, principal)) => format!("{error}; write `{principal}`"),
        None => format!("{error}"),
    })
}

/// The principal that an ARN names, and its account.
fn in_arn(text: &str) -> Option<(AccountId, PrincipalRef)> {
    let arn: Arn = text.parse().ok()?;
    let (kind, name) = arn.resource().split_once('/')?;
    let name = name.rsplit('/').next()?;
    Some((arn.account().parse().ok()?, format!("{kind}/{name}").parse().ok()?))
}

/// An account. One that somebody has typed with hyphens, or as an ARN, is told how to write it.
pub(crate) fn account(text: &str) -> Result<AccountId, String> {
    text.trim().parse().map_err(|error| {
        let last = text.rsplit('/').next().unwrap_or_default();
        let digits: String = last.chars().filter(char::is_ascii_digit).collect();
        let its = if text.starts_with("arn:") { last } else { &digits };
        match its.parse::<AccountId>() {
            Ok(id) => format!("{error}; write `{id}`"),
            Err(_) => format!("{error}"),
        }
    })
}

/// A unit, by id, name, path or ARN (`arn:aws:organizations::111122223333:ou/o-…/ou-…`).
#[expect(clippy::unnecessary_wraps, reason = "clap wants a result")]
pub(crate) fn unit(text: &str) -> Result<String, String> {
    let arn = text.parse::<Arn>().ok().filter(|arn| arn.service() == "organizations");
    let id = arn.and_then(|arn| arn.resource().rsplit('/').next().map(str::to_owned));
    Ok(id.unwrap_or_else(|| text.trim().to_owned()))
}

/// IAM allows a comma in a name; whoever types one means a list.
fn one(text: &str) -> Result<(), String> {
    if text.contains(',') {
        Err("a comma, and one name is meant; give each name an option of its own where the option may be repeated, or \
             each account its own in a column of --accounts"
            .to_owned())
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_nearly_right_is_answered_with_what_to_type() {
        let wrong = |said: String, write: &str| assert!(said.ends_with(&format!("; write `{write}`")), "{said}");
        wrong(role_name("arn:aws:iam::123456789012:role/ops/Demo").unwrap_err(), "Demo");
        wrong(role_name("role/Demo").unwrap_err(), "Demo");
        wrong(role_path("arn:aws:iam::123456789012:role/ops/Demo").unwrap_err(), "ops/Demo");
        wrong(principal("arn:aws:iam::123456789012:user/people/ann").unwrap_err(), "user/ann");
        wrong(account("1234-5678-9012").unwrap_err(), "123456789012");
        wrong(account("arn:aws:organizations::111122223333:account/o-a1/123456789012").unwrap_err(), "123456789012");
        for said in [role("a,b").unwrap_err(), role_name("a,b").unwrap_err(), principal("user/a,user/b").unwrap_err()] {
            assert!(said.contains("one name is meant"), "{said}");
        }
        assert_eq!(unit("arn:aws:organizations::111122223333:ou/o-a1/ou-ab12-1").unwrap(), "ou-ab12-1");
        assert_eq!(unit("Workloads/Prod").unwrap(), "Workloads/Prod");
        assert_eq!(account(" 123456789012").unwrap().as_str(), "123456789012");
    }
}
