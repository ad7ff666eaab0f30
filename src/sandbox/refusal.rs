//! An error as the services say it: code, HTTP status, message.
//!
//! Codes and statuses are those of the service models where these have them. The rest (AccessDenied, Throttling,
//! ExpiredToken, …) stand in no model, and for throttling and expired tokens no independent simulator confirms them.

use std::borrow::Cow;

/// What a service answers instead of a result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: u16,
    pub(super) code: Cow<'static, str>,
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code: Cow::Borrowed(code), message: message.into() }
    }

    /// The user, role, policy, … is not there.
    pub(super) fn no_such_entity(message: impl Into<String>) -> Self {
        Self::new(404, "NoSuchEntity", message)
    }

    pub(super) fn exists(message: impl Into<String>) -> Self {
        Self::new(409, "EntityAlreadyExists", message)
    }

    /// A quota of IAM's, which is no throttle.
    pub(super) fn limit(message: impl Into<String>) -> Self {
        Self::new(409, "LimitExceeded", message)
    }

    pub(super) fn delete_conflict(message: &str) -> Self {
        Self::new(409, "DeleteConflict", message)
    }

    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::new(400, "MalformedPolicyDocument", message)
    }

    pub(super) fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidInput", message)
    }

    pub(super) fn access_denied(message: impl Into<String>) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    pub(super) fn validation(message: impl Into<String>) -> Self {
        Self::new(400, "ValidationError", message)
    }

    /// A parameter that breaks the rule that the service model gives for it.
    pub(super) fn constraint(value: &str, member: &str, rule: &str) -> Self {
        let member = member.char_indices().map(|(at, c)| if at == 0 { c.to_ascii_lowercase() } else { c });
        let member: String = member.collect();
        Self::validation(format!(
            "1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: {rule}"
        ))
    }
}
