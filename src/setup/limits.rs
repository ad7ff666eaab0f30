//! What IAM will not take: too long, too many, or with characters that it does not know.
//!
//! Checked before anything is sent. The figures are IAM's service model and its page of quotas; white space outside of
//! strings does not count, and a filled-in document has none.

use super::desired::{Desired, Policy};
use super::error::SetupError;

/// The largest trust policy that any account may have; 2,048 unless the account has asked for more.
const TRUST: usize = 8192;
/// All inline policies of a role together.
const ROLE_INLINE: usize = 10_240;
const DESCRIPTION: usize = 1000;
const TAGS: usize = 50;
const TAG_KEY: usize = 128;
const TAG_VALUE: usize = 256;

/// Refuses what IAM is known to refuse.
pub(super) fn check(desired: &Desired) -> Result<(), SetupError> {
    document("role.trust", &desired.trust)?;
    for policy in desired.inline.values() {
        document("role.inline_policies", policy)?;
    }
    for grant in &desired.grants {
        document("pass_role", &grant.policy)?;
    }
    at_most("role.trust", length(&desired.trust), TRUST)?;
    at_most("role.inline_policies, all together", desired.inline.values().map(length).sum(), ROLE_INLINE)?;
    if let Some(description) = &desired.description {
        at_most("role.description", description.chars().count(), DESCRIPTION)?;
        let known = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
        characters("role.description", description, known)?;
    }
    at_most("role.tags", desired.tags.len(), TAGS)?;
    for (key, value) in &desired.tags {
        let known = |c: char| c.is_alphanumeric() || c.is_whitespace() || "_.:/=+-@".contains(c);
        at_most("a key of role.tags", key.chars().count(), TAG_KEY)?;
        at_most("a value of role.tags", value.chars().count(), TAG_VALUE)?;
        characters("role.tags", key, known)?;
        characters("role.tags", value, known)?;
    }
    Ok(())
}

fn length(policy: &Policy) -> usize {
    policy.text.chars().count()
}

fn document(element: &'static str, policy: &Policy) -> Result<(), SetupError> {
    characters(element, &policy.text, |c| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{ff}'))
}

fn at_most(element: &'static str, size: usize, limit: usize) -> Result<(), SetupError> {
    if size <= limit { Ok(()) } else { Err(SetupError::TooLong { element, size, limit }) }
}

fn characters(element: &'static str, text: &str, known: impl Fn(char) -> bool) -> Result<(), SetupError> {
    text.chars().find(|c| !known(*c)).map_or(Ok(()), |character| Err(SetupError::Character { element, character }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::PolicyKind;
    use crate::setup::resolve::{Choices, Place, Setup};

    fn desired() -> Desired {
        let place = Place {
            account: "000123456789".parse().unwrap(),
            account_name: String::new(),
            partition: "aws".parse().unwrap(),
            region: "us-east-1".parse().unwrap(),
        };
        Setup::load("amazon-ml-redshift", Choices::default()).unwrap().fill(&place, &Choices::default()).unwrap()
    }

    fn policy(sid: &str) -> Policy {
        let text = format!(r#"{{"Statement":{{"Sid":"{sid}","Effect":"Allow","Action":"a:B","Resource":"*"}}}}"#);
        Policy::parse(PolicyKind::Identity, &text, &"aws".parse().unwrap()).unwrap()
    }

    fn inline(sids: &[&str]) -> Desired {
        let named = sids.iter().enumerate().map(|(n, sid)| (format!("P{n}").parse().unwrap(), policy(sid)));
        Desired { inline: named.collect(), ..desired() }
    }

    #[test]
    fn the_sum_of_a_roles_inline_policies_counts() {
        let half = "x".repeat(5_000);
        check(&inline(&[&half, &half])).unwrap();
        let error = check(&inline(&[&half, &half, &half])).unwrap_err();
        assert!(matches!(error, SetupError::TooLong { limit: 10_240, .. }), "{error}");
    }

    #[test]
    fn characters_that_iam_does_not_know_are_named() {
        check(&inline(&["Zoë"])).unwrap();
        for (sid, character) in [("a—b", '—'), ("🦀", '🦀')] {
            let error = check(&inline(&[sid])).unwrap_err();
            assert!(matches!(error, SetupError::Character { character: found, .. } if found == character), "{error}");
        }
        let tags = [("<b>".to_owned(), "x".to_owned())].into();
        assert!(matches!(check(&Desired { tags, ..desired() }), Err(SetupError::Character { character: '<', .. })));
        let description = Some("x".repeat(1001));
        assert!(matches!(check(&Desired { description, ..desired() }), Err(SetupError::TooLong { .. })));
    }
}
