//! The reporter: folds the events into the spool, and at the end writes the page from it.

use std::collections::{BTreeMap, HashMap};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::super::wire::milliseconds;
use super::super::{AccountRow, Reporter, whole_file};
use super::record::{Changes, Detail, End, Head, Item, LeftOut, NAMES, Row};
use super::spool::{Piece, Spool};
use super::texts::Texts;
use super::timeline::Timeline;
use super::{escape, shell};
use crate::account::outcome::{AccountStatus, Outcome};
use crate::ids::AccountId;
use crate::rollout::event::{Event, EventKind, RolloutStats, RunInfo};

/// The version of the data's form.
const FORMAT: u32 = 1;

/// How large the page may become, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Room {
    /// For the accounts' rows.
    pub(super) rows: u64,
    /// For their steps and changes.
    pub(super) details: u64,
}

/// Enough for 50,000 accounts as they mostly are, and no more than a browser opens at once.
const ROOM: Room = Room { rows: 32 << 20, details: 24 << 20 };

/// Writes `report.html`.
pub struct HtmlPage {
    path: PathBuf,
    room: Room,
    spool: Spool,
    line: Vec<u8>,
    texts: Texts,
    timeline: Timeline,
    info: Option<Box<RunInfo>>,
    end: Option<End>,
    counts: RolloutStats,
    changes: Changes,
    /// What the accounts in flight have done so far.
    in_flight: HashMap<AccountId, Detail>,
    /// What the accounts did before: in stages that they have passed, or in an earlier invocation of the run.
    before: HashMap<AccountId, Before>,
    accounts: BTreeMap<usize, Place>,
}

/// What an account did before.
#[derive(Default)]
struct Before {
    pieces: Vec<Piece>,
    /// Whether it was worked on in this invocation.
    here: bool,
}

/// What is kept of an account that is done.
struct Place {
    row: Piece,
    /// What it did, a piece for each stage; a run without stages has one.
    details: Vec<Piece>,
    status: AccountStatus,
}

impl HtmlPage {
    /// Makes the spool beside the page to come.
    pub fn create(path: &Path) -> io::Result<Self> {
        Self::with_room(path, ROOM)
    }

    pub(super) fn with_room(path: &Path, room: Room) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            room,
            spool: Spool::create(&path.with_file_name(".report.html.spool"))?,
            line: Vec::new(),
            texts: Texts::default(),
            timeline: Timeline::default(),
            info: None,
            end: None,
            counts: RolloutStats::default(),
            changes: Changes::default(),
            in_flight: HashMap::new(),
            before: HashMap::new(),
            accounts: BTreeMap::new(),
        })
    }

    fn finished(&mut self, event: &Event, index: usize, outcome: &Outcome) -> io::Result<()> {
        let id = outcome.account_id;
        let worked_on = self.in_flight.remove(&id);
        let Before { pieces: mut details, here } = self.before.remove(&id).unwrap_or_default();
        if worked_on.is_some() || here {
            let failed = outcome.status == AccountStatus::Failed;
            self.timeline.finished(event.elapsed, failed, outcome.attempts > 1);
        }
        if worked_on.is_some() {
            self.timeline.left(event.elapsed);
        }
        // One row per account, always: the first outcome stands.
        if self.accounts.contains_key(&index) {
            return Ok(());
        }
        self.counts.count(outcome.status);
        let mut detail = worked_on.unwrap_or_default();
        // Only verify has evidence; what a plan found is told change by change.
        if outcome.evidence.is_some() {
            let texts = &mut self.texts;
            detail.changes.extend(outcome.differences.iter().map(|found| Item::of_difference(id, found, texts)));
        }
        details.extend(self.put(&detail)?);
        let row = AccountRow::from_outcome(outcome);
        let row = put(&Row::of(&row, outcome, &mut self.texts), &mut self.line, &mut self.spool)?;
        self.accounts.insert(index, Place { row, details, status: outcome.status });
        Ok(())
    }

    /// Puts away what an account did, if it did anything.
    fn put(&mut self, detail: &Detail) -> io::Result<Option<Piece>> {
        if detail.is_empty() {
            return Ok(None);
        }
        put(detail, &mut self.line, &mut self.spool).map(Some)
    }
}

impl Place {
    fn detail_length(&self) -> u32 {
        self.details.iter().map(|piece| piece.length + 1).sum()
    }
}

fn put(value: &impl serde::Serialize, line: &mut Vec<u8>, spool: &mut Spool) -> io::Result<Piece> {
    line.clear();
    escape::json(value, line)?;
    spool.put(line)
}

