//! One run out of the shards of a rollout: whether they belong together and leave no account out, and what they come to
//! together. Pure.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::event::{Ended, RunInfo, Shard};
use super::history::Earlier;
use super::journal::{Logbook, SavedTerms};
use crate::account::change::{Change, ChangeResult};
use crate::account::outcome::Outcome;
use crate::ids::{AccountId, RunId};
use crate::inventory::list::Entry;

/// How many accounts a problem names.
const NAMED: usize = 3;

/// Why runs cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The run is no shard.
    NoShard(String),
    /// The run was made of shards already.
    Merged(String),
    /// The run is of another rollout than the first one: in this.
    Different {
        /// The run.
        run: String,
        /// What the two differ in: `command`, `setup`, …
        what: &'static str,
    },
    /// The run has more, or fewer, shards than the first one.
    OtherCount {
        /// The run.
        run: String,
        /// Its shard.
        shard: Shard,
    },
    /// Two runs are of one shard.
    Twice {
        /// The shard.
        shard: Shard,
        /// The runs.
        runs: [String; 2],
    },
    /// No run is of these shards.
    Missing {
        /// Their numbers.
        numbers: Vec<u32>,
        /// How many shards there are.
        of: u32,
    },
    /// The run was cut off or halted, and some of its accounts are not done.
    Unfinished {
        /// The run.
        run: String,
        /// How many.
        accounts: usize,
    },
    /// The run was cut off while its accounts were still being listed.
    NotListed(String),
    /// The run's shard is of another list than that of the first one.
    OtherList {
        /// The run.
        run: String,
        /// How many accounts its list has.
        accounts: usize,
        /// How many that of the first one has.
        first: usize,
    },
    /// Together they are not the list that each says it is a part of: some accounts are in none of them, or in two.
    NotTheList {
        /// How many accounts the list has.
        accounts: usize,
        /// How many they have.
        found: usize,
        /// Accounts that are in two.
        twice: Vec<AccountId>,
    },
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoShard(run) => write!(f, "{run} is no shard: it was run without --shard"),
            Self::Merged(run) => write!(f, "{run} is a merged run already"),
            Self::Different { run, what } => write!(f, "{run} has another {what}"),
            Self::OtherCount { run, shard } => write!(f, "{run} is shard {shard}, of another number of shards"),
            Self::Twice { shard, runs: [one, other] } => write!(f, "{one} and {other} are both shard {shard}"),
            Self::Missing { numbers, of } => {
                let named: Vec<String> = numbers.iter().take(NAMED).map(|number| format!("{number}/{of}")).collect();
                let more = numbers.len().saturating_sub(NAMED);
                let more = if more > 0 { format!(" and {more} more") } else { String::new() };
                write!(f, "there is no run of shard {}{more}", named.join(", "))
            }
            Self::Unfinished { run, accounts } => {
                write!(f, "{run} is not finished, {} not done: `rolecall resume {run}`", are(*accounts))
            }
            Self::NotListed(run) => {
                write!(f, "{run} was cut off while its accounts were still being listed: `rolecall resume {run}`")
            }
            Self::OtherList { run, accounts, first } => {
                write!(f, "{run} is a part of another list, of {accounts} accounts; that of the first run has {first}")
            }
            Self::NotTheList { accounts, found, twice } if twice.is_empty() => {
                write!(f, "the list has {accounts} accounts, and together they have {found}")
            }
            Self::NotTheList { twice, .. } => {
                let named: Vec<&str> = twice.iter().take(NAMED).map(AccountId::as_str).collect();
                let more = if twice.len() > NAMED { ", …" } else { "" };
                write!(f, "{} in two of them: {}{more}", are(twice.len()), named.join(", "))
            }
        }
    }
}

fn are(accounts: usize) -> String {
    if accounts == 1 { "1 account is".to_owned() } else { format!("{accounts} accounts are") }
}

/// Runs that cannot be merged, with every reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these runs cannot be merged\n{}", lines(.0))]
pub struct MergeError(pub Vec<Problem>);

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(|problem| format!("  {problem}")).collect::<Vec<_>>().join("\n")
}

/// What the shards of a rollout come to together.
#[derive(Debug)]
pub struct Merged {
    /// What it was about. It began when the first shard did.
    pub info: RunInfo,
    /// What it went by.
    pub terms: SavedTerms,
    /// Every account, in the order of the list.
    pub entries: Vec<Entry>,
    /// What became of each.
    pub outcomes: BTreeMap<AccountId, Outcome>,
    /// What was done in accounts that were cut off, which their shards' journals do not tell of as of accounts that are done.
    pub cut_off: Vec<(AccountId, Change, ChangeResult, Timestamp)>,
    /// When the last shard ended.
    pub ended_at: Timestamp,
}

impl MergeError {
    /// Whether the runs are of different lists of accounts, so that going on with them does not help.
    pub fn is_about_lists(&self) -> bool {
        self.0.iter().any(|problem| matches!(problem, Problem::OtherList { .. } | Problem::NotTheList { .. }))
    }
}

