//! What the page holds of the run and of each account. The page's script reads exactly this.

use jiff::Timestamp;
use serde::Serialize;

use super::super::wire::{ChangeWords, EndedWord, milliseconds};
use super::super::{AccountRow, Verdict};
use super::texts::{Text, Texts};
use crate::account::change::{Change, ChangeResult, Part};
use crate::account::difference::Difference;
use crate::account::outcome::{AccountStatus, Outcome, PartStatus, Step};
use crate::ids::AccountId;
use crate::rollout::event::{Ended, RolloutStats, RunInfo};
use crate::sanitize::printable::printable;

/// How long a message or a note may be in the page, in bytes.
const MESSAGE: usize = 2_000;

/// The run as a whole.
#[derive(Serialize)]
pub(super) struct Head<'a> {
    /// The version of this form.
    pub(super) format: u32,
    pub(super) run: &'a RunInfo,
    pub(super) ended: Option<End>,
    pub(super) counts: RolloutStats,
    pub(super) changes: Changes,
    pub(super) statuses: Vec<&'static str>,
    pub(super) columns: [&'static str; COLUMNS],
    pub(super) left_out: LeftOut,
    pub(super) files: Vec<String>,
}

/// How the run ended.
#[derive(Serialize)]
pub(super) struct End {
    at: Timestamp,
    elapsed_ms: u64,
    how: EndedWord,
    detail: Option<String>,
    exit: u8,
    meaning: &'static str,
}

impl End {
    pub(super) fn of(at: Timestamp, elapsed: std::time::Duration, stats: &RolloutStats, ended: &Ended) -> Self {
        let verdict = Verdict::of(stats, ended);
        let (how, detail) = EndedWord::of(ended);
        let (exit, meaning) = (verdict.exit_code(), verdict.meaning());
        Self { at, elapsed_ms: milliseconds(elapsed), how, detail, exit, meaning }
    }
}

/// Changes by what became of them.
#[derive(Debug, Default, Clone, Copy, Serialize)]
pub(super) struct Changes {
    applied: usize,
    pending: usize,
    failed: usize,
}

impl Changes {
    pub(super) fn count(&mut self, result: &ChangeResult) {
        match result {
            ChangeResult::Applied { .. } => self.applied += 1,
            ChangeResult::Pending => self.pending += 1,
            ChangeResult::Failed { .. } => self.failed += 1,
        }
    }
}

/// What there was no room for.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) struct LeftOut {
    /// Accounts that are not in the page at all.
    pub(super) accounts: usize,
    /// Accounts without their steps and changes.
    pub(super) details: usize,
}

/// The number of members of a [`Row`].
pub(super) const COLUMNS: usize = 17;
/// The members of a [`Row`], in its order.
pub(super) const NAMES: [&str; COLUMNS] = [
    "id",
    "name",
    "unit",
    "status",
    "parts",
    "role_arn",
    "changes",
    "step",
    "code",
    "message",
    "fix",
    "request_id",
    "attempts",
    "started_at",
    "duration_ms",
    "notes",
    "assume_role",
];

/// One account, as the table, the tiles and the groups of failures need it: an array, for its size.
#[derive(Serialize)]
pub(super) struct Row<'a>(
    AccountId,
    &'a str,
    Option<Text>,
    AccountStatus,
    [PartStatus; 4],
    Option<Text>,
    u32,
    Option<Step>,
    Option<Text>,
    Option<Text>,
    Option<Text>,
    &'a str,
    u32,
    Option<Timestamp>,
    u64,
    Option<Text>,
    Option<Text>,
);

impl<'a> Row<'a> {
    /// `row` is made of `outcome`.
    pub(super) fn of(row: &'a AccountRow, outcome: &Outcome, texts: &mut Texts) -> Self {
        let id = row.account_id;
        let role_arn = row.role_arn.as_ref().and_then(|arn| texts.text(id, &arn.to_string()));
        let mut text = |text: &str| texts.at_most(id, text, MESSAGE);
        let parts = row.parts;
        Self(
            id,
            &row.account_name,
            text(&printable(&outcome.unit)),
            row.status,
            [parts.role, parts.trust, parts.permissions, parts.pass_role],
            role_arn,
            row.changes,
            row.failed_step,
            text(&row.error_code),
            text(&row.error_message),
            text(&row.fix),
            &row.request_id,
            row.attempts,
            row.started_at,
            row.duration_ms,
            text(&row.notes),
            row.overrides.get("assume_role").and_then(|role| text(role)),
        )
    }
}

/// What an account did, step by step.
#[derive(Debug, Default, Serialize)]
pub(super) struct Detail {
    /// Each step with the milliseconds since the run's start.
    pub(super) steps: Vec<(Step, u64)>,
    pub(super) changes: Vec<Item>,
}

impl Detail {
    pub(super) fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.changes.is_empty()
    }
}

/// One change, or one difference of a verify.
#[derive(Debug, Serialize)]
pub(super) struct Item {
    part: Option<Part>,
    /// The IAM call; empty for a difference.
    action: &'static str,
    resource: Option<Text>,
    before: Option<Text>,
    after: Option<Text>,
    result: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<Text>,
}

impl Item {
    pub(super) fn of_change(id: AccountId, change: &Change, result: &ChangeResult, at: u64, texts: &mut Texts) -> Self {
        let words = ChangeWords::of(result);
        let mut side = |text: Option<&str>| text.and_then(|text| texts.text(id, text));
        Self {
            part: change.write.parts().first().copied(),
            action: change.write.action(),
            resource: side(Some(&change.write.resource())),
            before: side(change.before.as_deref()),
            after: side(change.write.after().as_deref()),
            result: words.result,
            request_id: words.request_id.map(str::to_owned),
            code: words.error_code.map(str::to_owned),
            at: Some(at),
            detail: None,
        }
    }

    pub(super) fn of_difference(id: AccountId, difference: &Difference, texts: &mut Texts) -> Self {
        let mut side = |text: Option<&str>| text.and_then(|text| texts.text(id, text));
        Self {
            part: Some(difference.part),
            action: "",
            resource: side(Some(&difference.item)),
            before: side(difference.found.as_deref()),
            after: side(difference.expected.as_deref()),
            result: difference.kind.as_str(),
            request_id: None,
            code: None,
            at: None,
            detail: side(Some(&difference.detail.join("; "))),
        }
    }
}
