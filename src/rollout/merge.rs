//! One run out of the shards of a rollout: whether they belong together and leave no account out, and what they come to
//! together. Pure.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use super::event::{Ended, RunInfo, Shard};
use super::history::Earlier;
use super::journal::{Logbook, SavedTerms};
use crate::account::outcome::Outcome;
use crate::ids::{AccountId, RunId};
use crate::inventory::list::Entry;

/// How many accounts a problem names.
const NAMED: usize = 3;

/// Why runs cannot be merged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The run is no shard.
    NoShard(RunId),
    /// The run is of another rollout than the first one: in this.
    Different {
        /// The run.
        run: RunId,
        /// What the two differ in: `command`, `setup`, …
        what: &'static str,
    },
    /// The run has more, or fewer, shards than the first one.
    OtherCount {
        /// The run.
        run: RunId,
        /// Its shard.
        shard: Shard,
    },
    /// Two runs are of one shard.
    Twice {
        /// The shard.
        shard: Shard,
        /// The runs.
        runs: [RunId; 2],
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
        run: RunId,
        /// How many.
        accounts: usize,
    },
    /// The run was cut off while its accounts were still being listed.
    NotListed(RunId),
    /// The run's shard is of another list than that of the first one.
    OtherList {
        /// The run.
        run: RunId,
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
                write!(f, "{run} is not finished, {accounts} of its accounts are not done: `rolecall resume {run}`")
            }
            Self::NotListed(run) => {
                write!(f, "{run} was cut off while its accounts were still being listed: `rolecall resume {run}`")
            }
            Self::OtherList { run, accounts, first } => write!(
                f,
                "{run} is a part of another list: of {accounts} accounts, that of the first run has {first}; an account \
                 came or went between them"
            ),
            Self::NotTheList { accounts, found, twice } if twice.is_empty() => {
                write!(f, "the list has {accounts} accounts, and together they have {found}")
            }
            Self::NotTheList { twice, .. } => {
                let named: Vec<&str> = twice.iter().take(NAMED).map(AccountId::as_str).collect();
                write!(f, "{} accounts are in two of them: {} …", twice.len(), named.join(", "))
            }
        }
    }
}

/// Runs that cannot be merged, with every reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("these runs are not the shards of one rollout\n{}", lines(.0))]
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
    /// When the last shard ended.
    pub ended_at: Timestamp,
}

impl Merged {
    /// Puts the shards together.
    ///
    /// # Errors
    /// Every reason why they are not the shards of one rollout, or not all of them, or not finished.
    pub fn of(shards: Vec<Logbook>) -> Result<Self, MergeError> {
        let problems = problems(&shards);
        if !problems.is_empty() {
            return Err(MergeError(problems));
        }
        let mut shards = shards.into_iter();
        let Some(Logbook { run, terms, mut entries, earlier, ended_at, resumed, .. }) = shards.next() else {
            return Err(MergeError(Vec::new()));
        };
        let mut outcomes = BTreeMap::new();
        take(&mut outcomes, earlier);
        let (mut info, mut ended_at) = (RunInfo { resumed, ..run }, ended_at);
        info.merged.push(info.run_id.clone());
        for shard in shards {
            take(&mut outcomes, shard.earlier);
            entries.extend(shard.entries);
            ended_at = ended_at.max(shard.ended_at);
            let run = shard.run;
            info.merged.push(run.run_id);
            info.started_at = info.started_at.min(run.started_at);
            info.accounts += run.accounts;
            info.selected += run.selected;
            info.concurrency += run.concurrency;
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
        Ok(Self { info, terms, entries, outcomes, ended_at })
    }
}

/// The last word on each account of a shard.
fn take(outcomes: &mut BTreeMap<AccountId, Outcome>, earlier: Earlier) {
    outcomes.extend(earlier.kept);
    outcomes.extend(earlier.begun.into_iter().filter_map(|(account, begun)| Some((account, begun.outcome?))));
}

fn problems(shards: &[Logbook]) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let Some(first) = shards.first() else { return problems };
    let mut numbers: BTreeMap<u32, &RunId> = BTreeMap::new();
    let of = first.run.shard.map_or(0, Shard::of);
    for book in shards {
        let run = || book.run.run_id.clone();
        let Some(shard) = book.run.shard else {
            problems.push(Problem::NoShard(run()));
            continue;
        };
        problems.extend(difference(first, book).map(|what| Problem::Different { run: run(), what }));
        if shard.of() != of {
            problems.push(Problem::OtherCount { run: run(), shard });
        } else if let Some(other) = numbers.insert(shard.number(), &book.run.run_id) {
            problems.push(Problem::Twice { shard, runs: [other.clone(), run()] });
        }
        problems.extend(unfinished(book));
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
    ];
    same.into_iter().find(|(same, _)| !same).map(|(_, what)| what)
}

/// Whether there is still work in a shard. An account that failed is done; one that was cut off by its time is, once the
/// run came to its own end.
fn unfinished(book: &Logbook) -> Option<Problem> {
    let run = || book.run.run_id.clone();
    if !book.listed {
        return Some(Problem::NotListed(run()));
    }
    let whole = book.closed.as_ref().is_some_and(|closed| closed.ended == Ended::Complete);
    let open = book.open();
    (!whole && open > 0).then(|| Problem::Unfinished { run: run(), accounts: open })
}

/// Whether the parts are the whole, account by account.
fn not_the_list(shards: &[Logbook]) -> Option<Problem> {
    let accounts = shards.first()?.whole_list.as_ref().map_or(0, |list| list.accounts);
    let mut ids: Vec<AccountId> = shards.iter().flat_map(|book| &book.entries).map(|entry| entry.account.id).collect();
    let found = ids.len();
    ids.sort_unstable();
    let mut twice: Vec<AccountId> =
        ids.windows(2).filter(|two| two.first() == two.last()).filter_map(|two| two.first().copied()).collect();
    twice.dedup();
    (found != accounts || !twice.is_empty()).then_some(Problem::NotTheList { accounts, found, twice })
}
