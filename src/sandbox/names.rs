//! The shapes that the service models give for parameters.

use super::refusal::Refusal;

/// `[\w+=,.@-]` and a length: what every IAM name is made of.
pub(super) fn check_name(member: &str, value: &str, shortest: usize, longest: usize) -> Result<(), Refusal> {
    check_pattern(member, value, shortest, longest, "_+=,.@-")
}

/// Letters, digits and `extra`, and a length.
pub(super) fn check_pattern(
    member: &str,
    value: &str,
    shortest: usize,
    longest: usize,
    extra: &str,
) -> Result<(), Refusal> {
    let length = value.chars().count();
    if length < shortest {
        let rule = format!("Member must have length greater than or equal to {shortest}");
        return Err(Refusal::constraint(value, member, &rule));
    }
    if length > longest {
        let rule = format!("Member must have length less than or equal to {longest}");
        return Err(Refusal::constraint(value, member, &rule));
    }
    if value.chars().all(|c| c.is_ascii_alphanumeric() || extra.contains(c)) {
        return Ok(());
    }
    let rule = format!("Member must satisfy regular expression pattern: [\\w{extra}]+");
    Err(Refusal::constraint(value, member, &rule))
}

/// A path: `/`, or something printable between two slashes.
pub(super) fn check_path(path: &str) -> Result<(), Refusal> {
    let fine = path == "/"
        || (path.len() > 2
            && path.len() <= 512
            && path.starts_with('/')
            && path.ends_with('/')
            && path.bytes().all(|b| b.is_ascii_graphic()));
    if fine {
        return Ok(());
    }
    let rule = "The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters.";
    Err(Refusal::validation(rule))
}
