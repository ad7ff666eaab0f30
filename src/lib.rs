//! One IAM role, its trust and its PassRole grant, in every account of an AWS organization: planned, applied, proven.

pub mod account;
pub mod aws;
pub mod bootstrap;
pub mod cell;
pub mod cli;
pub mod digest;
pub mod doctor;
pub mod ids;
pub mod inventory;
pub mod own_file;
pub mod plain;
pub mod policy;
pub mod report;
pub mod rollout;
pub mod sandbox;
pub mod setup;
pub mod signature;
