//! The sandbox's own reading of IAM policies: what is accepted, and what a policy says to one request.
//!
//! Written from AWS's documents, and knowing nothing of `crate::policy`: two readings that were made apart cannot share
//! a mistake.

mod condition;
mod document;
mod evaluate;
mod glob;
mod statement;
mod syntax;

pub(super) use condition::Context;
pub(super) use document::Document;
pub(super) use evaluate::{Decision, Layer, Layers, Policies, Requester, TrustVerdict};
pub(super) use syntax::{PolicyKind, check, principal_arns, rewrite_principals};

#[cfg(test)]
mod evaluate_tests;
