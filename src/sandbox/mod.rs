//! A simulated AWS organization: accounts, IAM, STS and Organizations, for trying out and for tests.
//!
//! It stands behind the SDK's own HTTP client ([`SandboxHttpClient`]) or on a loopback port ([`SandboxServer`]), and it
//! is stateful: what is written is read back, in AWS's form. It may use `crate::ids` and nothing else of this crate; a
//! simulator that shared the policy code with what it tests would share its mistakes.
//!
//! What no independent simulator confirms, and so rests on AWS's documents alone: that a closed account refuses
//! AssumeRole, that a trust without `Principal` is malformed, the answers to expired tokens and to throttling. Not
//! simulated: request signatures, clock skew, resource policies, resource control policies; and eventual consistency only
//! where the fault `stale` is asked for.

mod account;
mod actions;
mod authorize;
mod connector;
mod entities;
mod faults;
mod iam;
mod intern;
mod log;
mod managed;
mod names;
mod organizations;
mod policy;
mod refusal;
mod serve;
mod server;
mod session;
mod sts;
mod unique_id;
mod wire;
mod world;
mod worlds;
mod xml;

pub use account::AccountState;
pub use actions::Service;
pub use connector::SandboxHttpClient;
pub use faults::{Fault, FaultPoint, FaultRule};
pub use log::{LogEntry, RequestLog};
pub use serve::Delivery;
pub use server::SandboxServer;
pub use wire::{Answer, Incoming};
pub use world::{Clock, OrganizationManners, SandboxCredentials, World};
pub use worlds::{SpecError, WorldOptions};

#[cfg(test)]
mod iam_tests;
#[cfg(test)]
mod sdk_tests;
#[cfg(test)]
mod sts_tests;
