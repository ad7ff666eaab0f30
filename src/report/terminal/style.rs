//! The colours of the terminal, or none.

use anstyle::{AnsiColor, Style};

use crate::account::outcome::AccountStatus;

/// How each kind of text looks. Text says the same without.
#[derive(Debug, Clone, Copy, Default)]
pub struct Styles {
    /// Headings and the first line.
    pub(super) heading: Style,
    /// What went well.
    pub(super) good: Style,
    /// What needs a look.
    pub(super) warn: Style,
    /// What went wrong.
    pub(super) bad: Style,
    /// What to do.
    pub(super) advice: Style,
    /// What is of less weight.
    pub(super) dim: Style,
}

impl Styles {
    /// No colour, no escape sequence at all.
    pub fn plain() -> Self {
        Self::default()
    }

    /// The eight colours that every terminal's user has chosen for themselves.
    pub fn coloured() -> Self {
        Self {
            heading: Style::new().bold(),
            good: AnsiColor::Green.on_default(),
            warn: AnsiColor::Yellow.on_default(),
            bad: AnsiColor::Red.on_default().bold(),
            advice: AnsiColor::Cyan.on_default(),
            dim: Style::new().dimmed(),
        }
    }

    /// How a status looks.
    pub(super) fn of(&self, status: AccountStatus) -> Style {
        match status {
            AccountStatus::Created | AccountStatus::Updated | AccountStatus::Removed | AccountStatus::Compliant => {
                self.good
            }
            AccountStatus::Unchanged | AccountStatus::Absent | AccountStatus::Skipped => self.dim,
            AccountStatus::Pending | AccountStatus::Drifted | AccountStatus::Missing | AccountStatus::NotReached => {
                self.warn
            }
            AccountStatus::Failed => self.bad,
        }
    }
}

/// The text in the style.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
