//! One check, and all of them together.

use serde::Serialize;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// It could not be looked at, because of something before it.
    Skipped,
    /// As it should be.
    Ok,
    /// A run can be made; have a look all the same.
    Warn,
    /// A run would not end well.
    Fail,
}

impl Health {
    /// The word that people read.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Skipped => "skip",
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// What was looked at, and what was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Check {
    /// What was looked at, in a word or two.
    pub check: &'static str,
    /// How it came out.
    pub status: Health,
    /// What was found. Not trusted.
    pub told: String,
    /// What to do, in one line, where something is to be done.
    pub fix: Option<String>,
}

impl Check {
    /// As it should be.
    pub fn ok(check: &'static str, told: impl Into<String>) -> Self {
        Self { check, status: Health::Ok, told: told.into(), fix: None }
    }

    /// Worth a look.
    pub fn warn(check: &'static str, told: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, status: Health::Warn, told: told.into(), fix: Some(fix.into()) }
    }

    /// Wrong.
    pub fn fail(check: &'static str, told: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, status: Health::Fail, told: told.into(), fix: Some(fix.into()) }
    }

    /// Not looked at.
    pub fn skipped(check: &'static str, told: impl Into<String>) -> Self {
        Self { check, status: Health::Skipped, told: told.into(), fix: None }
    }
}

/// All checks, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Checkup {
    /// The checks.
    pub checks: Vec<Check>,
    /// Whether AWS was asked for anything.
    pub aws_was_asked: bool,
}

impl Checkup {
    /// The worst of them all.
    pub fn verdict(&self) -> Health {
        self.checks.iter().map(|check| check.status).max().unwrap_or(Health::Ok).max(Health::Ok)
    }

    /// 0 where a run can be made; otherwise 1, or 2 where AWS was not asked for anything.
    pub fn exit_code(&self) -> u8 {
        match (self.verdict(), self.aws_was_asked) {
            (Health::Fail, true) => 1,
            (Health::Fail, false) => 2,
            _ => 0,
        }
    }

    /// The last line.
    pub fn summary(&self) -> String {
        let count = |health| self.checks.iter().filter(|check| check.status == health).count();
        match (count(Health::Fail), count(Health::Warn)) {
            (0, 0) => "a run can be made".to_owned(),
            (0, warnings) => format!("a run can be made; {warnings} of {} checks need a look", self.checks.len()),
            (failures, _) => format!("a run would not end well: {failures} of {} checks failed", self.checks.len()),
        }
    }
}