impl Reporter for HtmlPage {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match &event.kind {
            EventKind::RunStarted(info) => self.info = Some(info.clone()),
            EventKind::AccountsListed { .. } => {
                if let Some(info) = &mut self.info {
                    info.listed(&event.kind);
                }
            }
            EventKind::AccountStarted { account_id, .. } => {
                self.in_flight.insert(*account_id, Detail::default());
                self.timeline.started(event.elapsed);
            }
            EventKind::AccountDeferred { account_id, .. } => {
                if let Some(detail) = self.in_flight.remove(account_id) {
                    self.timeline.left(event.elapsed);
                    let piece = self.put(&detail)?;
                    self.before.entry(*account_id).or_default().pieces.extend(piece);
                }
            }
            EventKind::StageStarted { stage } => self.timeline.stage(event.elapsed, *stage),
            EventKind::PaceChanged { slowed_by, concurrency } => {
                let slowed_by = slowed_by.map(|api| api.to_string());
                self.timeline.pace(event.elapsed, slowed_by, *concurrency);
            }
            EventKind::StagePassed { account_id } => {
                if let Some(detail) = self.in_flight.remove(account_id) {
                    self.timeline.left(event.elapsed);
                    let piece = self.put(&detail)?;
                    let before = self.before.entry(*account_id).or_default();
                    before.pieces.extend(piece);
                    before.here = true;
                }
            }
            EventKind::StepStarted { account_id, step } => {
                if let Some(detail) = self.in_flight.get_mut(account_id) {
                    detail.steps.push((*step, milliseconds(event.elapsed)));
                }
            }
            EventKind::ChangeSettled { account_id, change, result } => {
                self.changes.count(result);
                let at = milliseconds(event.elapsed);
                let item = Item::of_change(*account_id, change, result, at, &mut self.texts);
                match self.in_flight.get_mut(account_id) {
                    Some(detail) => detail.changes.push(item),
                    // A run that goes on tells again what was changed before it was cut off.
                    None => {
                        let told = self.put(&Detail { steps: Vec::new(), changes: vec![item] })?;
                        self.before.entry(*account_id).or_default().pieces.extend(told);
                    }
                }
            }
            EventKind::AccountFinished { index, outcome } => self.finished(event, *index, outcome)?,
            EventKind::RunFinished { stats, ended } => {
                self.timeline.until(event.elapsed);
                self.end = Some(End::of(event.at, event.elapsed, stats, ended));
            }
            _ => {}
        }
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { path, room, mut spool, texts, timeline, info, end, counts, changes, accounts, .. } = *self;
        let Some(info) = info else { return Ok(()) };
        let interest = |place: &Place| Interest::of(place.status);
        let rows = fitting(accounts.values().map(|place| (place.row.length, interest(place))), room.rows);
        let shown: Vec<&Place> =
            accounts.values().zip(&rows).filter(|(_, shown)| **shown).map(|(place, _)| place).collect();
        let details = fitting(shown.iter().map(|place| (place.detail_length(), interest(place))), room.details);
        let untold = shown.iter().zip(&details).filter(|(place, told)| !**told && !place.details.is_empty());
        let left_out = LeftOut { accounts: accounts.len() - shown.len(), details: untold.count() };
        let head = Head {
            format: FORMAT,
            run: &info,
            ended: end,
            counts,
            changes,
            statuses: AccountStatus::ALL.iter().map(|status| status.as_str()).collect(),
            columns: NAMES,
            left_out,
            files: files(&path),
        };
        whole_file::replace(&path, |out| {
            shell::write(out, &shell::RUN, |out| {
                script(out, "run", &head)?;
                script(out, "timeline", &timeline)?;
                script(out, "texts", &texts.in_order().collect::<Vec<_>>())?;
                array(out, "accounts", &shown, |place, out| spool.copy(place.row, out))?;
                let told =
                    shown.iter().zip(&details).map(|(place, told)| if *told { place.details.as_slice() } else { &[] });
                array(out, "details", &told.collect::<Vec<_>>(), |pieces, out| {
                    for (index, piece) in pieces.iter().enumerate() {
                        out.write_all(if index == 0 { b"[" } else { b"," })?;
                        spool.copy(*piece, out)?;
                    }
                    out.write_all(if pieces.is_empty() { b"0" } else { b"]" })
                })
            })
        })
    }
}

/// Which accounts are looked at first, and so keep their place in the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Interest {
    Trouble,
    Change,
    Rest,
}

impl Interest {
    fn of(status: AccountStatus) -> Self {
        use AccountStatus as S;
        match status {
            S::Failed | S::Drifted | S::Missing => Self::Trouble,
            S::Created | S::Updated | S::Removed | S::Pending => Self::Change,
            S::Unchanged | S::Compliant | S::Absent | S::Skipped | S::NotReached => Self::Rest,
        }
    }
}

/// Which pieces of these lengths fit into so many bytes: the most interesting first, and among those the first ones.
fn fitting(pieces: impl Iterator<Item = (u32, Interest)> + Clone, mut room: u64) -> Vec<bool> {
    let mut fit: Vec<bool> = pieces.clone().map(|_| false).collect();
    for wanted in [Interest::Trouble, Interest::Change, Interest::Rest] {
        for ((length, interest), fits) in pieces.clone().zip(&mut fit) {
            let length = u64::from(length) + 1;
            if interest == wanted && length <= room {
                room -= length;
                *fits = true;
            }
        }
    }
    fit
}

/// The run's other files that are there.
fn files(page: &Path) -> Vec<String> {
    let there = |name: &&str| page.with_file_name(name).exists();
    let names = ["accounts.csv", "changes.csv", "evidence.jsonl", "run.json", "journal.jsonl"];
    names.into_iter().filter(there).map(str::to_owned).collect()
}

/// An element that holds the value as JSON, which no browser runs.
fn script(out: &mut dyn Write, id: &str, value: &impl serde::Serialize) -> io::Result<()> {
    let mut json = Vec::new();
    escape::json(value, &mut json)?;
    writeln!(out, "<script type=\"application/json\" id=\"{id}-data\">")?;
    out.write_all(&json)?;
    out.write_all(b"</script>\n")
}

/// The same, of an array whose items are written one by one.
fn array<T>(
    out: &mut dyn Write,
    id: &str,
    items: &[T],
    mut write: impl FnMut(&T, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    write!(out, "<script type=\"application/json\" id=\"{id}-data\">[")?;
    for (index, item) in items.iter().enumerate() {
        out.write_all(if index == 0 { b"\n" } else { b",\n" })?;
        write(item, out)?;
    }
    out.write_all(b"]</script>\n")
}
