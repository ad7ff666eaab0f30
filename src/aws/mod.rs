//! The one place that builds SDK clients, paces them and reads their errors.

mod answer;
pub mod attempts;
pub mod clients;
mod clock;
pub mod connection;
pub mod credentials;
pub mod denial;
pub mod failure;
mod http;
pub mod limiter;
pub mod local_config;
pub mod login;
pub mod mistake;
pub mod organization;
pub mod pace;
pub mod permission;
pub mod profiles;
pub mod proxy;
pub mod retry;
pub mod settings;
pub mod sts;
pub mod trust;
pub mod variables;
pub mod watch;

pub use answer::ClockOff;
