//! What has to be in place before the first run: the role that rolecall assumes in each account, and what its caller
//! needs to be allowed. As policies, as a CloudFormation template and as Terraform.
//!
//! What the role is allowed comes from the very list that session policies are made of, so that the two cannot differ.

mod caller;
mod cloudformation;
mod member;
mod need;
mod policies;
mod terraform;
mod yaml;

pub use caller::caller;
pub use member::member;
pub use need::{Name, Need};
pub use policies::{Blueprint, Trusted, Whose};
