//! The one place that builds SDK clients, paces them and reads their errors.

mod answer;
pub mod attempts;
pub mod clients;
pub mod credentials;
pub mod denial;
pub mod failure;
mod http;
pub mod limiter;
pub mod local_config;
pub mod network;
pub mod pace;
pub mod permission;
pub mod retry;
pub mod sts;

pub use answer::ClockOff;
pub use sts::session_seconds;
