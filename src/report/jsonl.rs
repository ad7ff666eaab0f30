//! `--format json`: every event as one line of JSON, for machines.
//!
//! The lines are a form of their own: an event may change its inside, a line keeps its names. The first line says
//! `"format": 1`.

use std::io::{self, Write};

use jiff::Timestamp;
use serde::{Serialize, Serializer};
use serde_json::ser::{CharEscape, CompactFormatter, Formatter};

use super::wire::{ChangeWords, EndedWord, FORMAT, milliseconds};
use super::{Reporter, Verdict};
use crate::account::change::Part;
use crate::account::difference::Difference;
use crate::account::outcome::{AccountStatus, Failure, PartStatus, Step};
use crate::ids::{AccountId, Arn, Partition, RunId};
use crate::rollout::event::{Api, Event, EventKind, RolloutStats, Shard, Stage};
use crate::sanitize::printable::printable_json;

/// Writes the lines, each at once.
pub struct JsonLines {
    out: Box<dyn Write + Send>,
    line: Vec<u8>,
    first: bool,
}

impl JsonLines {
    /// Writes to `out`, which is flushed after every line.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self { out, line: Vec::new(), first: true }
    }
}

impl Reporter for JsonLines {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        self.line.clear();
        let format = self.first.then_some(FORMAT);
        self.first = false;
        let line = Line { format, at: event.at, elapsed_ms: milliseconds(event.elapsed), event: wire(&event.kind) };
        line.serialize(&mut serde_json::Serializer::with_formatter(&mut self.line, Quiet))?;
        self.line.push(b'\n');
        self.out.write_all(&self.line)?;
        self.out.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.out.flush()
    }
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<u32>,
    #[serde(flatten)]
    event: WireEvent<'a>,
    #[serde(serialize_with = "to_the_millisecond")]
    at: Timestamp,
    elapsed_ms: u64,
}

#[derive(Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum WireEvent<'a> {
    RunStarted {
        run_id: &'a RunId,
        command: &'a str,
        setup: &'a str,
        setup_digest: &'a str,
        source: &'a str,
        caller: &'a Arn,
        partition: &'a Partition,
        organization: Option<&'a str>,
        accounts: usize,
        selected: usize,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        listing: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        shard: Option<Shard>,
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        merged: &'a [RunId],
        concurrency: usize,
        session_policy: &'a str,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        preflight: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        waves: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        seed: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        max_failures: Option<String>,
        version: &'a str,
    },
    AccountsListed {
        accounts: usize,
        selected: usize,
        whole: bool,
    },
    StageStarted {
        #[serde(flatten)]
        stage: Stage,
    },
    AccountStarted {
        account_id: &'a AccountId,
        account_name: &'a str,
    },
    StepStarted {
        account_id: &'a AccountId,
        step: Step,
    },
    ChangeSettled {
        account_id: &'a AccountId,
        part: Option<Part>,
        action: &'static str,
        resource: String,
        before: Option<&'a str>,
        after: Option<String>,
        result: &'static str,
        request_id: Option<&'a str>,
        error_code: Option<&'a str>,
    },
    StagePassed {
        account_id: &'a AccountId,
    },
    AccountFinished {
        index: usize,
        account_id: &'a AccountId,
        account_name: &'a str,
        status: AccountStatus,
        role: PartStatus,
        trust: PartStatus,
        permissions: PartStatus,
        pass_role: PartStatus,
        role_arn: Option<&'a Arn>,
        changes: u32,
        failure: Option<WireFailure<'a>>,
        reason: Option<&'a str>,
        notes: &'a [String],
        #[serde(skip_serializing_if = "<[_]>::is_empty")]
        differences: &'a [Difference],
        attempts: u32,
        #[serde(serialize_with = "to_the_millisecond_if_any")]
        started_at: Option<Timestamp>,
        duration_ms: u64,
    },
    PaceChanged {
        slowed_by: Option<Api>,
        concurrency: usize,
    },
    DrainStarted {
        reason: EndedWord,
        detail: Option<String>,
    },
    RunFinished {
        ended: EndedWord,
        detail: Option<String>,
        exit_code: u8,
        counts: RolloutStats,
    },
}

