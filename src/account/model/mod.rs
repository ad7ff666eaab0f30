//! What one account has, needs and came to: pure data, that the engine makes, the journal keeps and the reports show.

pub mod change;
pub mod difference;
pub mod evidence;
pub mod failure_code;
pub mod observation;
pub mod outcome;
pub mod plan;
pub mod words;
pub mod write;
