//! IAM: its operations on one account, with its codes, limits and pages.

mod attached;
mod call;
mod groups;
mod inline;
mod profiles;
mod role_settings;
mod roles;
mod simulate;
mod trust;
mod users;

pub(super) use call::answer;