#[derive(Serialize)]
struct WireFailure<'a> {
    step: Step,
    code: &'a str,
    message: &'a str,
    request_id: Option<&'a str>,
    fix: &'a str,
}

fn wire(kind: &EventKind) -> WireEvent<'_> {
    match kind {
        EventKind::RunStarted(info) => WireEvent::RunStarted {
            run_id: &info.run_id,
            command: &info.command,
            setup: &info.setup,
            setup_digest: &info.setup_digest,
            source: &info.source,
            caller: &info.caller,
            partition: &info.partition,
            organization: info.organization.as_deref(),
            accounts: info.accounts,
            selected: info.selected,
            listing: info.listing,
            shard: info.shard,
            merged: &info.merged,
            concurrency: info.concurrency,
            session_policy: &info.session_policy,
            preflight: info.preflight,
            waves: info.waves.as_ref().map(ToString::to_string),
            seed: info.seed.map(|seed| seed.0),
            max_failures: info.max_failures.map(|most| most.to_string()),
            version: &info.version,
        },
        EventKind::AccountsListed { accounts, selected, whole } => {
            WireEvent::AccountsListed { accounts: *accounts, selected: *selected, whole: *whole }
        }
        EventKind::StageStarted { stage } => WireEvent::StageStarted { stage: *stage },
        EventKind::StagePassed { account_id } => WireEvent::StagePassed { account_id },
        EventKind::AccountStarted { account_id, account_name } => {
            WireEvent::AccountStarted { account_id, account_name }
        }
        EventKind::StepStarted { account_id, step } => WireEvent::StepStarted { account_id, step: *step },
        EventKind::ChangeSettled { account_id, change, result } => {
            let ChangeWords { result, request_id, error_code } = ChangeWords::of(result);
            WireEvent::ChangeSettled {
                account_id,
                part: change.write.parts().first().copied(),
                action: change.write.action(),
                resource: change.write.resource(),
                before: change.before.as_deref(),
                after: change.write.after(),
                result,
                request_id,
                error_code,
            }
        }
        EventKind::AccountFinished { index, outcome } => WireEvent::AccountFinished {
            index: *index,
            account_id: &outcome.account_id,
            account_name: &outcome.account_name,
            status: outcome.status,
            role: outcome.parts.role,
            trust: outcome.parts.trust,
            permissions: outcome.parts.permissions,
            pass_role: outcome.parts.pass_role,
            role_arn: outcome.role_arn.as_ref(),
            changes: outcome.changes,
            failure: outcome.failure.as_ref().map(|Failure { step, code, message, request_id, fix }| WireFailure {
                step: *step,
                code: code.as_str(),
                message,
                request_id: request_id.as_deref(),
                fix,
            }),
            reason: outcome.reason.as_deref(),
            notes: &outcome.notes,
            differences: &outcome.differences,
            attempts: outcome.attempts,
            started_at: outcome.started_at,
            duration_ms: milliseconds(outcome.duration),
        },
        EventKind::PaceChanged { slowed_by, concurrency } => {
            WireEvent::PaceChanged { slowed_by: *slowed_by, concurrency: *concurrency }
        }
        EventKind::DrainStarted { reason } => {
            let (reason, detail) = EndedWord::of_halt(reason);
            WireEvent::DrainStarted { reason, detail }
        }
        EventKind::RunFinished { stats, ended } => {
            let exit_code = Verdict::of(stats, ended).exit_code();
            let (ended, detail) = EndedWord::of(ended);
            WireEvent::RunFinished { ended, detail, exit_code, counts: *stats }
        }
    }
}

fn to_the_millisecond<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{at:.3}"))
}

#[expect(clippy::ref_option, reason = "serde gives the field by reference")]
fn to_the_millisecond_if_any<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => to_the_millisecond(at, serializer),
        None => serializer.serialize_none(),
    }
}

/// Compact JSON in which no character acts on a terminal.
struct Quiet;

impl Formatter for Quiet {
    fn write_string_fragment<W: Write + ?Sized>(&mut self, out: &mut W, fragment: &str) -> io::Result<()> {
        out.write_all(printable_json(fragment).as_bytes())
    }

    fn write_char_escape<W: Write + ?Sized>(&mut self, out: &mut W, escape: CharEscape) -> io::Result<()> {
        CompactFormatter.write_char_escape(out, escape)
    }
}
