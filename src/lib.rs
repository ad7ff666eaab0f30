//! One IAM role, its trust and its PassRole grant, in every account of an AWS organization: planned, applied, proven.

pub mod account;
pub mod aws;
pub mod bootstrap;
pub mod cli;
pub mod digest;
pub mod doctor;
pub mod ids;
pub mod inventory;
pub mod own_file;
pub mod policy;
pub mod report;
pub mod rollout;
pub mod sandbox;
pub mod sanitize;
pub mod setup;
pub mod signature;
