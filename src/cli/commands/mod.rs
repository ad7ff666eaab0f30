//! A file for each command, short: the work belongs to the library.

pub(super) mod accounts;
pub(super) mod apply;
pub(super) mod bootstrap;
pub(super) mod compare;
pub(super) mod doctor;
pub(super) mod evidence;
pub(super) mod history;
pub(super) mod manual;
pub(super) mod merge;
pub(super) mod plan;
pub(super) mod remove;
pub(super) mod resume;
pub(super) mod rollback;
pub(super) mod sandbox;
pub(super) mod setup;
pub(super) mod verify;