impl Merged {
    /// Puts the shards together, each given with what it is to be called.
    ///
    /// # Errors
    /// Every reason why they are not the shards of one rollout, or not all of them, or not finished.
    pub fn of(shards: Vec<(String, Logbook)>) -> Result<Self, MergeError> {
        let problems = problems(&shards);
        if !problems.is_empty() {
            return Err(MergeError(problems));
        }
        let mut shards = shards.into_iter().map(|(_, book)| book);
        let Some(Logbook { run, terms, mut entries, earlier, mut ended_at, resumed, .. }) = shards.next() else {
            return Err(MergeError(Vec::new()));
        };
        let (mut outcomes, mut cut_off) = (BTreeMap::new(), Vec::new());
        take(&mut outcomes, &mut cut_off, earlier, ended_at);
        // Waves are each shard's own, and so their stages are in its report.
        let mut info = RunInfo { resumed, preflight: false, waves: None, seed: None, max_failures: None, ..run };
        info.merged.push(info.run_id.clone());
        for shard in shards {
            take(&mut outcomes, &mut cut_off, shard.earlier, shard.ended_at);
            entries.extend(shard.entries);
            ended_at = ended_at.max(shard.ended_at);
            let run = shard.run;
            info.merged.push(run.run_id);
            info.started_at = info.started_at.min(run.started_at);
            info.accounts += run.accounts;
            info.selected += run.selected;
            info.concurrency = info.concurrency.max(run.concurrency);
            info.resumed += shard.resumed;
            if info.session_policy != run.session_policy {
                info.session_policy = "by name pattern".to_owned();
            }
        }
        entries.sort_by_key(|entry| entry.place);
        for entry in &mut entries {
            entry.place = None;
        }
        info.run_id = RunId::new(info.started_at, &info.command, &info.setup).marked("merged");
        info.shard = None;
        let terms = SavedTerms { asked: None, ..terms };
        Ok(Self { info, terms, entries, outcomes, cut_off, ended_at })
    }
}

/// The last word on each account of a shard, and what was done in those that were cut off.
fn take(
    outcomes: &mut BTreeMap<AccountId, Outcome>,
    cut_off: &mut Vec<(AccountId, Change, ChangeResult, Timestamp)>,
    earlier: Earlier,
    ended_at: Timestamp,
) {
    outcomes.extend(earlier.kept);
    for (account, mut begun) in earlier.begun {
        cut_off.extend(begun.history.tell().into_iter().map(|(change, result, at)| (account, change, result, at)));
        let untold = begun.history.untold().map(|(change, result)| (account, change.clone(), result, ended_at));
        cut_off.extend(untold);
        outcomes.extend(begun.outcome.map(|outcome| (account, outcome)));
    }
}

fn problems(shards: &[(String, Logbook)]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let Some((_, first)) = shards.first() else { return problems };
    let mut numbers: BTreeMap<u32, &String> = BTreeMap::new();
    let of = first.run.shard.map_or(0, Shard::of);
    for (name, book) in shards {
        let run = || name.clone();
        let Some(shard) = book.run.shard else {
            let merged = !book.run.merged.is_empty();
            problems.push(if merged { Problem::Merged(run()) } else { Problem::NoShard(run()) });
            continue;
        };
        problems.extend(difference(first, book).map(|what| Problem::Different { run: run(), what }));
        if shard.of() != of {
            problems.push(Problem::OtherCount { run: run(), shard });
        } else if let Some(other) = numbers.insert(shard.number(), name) {
            problems.push(Problem::Twice { shard, runs: [other.clone(), run()] });
        }
        problems.extend(unfinished(name, book));
        if let (Some(list), Some(one)) = (&book.whole_list, &first.whole_list)
            && list != one
        {
            problems.push(Problem::OtherList { run: run(), accounts: list.accounts, first: one.accounts });
        }
    }
    let missing: Vec<u32> = (1..=of).filter(|number| !numbers.contains_key(number)).collect();
    if !missing.is_empty() {
        problems.push(Problem::Missing { numbers: missing, of });
    }
    if problems.is_empty() {
        problems.extend(not_the_list(shards));
    }
    problems
}

/// What the two cannot differ in and be of one rollout.
fn difference(one: &Logbook, other: &Logbook) -> Option<&'static str> {
    let (a, b) = (&one.run, &other.run);
    let same = [
        (a.command == b.command && one.terms.goal == other.terms.goal, "command"),
        (a.setup == b.setup, "setup"),
        (a.setup_digest == b.setup_digest && one.terms.choices == other.terms.choices, "setup behind the same name"),
        (a.caller.account() == b.caller.account(), "caller"),
        (a.partition == b.partition, "partition"),
        (one.terms.region == other.terms.region, "region"),
        (one.terms.assume_role == other.terms.assume_role, "role to assume"),
        (one.terms.external_id == other.terms.external_id, "external id"),
        (one.terms.source_identity == other.terms.source_identity, "source identity"),
    ];
    same.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
}

/// Whether there is still work in a shard. An account that failed is done; one that was cut off by its time is, once the
/// run came to its own end.
fn unfinished(name: &str, book: &Logbook) -> Option<Problem> {
    let run = || name.to_owned();
    if !book.listed {
        return Some(Problem::NotListed(run()));
    }
    let whole = book.closed.as_ref().is_some_and(|closed| closed.ended == Ended::Complete);
    let open = book.open();
    (!whole && open > 0).then(|| Problem::Unfinished { run: run(), accounts: open })
}

/// Whether the parts are the whole, account by account.
fn not_the_list(shards: &[(String, Logbook)]) -> Option<Problem> {
    let accounts = shards.first()?.1.whole_list.as_ref().map_or(0, |list| list.accounts);
    let mut ids: Vec<AccountId> =
        shards.iter().flat_map(|(_, book)| &book.entries).map(|entry| entry.account.id).collect();
    let found = ids.len();
    ids.sort_unstable();
    let mut twice: Vec<AccountId> =
        ids.windows(2).filter(|two| two.first() == two.last()).filter_map(|two| two.first().copied()).collect();
    twice.dedup();
    (found != accounts || !twice.is_empty()).then_some(Problem::NotTheList { accounts, found, twice })
}
