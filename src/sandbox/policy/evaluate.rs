//! What policies say to one request: identity policies, boundary, session policy and SCPs together, or a trust alone.
//!
//! Follows AWS's evaluation logic: an explicit deny anywhere wins, and every layer that there is must allow.

use std::sync::Arc;

use super::condition::Context;
use super::document::Document;
use super::glob::matches;
use super::statement::{Policy, Principal, Principals, Statement};
use crate::ids::AccountId;

/// What some policies say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Verdict {
    /// One allows and none denies.
    Allowed,
    /// One denies.
    ExplicitDeny,
    /// None says anything.
    ImplicitDeny,
}

/// The kind of policy that a denial names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Layer {
    /// On the organization's root, a unit or the account.
    ServiceControlPolicy,
    /// Inline and managed policies of the user (with its groups) or role.
    Identity,
    /// The upper bound of an identity.
    PermissionsBoundary,
    /// What AssumeRole was given.
    Session,
}

impl Layer {
    /// As AWS's messages name it.
    pub(in crate::sandbox) fn as_str(self) -> &'static str {
        match self {
            Self::ServiceControlPolicy => "service control policy",
            Self::Identity => "identity-based policy",
            Self::PermissionsBoundary => "permissions boundary",
            Self::Session => "session policy",
        }
    }
}

/// The outcome over all layers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum Decision {
    /// Every layer allows.
    Allowed,
    /// A layer denies in words.
    ExplicitDeny(Layer),
    /// A layer does not allow.
    ImplicitDeny(Layer),
}

/// Documents that count as one layer.
pub(in crate::sandbox) type Policies = Vec<Arc<Document>>;

/// Everything that has a say in a request of an identity.
#[derive(Debug, Default)]
pub(in crate::sandbox) struct Layers<'a> {
    /// One entry for the root, each unit on the way, and the account. An empty one is AWS's `FullAWSAccess`.
    pub(in crate::sandbox) scps: Vec<&'a [Arc<Document>]>,
    pub(in crate::sandbox) identity: Policies,
    pub(in crate::sandbox) boundary: Option<Arc<Document>>,
    pub(in crate::sandbox) session: Option<&'a [Arc<Document>]>,
}

impl Layers<'_> {
    /// Whether `action` on `resource` is allowed, and if not, what stands in the way.
    pub(in crate::sandbox) fn decide(&self, action: &str, resource: &str, context: &Context<'_>) -> Decision {
        let action = action.to_ascii_lowercase();
        let ask = |policies: &[Arc<Document>]| {
            evaluate(policies.iter().map(|document| document.policy()), &action, resource, context)
        };
        let mut found = Vec::with_capacity(5);
        found.extend(
            self.scps.iter().filter(|level| !level.is_empty()).map(|level| (Layer::ServiceControlPolicy, ask(level))),
        );
        found.push((Layer::Identity, ask(&self.identity)));
        found.extend(
            self.boundary.as_ref().map(|document| (Layer::PermissionsBoundary, ask(std::slice::from_ref(document)))),
        );
        found.extend(self.session.map(|documents| (Layer::Session, ask(documents))));

        let first = |verdict: Verdict| found.iter().find(|(_, said)| *said == verdict).map(|(layer, _)| *layer);
        if let Some(layer) = first(Verdict::ExplicitDeny) {
            Decision::ExplicitDeny(layer)
        } else if let Some(layer) = first(Verdict::ImplicitDeny) {
            Decision::ImplicitDeny(layer)
        } else {
            Decision::Allowed
        }
    }
}

fn evaluate<'p>(
    policies: impl Iterator<Item = &'p Policy>,
    action: &str,
    resource: &str,
    context: &Context<'_>,
) -> Verdict {
    let mut verdict = Verdict::ImplicitDeny;
    for statement in policies.flat_map(|policy| &policy.statements) {
        if statement.actions.cover(action) && statement.reaches(resource, context) && statement.holds(context) {
            if !statement.allows {
                return Verdict::ExplicitDeny;
            }
            verdict = Verdict::Allowed;
        }
    }
    verdict
}

impl Statement {
    fn reaches(&self, resource: &str, context: &Context<'_>) -> bool {
        self.resources.as_ref().is_none_or(|globs| {
            let any = globs.patterns.iter().filter_map(|pattern| context.fill(pattern));
            any.into_iter().any(|pattern| matches(&pattern, resource)) != globs.negated
        })
    }

    fn holds(&self, context: &Context<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(context))
    }
}

/// Who asks a trust policy.
#[derive(Debug, Clone, Copy)]
pub(in crate::sandbox) struct Requester<'a> {
    pub(in crate::sandbox) account: AccountId,
    /// The unique id of the role or user.
    pub(in crate::sandbox) unique_id: &'a str,
    /// The caller's ARN: of the user, or of the role session.
    pub(in crate::sandbox) arn: &'a str,
}

/// What a trust policy says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sandbox) enum TrustVerdict {
    /// It allows the identity by name, which within one account is enough.
    AllowsIdentity,
    /// It allows the account, which then must allow its identity.
    AllowsAccount,
    /// It denies, or does not allow.
    Refuses,
}

impl Policy {
    /// What this trust says to `action` (in any case) by `who`.
    pub(in crate::sandbox) fn trusts(&self, action: &str, who: Requester<'_>, context: &Context<'_>) -> TrustVerdict {
        let action = action.to_ascii_lowercase();
        let mut verdict = TrustVerdict::Refuses;
        for statement in &self.statements {
            let Some(principals) = &statement.principals else { continue };
            let Some(by_name) = principals.name(who) else { continue };
            if !statement.actions.cover(&action) || !statement.holds(context) {
                continue;
            }
            if !statement.allows {
                return TrustVerdict::Refuses;
            }
            if by_name || verdict == TrustVerdict::AllowsIdentity {
                verdict = TrustVerdict::AllowsIdentity;
            } else {
                verdict = TrustVerdict::AllowsAccount;
            }
        }
        verdict
    }
}

impl Principals {
    /// Whether the element means `who`, and if so whether by name (rather than by account).
    fn name(&self, who: Requester<'_>) -> Option<bool> {
        let named = self.any_of.iter().filter_map(|principal| match principal {
            Principal::Anyone => Some(false),
            Principal::Account(account) => (*account == who.account).then_some(false),
            Principal::UniqueId(id) => (**id == *who.unique_id).then_some(true),
            Principal::Arn(arn) => (**arn == *who.arn).then_some(true),
            Principal::Elsewhere => None,
        });
        let found = named.max();
        if self.negated { if found.is_none() { Some(false) } else { None } } else { found }
    }
}
