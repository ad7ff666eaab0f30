//! What a plan is made of: one change is one IAM write, with what was there before and what will be after.
//!
//! Pure data. The journal stores it, `apply` sends it, the reports show it.

use serde::{Deserialize, Serialize};

use super::difference::Difference;
use super::failure_code::FailureCode;
pub use super::words::Part;
use super::words::{PartStatus, Step};
use super::write::WriteOf;
use crate::account::grant::write::GrantWrite;
use crate::account::role::write::RoleWrite;
use crate::ids::Partition;

/// One IAM write, with everything that is sent, by the kind of resource that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Write {
    /// To a role of the setup.
    Role(RoleWrite),
    /// Of a grant.
    Grant(GrantWrite),
}

impl Write {
    /// The answers of the write's kind.
    fn of_kind(&self) -> &dyn WriteOf {
        match self {
            Self::Role(write) => write,
            Self::Grant(write) => write,
        }
    }

    /// The parts of the setup that the write is about, the one that it fails for first.
    pub fn parts(&self) -> &'static [Part] {
        self.of_kind().parts()
    }

    /// The name of the IAM call that carries the write out.
    pub fn action(&self) -> &'static str {
        self.of_kind().action()
    }

    /// The resource of the setup that is written to: `role/Name`, `user/analyst inline policy P`.
    pub fn entity(&self) -> String {
        self.of_kind().entity()
    }

    /// What of it is written, for people: `role/Name`, `role/Name inline policy P`, `user/analyst inline policy P`.
    pub fn resource(&self) -> String {
        self.of_kind().resource()
    }

    /// The step that fails if the write fails.
    pub fn step(&self) -> Step {
        self.of_kind().step()
    }

    /// What will be there afterwards: a policy's JSON text, an ARN, or a JSON object of the attributes that are set.
    /// `None` where the write takes something away.
    pub fn after(&self) -> Option<String> {
        self.of_kind().after()
    }

    /// Whether the write is done when what it is about is not there.
    pub fn is_done_when_absent(&self) -> bool {
        self.of_kind().is_done_when_absent()
    }
}

/// One write and what it replaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// What is sent.
    #[serde(flatten)]
    pub write: Write,
    /// What was there, in the form of [`Write::after`], as it was read; `None` where there was nothing.
    pub before: Option<String>,
}

impl Change {
    /// What the write by itself makes of its part: created, updated or removed.
    pub fn effect(&self) -> PartStatus {
        self.write.of_kind().effect(self.before.is_some())
    }

    /// Whether the change makes a resource that was not there at all.
    pub fn creates(&self) -> bool {
        self.write.of_kind().creates(self.before.is_some())
    }

    /// Whether the change makes a role, or deletes it: what the account as a whole is said to be.
    pub fn of_account(&self) -> Option<PartStatus> {
        let effect = self.effect();
        let whole = self.write.parts().contains(&Part::Role) && self.write.resource() == self.write.entity();
        (whole && effect != PartStatus::Updated).then_some(effect)
    }

    /// Whether the change is about a resource that one of `among` makes.
    pub fn is_of_new<'a>(&self, among: impl IntoIterator<Item = &'a Self>) -> bool {
        let entity = self.write.entity();
        among.into_iter().any(|other| other.creates() && other.write.entity() == entity)
    }

    /// What the change would mend: one difference for each attribute that it sets. `partition` is the account's.
    pub fn differences(&self, partition: &Partition) -> Vec<Difference> {
        self.write.of_kind().differences(self.before.as_deref(), partition)
    }
}

/// What became of one change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum ChangeResult {
    /// A plan shows it; nothing was sent.
    Pending,
    /// AWS took it.
    Applied {
        /// AWS's id of the request.
        request_id: Option<String>,
    },
    /// AWS refused it, or it is not known whether AWS took it.
    Failed {
        /// AWS's error code, or a word of ours such as `Timeout`.
        code: FailureCode,
        /// AWS's id of the request.
        request_id: Option<String>,
    },
}
