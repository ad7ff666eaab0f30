//! One account: session, observe, plan, apply, outcome.

pub mod apply;
pub mod change;
pub mod ledger;
pub mod observation;
pub mod observe;
pub mod outcome;
pub mod plan;
