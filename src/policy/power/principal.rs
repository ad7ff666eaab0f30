//! Who a trust statement lets in: whether one name covers another, and whether a principal is meant.
//!
//! An account's root stands for everybody there whom the account's own policies let assume the role. A role or user
//! named by its ARN needs no such policy in the role's own account, so the root covers it only from elsewhere.

use crate::policy::document::{PrincipalType, Spelled};

/// Somebody who asks to assume a role, or a name in a trust policy.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Principal<'a> {
    pub(super) of: PrincipalType,
    pub(super) name: &'a str,
}

impl<'a> Principal<'a> {
    pub(super) fn new(of: PrincipalType, name: &'a Spelled) -> Self {
        Self { of, name: name.key() }
    }

    pub(super) fn is_everybody(&self) -> bool {
        self.of == PrincipalType::Aws && self.name == "*"
    }

    /// The account of an AWS principal's ARN, with its partition.
    pub(super) fn account(&self) -> Option<(&'a str, &'a str)> {
        let mut fields = self.name.splitn(6, ':');
        let known = self.of == PrincipalType::Aws && fields.next() == Some("arn");
        let (partition, _service, _region, account) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        known.then_some((partition, account))
    }

    pub(super) fn is_root(&self) -> bool {
        self.of == PrincipalType::Aws && self.name.starts_with("arn:") && self.name.ends_with(":root")
    }

    /// Whether it is a role or a user by its ARN.
    fn is_identity(&self) -> bool {
        let resource = self.name.splitn(6, ':').nth(5).unwrap_or_default();
        self.of == PrincipalType::Aws
            && self.name.split(':').nth(2) == Some("iam")
            && (resource.starts_with("role/") || resource.starts_with("user/"))
    }

    /// Whether everybody whom `other` lets in is let in. `home` is the account of the role. Proven where true.
    pub(super) fn covers(&self, other: &Self, home: &str) -> bool {
        if self == other {
            return true;
        }
        match other.of {
            PrincipalType::Aws => {
                let there = other.account().map(|(_, account)| account);
                let everybody = self.is_everybody() || (self.is_root() && self.account() == other.account());
                everybody && other.is_identity() && there != Some(home) || self.is_everybody() && other.is_root()
            }
            _ => false,
        }
    }

    /// Whether somebody may be let in by both. False where it is proven that nobody is.
    pub(super) fn meets(&self, other: &Self) -> bool {
        let everybody = self.is_everybody() || other.is_everybody();
        let one_account = self.account().is_some() && self.account() == other.account();
        let ids = |principal: &Self| principal.of == PrincipalType::Aws && principal.account().is_none();
        everybody || self == other || one_account || (self.of == other.of && (ids(self) || ids(other)))
    }

    /// Whether `who` is let in, having all that its own account can give it; `None` where that is not sure.
    pub(super) fn admits(&self, who: &Self) -> Option<bool> {
        let same_account = self.account().is_some() && self.account() == who.account();
        if self == who || (self.is_everybody() && who.of == PrincipalType::Aws) {
            Some(true)
        } else if !self.meets(who) {
            Some(false)
        } else if same_account && self.is_root() && who.is_identity() {
            Some(true)
        } else if same_account && self.is_identity() && who.is_identity() {
            Some(false)
        } else {
            None
        }
    }
}
