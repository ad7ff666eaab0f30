//! What has to be allowed, in no particular partition or account yet.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// One statement of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Need {
    /// What it is for, as the statement's `Sid`.
    pub sid: &'static str,
    /// The actions, with their service: `iam:GetRole`.
    pub actions: BTreeSet<String>,
    /// What they act on.
    pub on: BTreeSet<Name>,
    /// The services that a role may be passed to, where that is what is allowed.
    pub passed_to: &'static [&'static str],
}

/// A resource, by what stands in its ARN behind the account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// Everything: the action knows no resources.
    Any,
    /// Of the account that the policy is in.
    Here(String),
    /// Of whichever account.
    Everywhere(String),
    /// Of this account (`aws` for AWS's own).
    There(String, String),
    /// The role that the policy is on.
    Itself,
    /// The one who runs rolecall.
    Caller,
}

/// How names are written: each way of writing has its own for what is not known yet.
pub(super) trait Notation {
    /// The ARN of a resource of IAM; no `account` means that of the policy itself.
    fn arn(&self, account: Option<&str>, resource: &str) -> Value;

    /// The ARN of the role that the policy is on.
    fn itself(&self) -> Value;

    /// The ARN of the one who runs rolecall.
    fn caller(&self) -> Value;
}

/// The policy that allows what is needed.
pub(super) fn policy(needs: &[Need], notation: &impl Notation) -> Value {
    let statements = needs.iter().map(|need| {
        let resources = need.on.iter().map(|name| match name {
            Name::Any => json!("*"),
            Name::Here(resource) => notation.arn(None, resource),
            Name::Everywhere(resource) => notation.arn(Some("*"), resource),
            Name::There(account, resource) => notation.arn(Some(account), resource),
            Name::Itself => notation.itself(),
            Name::Caller => notation.caller(),
        });
        let mut statement = json!({
            "Sid": need.sid,
            "Effect": "Allow",
            "Action": need.actions,
            "Resource": resources.collect::<Vec<_>>(),
        });
        if let Some(members) = statement.as_object_mut().filter(|_| !need.passed_to.is_empty()) {
            let condition = json!({ "StringEquals": { "iam:PassedToService": need.passed_to } });
            members.insert("Condition".to_owned(), condition);
        }
        statement
    });
    json!({ "Version": "2012-10-17", "Statement": statements.collect::<Vec<_>>() })
}
