//! What must hold of the project as a whole, and of the binary that people run.

// The attributes are what tells clippy that a panic in here is a test's way to fail.
#[cfg(test)]
mod accounts;
#[cfg(test)]
mod apply;
#[cfg(test)]
mod architecture;
#[cfg(test)]
mod aws;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod bootstrap;
#[cfg(test)]
mod compare;
#[cfg(test)]
mod connection;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod documented;
#[cfg(test)]
mod evidence;
#[cfg(test)]
mod example;
#[cfg(test)]
mod exit_codes;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod folders;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod history;
#[cfg(test)]
mod inventory;
#[cfg(test)]
mod journal;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod machine;
#[cfg(test)]
mod options;
#[cfg(test)]
mod policies;
#[cfg(test)]
mod proof;
#[cfg(test)]
mod resume;
#[cfg(test)]
mod rollback;
#[cfg(test)]
mod server;
#[cfg(test)]
mod setup;
#[cfg(test)]
mod shards;
#[cfg(test)]
mod stages;
#[cfg(test)]
mod stop;
#[cfg(test)]
mod terminal;
#[cfg(test)]
mod which;
