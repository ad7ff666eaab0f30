//! What IAM keeps in one account: roles, users, groups, policies, instance profiles.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use super::policy::Document;
use super::unique_id::entity_id;
use crate::ids::AccountId;

/// The IAM of one account.
#[derive(Debug, Clone, Default)]
pub(super) struct Iam {
    pub(super) roles: Roster<SimRole>,
    pub(super) users: Roster<SimUser>,
    pub(super) groups: Roster<SimGroup>,
    pub(super) profiles: Roster<SimProfile>,
    /// The account's own managed policies.
    pub(super) managed: Vec<Arc<Managed>>,
    serial: u64,
}

/// A managed policy, AWS's or the account's.
#[derive(Debug)]
pub(super) struct Managed {
    pub(super) arn: String,
    pub(super) name: String,
    pub(super) path: String,
    pub(super) document: Arc<Document>,
}

/// The inline and attached policies of a role, a user or a group.
#[derive(Debug, Clone, Default)]
pub(super) struct Grants {
    /// In the order of their names.
    pub(super) inline: Vec<(Box<str>, Arc<Document>)>,
    /// In the order in which they were attached.
    pub(super) attached: Vec<Arc<Managed>>,
}

/// An IAM role.
#[derive(Debug, Clone)]
pub(super) struct SimRole {
    pub(super) path: Box<str>,
    pub(super) name: Box<str>,
    pub(super) id: Box<str>,
    /// As stored: principals that are roles or users stand there by unique id.
    pub(super) trust: Arc<Document>,
    pub(super) description: Option<Box<str>>,
    /// In seconds.
    pub(super) max_session_duration: u32,
    pub(super) boundary: Option<Arc<Managed>>,
    pub(super) tags: Tags,
    pub(super) grants: Grants,
    pub(super) created: Timestamp,
}

/// An IAM user.
#[derive(Debug, Clone)]
pub(super) struct SimUser {
    pub(super) path: Box<str>,
    pub(super) name: Box<str>,
    pub(super) id: Box<str>,
    pub(super) grants: Grants,
    pub(super) created: Timestamp,
}

/// An IAM group.
#[derive(Debug, Clone)]
pub(super) struct SimGroup {
    pub(super) path: Box<str>,
    pub(super) name: Box<str>,
    pub(super) id: Box<str>,
    pub(super) grants: Grants,
    pub(super) members: Vec<Box<str>>,
    pub(super) created: Timestamp,
}

/// An instance profile, which keeps its role from being deleted.
#[derive(Debug, Clone)]
pub(super) struct SimProfile {
    pub(super) path: Box<str>,
    pub(super) name: Box<str>,
    pub(super) id: Box<str>,
    pub(super) role: Option<Box<str>>,
    pub(super) created: Timestamp,
}

/// Tags in the order of their keys.
pub(super) type Tags = BTreeMap<Box<str>, Box<str>>;

/// What has a name within its account.
pub(super) trait Named {
    /// The name, without a path.
    fn name(&self) -> &str;
    /// The path, which begins and ends with a slash.
    fn path(&self) -> &str;
}

macro_rules! named {
    ($($kind:ty),+) => {$(
        impl Named for $kind {
            fn name(&self) -> &str {
                &self.name
            }
            fn path(&self) -> &str {
                &self.path
            }
        }
    )+};
}

named!(SimRole, SimUser, SimGroup, SimProfile);

/// Things by name. Names are unique without regard to case, and in order.
///
/// A sorted vector, and one that grows by just one: most of 50,000 accounts hold two roles, and a map would cost each of
/// them a node of eleven.
#[derive(Debug, Clone)]
pub(super) struct Roster<T>(Vec<T>);

impl<T> Default for Roster<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Named> Roster<T> {
    fn find(&self, name: &str) -> Result<usize, usize> {
        let folded = |text: &str| text.bytes().map(|b| b.to_ascii_lowercase()).collect::<Vec<u8>>();
        let wanted = folded(name);
        self.0
            .binary_search_by(|known| known.name().bytes().map(|b| b.to_ascii_lowercase()).cmp(wanted.iter().copied()))
    }

    pub(super) fn get(&self, name: &str) -> Option<&T> {
        self.find(name).ok().and_then(|at| self.0.get(at))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.find(name).ok().and_then(|at| self.0.get_mut(at))
    }

    /// Adds, unless the name is taken; tells whether it did.
    pub(super) fn insert(&mut self, new: T) -> bool {
        match self.find(new.name()) {
            Ok(_) => false,
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, new);
                true
            }
        }
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<T> {
        self.find(name).ok().map(|at| self.0.remove(at))
    }

    pub(super) fn iter(&self) -> std::slice::Iter<'_, T> {
        self.0.iter()
    }
}

impl Grants {
    pub(super) fn get(&self, name: &str) -> Option<&Arc<Document>> {
        self.inline.iter().find(|(known, _)| &**known == name).map(|(_, document)| document)
    }

    /// Puts an inline policy, over one of the same name.
    pub(super) fn put(&mut self, name: &str, document: Arc<Document>) {
        match self.inline.binary_search_by(|(known, _)| (**known).cmp(name)) {
            Ok(at) => {
                if let Some((_, old)) = self.inline.get_mut(at) {
                    *old = document;
                }
            }
            Err(at) => {
                self.inline.reserve_exact(1);
                self.inline.insert(at, (name.into(), document));
            }
        }
    }

    /// Whether there was one of that name.
    pub(super) fn delete(&mut self, name: &str) -> bool {
        let before = self.inline.len();
        self.inline.retain(|(known, _)| &**known != name);
        self.inline.len() < before
    }

    /// All documents that grant or deny.
    pub(super) fn documents(&self) -> impl Iterator<Item = Arc<Document>> + '_ {
        let inline = self.inline.iter().map(|(_, document)| Arc::clone(document));
        inline.chain(self.attached.iter().map(|managed| Arc::clone(&managed.document)))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.inline.is_empty() && self.attached.is_empty()
    }
}

impl Iam {
    /// A new unique id in this account.
    pub(super) fn new_id(&mut self, prefix: &str, account: AccountId) -> Box<str> {
        self.serial += 1;
        entity_id(prefix, account, self.serial).into()
    }

    /// The groups that a user is in.
    pub(super) fn groups_of<'a>(&'a self, user: &'a str) -> impl Iterator<Item = &'a SimGroup> {
        self.groups.iter().filter(move |group| group.members.iter().any(|member| member.eq_ignore_ascii_case(user)))
    }

    /// The entity of kind `role`, `user` or `group` that an ARN's resource (`role/path/name`) names, by its id.
    pub(super) fn id_of(&self, resource: &str) -> Option<&str> {
        let (kind, rest) = resource.split_once('/')?;
        let (path, name) =
            rest.rsplit_once('/').map_or(("/".to_owned(), rest), |(path, name)| (format!("/{path}/"), name));
        fn found<'a, T: Named>(roster: &'a Roster<T>, path: &str, name: &str) -> Option<&'a T> {
            // ARNs are compared with regard to case.
            roster.get(name).filter(|entity| entity.path() == path && entity.name() == name)
        }
        match kind {
            "role" => found(&self.roles, &path, name).map(|role| &*role.id),
            "user" => found(&self.users, &path, name).map(|user| &*user.id),
            _ => None,
        }
    }
}
