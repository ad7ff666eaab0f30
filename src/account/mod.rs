//! One account: session, observe, plan, apply, outcome.

pub mod change;
pub mod outcome;
