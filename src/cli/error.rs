//! The one table from what went wrong to an exit code and advice.

use super::connect::{hint, of_call};
use crate::account::ledger::LedgerClosed;
use crate::aws::clients::ConnectError;
use crate::aws::failure::{AwsFailure, Class};
use crate::ids::{AccountId, Arn, RolePath};
use crate::inventory::error::InventoryError;
use crate::report::compare_run::CompareError;
use crate::report::{FolderError, HistoryError, RowError};
use crate::rollout::journal::ReadError;
use crate::rollout::merge::MergeError;
use crate::sandbox::SpecError;
use crate::setup::error::SetupError;
use crate::signature::{KeyError, NAMESPACE};

/// Why a command could not do its work.
#[derive(Debug, thiserror::Error)]
pub(super) enum CliError {
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// A filter that does not fit the file; AWS was not asked.
    #[error(transparent)]
    Filter(InventoryError),
    #[error(transparent)]
    Connect(#[from] ConnectError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Compare(#[from] CompareError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    World(#[from] SpecError),
    #[error("cannot write to `{0}`")]
    Unwritable(std::path::PathBuf, #[source] std::io::Error),
    #[error("cannot write to `{0}`")]
    NoOutput(std::path::PathBuf, #[source] std::io::Error),
    #[error("cannot write to `{0}`")]
    NotWritten(std::path::PathBuf, #[source] std::io::Error),
    #[error("`{0}` is there already")]
    AlreadyThere(std::path::PathBuf),
    #[error("cannot write to stdout")]
    Stdout(#[source] std::io::Error),
    #[error("cannot listen on 127.0.0.1:{0}")]
    Port(u16, #[source] std::io::Error),
    #[error("--ou and --exclude-ou need the tree of the organization, which a file does not have")]
    NoTree,
    #[error("nobody is named who runs rolecall, and JSON has no parameters")]
    NobodyTrusted,
    #[error("a whole account does not run rolecall")]
    NoOneCaller,
    #[error("the setup names its role, a grantee or a policy after the account, so one role cannot be made for all")]
    NamesDiffer,
    #[error("--assume-role is the ARN of a role in account {its}, and the run is not of that account alone")]
    OneAccountsRole { its: AccountId, role: RolePath },
    #[error("--tag needs tags, which this file does not have")]
    NoTags,
    #[error("--new-since with a date needs the column `joined`, which this file does not have")]
    NoJoinDates,
    #[error("no account of {run} was {statuses}: there is nothing to do")]
    NoneWas { statuses: String, run: String },
    #[error("cannot read `{0}`")]
    NoReport(std::path::PathBuf, #[source] std::io::Error),
    #[error("`{0}` is not a run's report")]
    SpoiledReport(std::path::PathBuf, #[source] RowError),
    #[error("there is no terminal to ask on")]
    NobodyToAsk,
    #[error("not confirmed; nothing was written")]
    NotConfirmed,
    #[error("interrupted; nothing was written")]
    Interrupted,
    #[error("`{}`", .0.display())]
    Journal(std::path::PathBuf, #[source] ReadError),
    #[error("`{}` is not sealed with the key of this machine, so that anybody may have written it", .0.display())]
    NotSealed(std::path::PathBuf),
    #[error("cannot read `{0}`")]
    ExternalIdFile(std::path::PathBuf, #[source] std::io::Error),
    #[error("`{0}` holds no external id (2 to 1224 letters, digits and `_+=,.@:/-`)")]
    NoExternalId(String),
    #[error("ROLECALL_JOURNAL_KEY is shorter than 16 characters")]
    ShortKey,
    #[error("cannot write `{}`", .0.display())]
    JournalUnwritten(std::path::PathBuf, #[source] LedgerClosed),
    #[error("the journal says that {account} got {why}")]
    NotOfTheSetup { account: crate::ids::AccountId, why: String },
    #[error("`{0}` writes nothing, so there is nothing to put back")]
    NothingWritten(String),
    #[error("the run was of `--sandbox={0}`, a simulated organization that ended with its process")]
    SandboxGone(String),
    #[error(transparent)]
    Merge(#[from] MergeError),
    #[error("the setup `{setup}` has changed since the run began")]
    SetupChanged { setup: String },
    #[error("the run was begun by {run}, and these credentials are of another account: {now}")]
    AnotherCaller { run: Box<Arn>, now: Box<Arn> },
    #[error("`{}` {error}", path.display())]
    Key { path: std::path::PathBuf, error: KeyError },
    #[error("cannot read `{}`", .0.display())]
    NoFile(std::path::PathBuf, #[source] std::io::Error),
    #[error("`{0}` has not come to its end, so that its files are not yet what they will be")]
    NotEnded(String),
    #[error("`{}` is there already", .0.display())]
    SignedAlready(std::path::PathBuf),
    #[error("{0}")]
    NotExpected(String),
    #[error("cannot go on")]
    Io(#[from] std::io::Error),
}

impl CliError {
    /// 2 where AWS was not contacted, 130 where somebody said stop, 1 otherwise.
    pub(super) fn exit_code(&self) -> u8 {
        match self {
            Self::Interrupted => 130,
            Self::Folder(
                FolderError::NoSuchRun { .. }
                | FolderError::InUse { .. }
                | FolderError::OpenToOthers { .. }
                | FolderError::LatestIsAFolder { .. },
            ) => 2,
            Self::Connect(ConnectError::Login(login)) if login.aws_was_asked => 1,
            Self::Connect(ConnectError::Caller(_) | ConnectError::StsRegion(..) | ConnectError::NoCaller)
            | Self::NotConfirmed => 1,
            // Told when the work is done, or begun.
            Self::NotWritten(..) | Self::Stdout(_) | Self::Io(_) | Self::JournalUnwritten(..) => 1,
            Self::AnotherCaller { .. } | Self::NotExpected(_) => 1,
            Self::Inventory(
                InventoryError::Organizations(_)
                | InventoryError::Nonsense { .. }
                | InventoryError::NotThere { .. }
                | InventoryError::Ambiguous { .. }
                | InventoryError::NothingSelected { .. },
            )
            | Self::Folder(_) => 1,
            _ => 2,
        }
    }

    /// What to do about it, in one line.
    pub(super) fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Setup(SetupError::UnknownBuiltIn { .. }) => {
                "name a built-in, or the path of a setup file that ends in `.toml`"
            }
            Self::Setup(SetupError::Unreadable { .. }) => "check the path of the setup file",
            Self::Setup(SetupError::Mistakes(_)) => "correct the setup; nothing was written",
            Self::Inventory(InventoryError::Mistakes { .. }) => "correct these lines; nothing was contacted",
            Self::Inventory(InventoryError::Unreadable { .. }) => "check the path of the inventory",
            Self::Inventory(InventoryError::Organizations(failure)) => return Some(organizations(failure)),
            Self::Inventory(InventoryError::NotThere { .. }) | Self::Filter(_) => {
                "check the ids after --include, --exclude, --ou and --exclude-ou against `rolecall accounts`"
            }
            Self::Inventory(InventoryError::Ambiguous { .. }) => "name the unit by more of its path, or by its id",
            Self::Inventory(InventoryError::NothingSelected { .. }) => {
                "`rolecall accounts` with the same options says why each account is out"
            }
            Self::Inventory(InventoryError::Nonsense { .. }) => "try again; if it stays, check --endpoint-url",
            Self::Connect(error) => return Some(hint(error)),
            Self::Folder(FolderError::NoSuchRun { .. }) => {
                "name a run's folder, a run's id under --report-dir, or `latest`"
            }
            Self::Folder(FolderError::OpenToOthers { .. }) => {
                "run as its owner and `chmod o-w` it, or choose another place with --report-dir"
            }
            Self::Folder(FolderError::LatestIsAFolder { .. }) => {
                "move it away, or choose another place with --report-dir"
            }
            Self::NotSealed(_) => {
                "set ROLECALL_JOURNAL_KEY as it was when the run began; or, if nobody else could write there, add \
                 --trust-journal"
            }
            Self::ExternalIdFile(..) | Self::NoExternalId(_) => {
                "give the external id alone in it, with or without a line break behind it"
            }
            Self::ShortKey => "give it at least 16 characters that nobody guesses, such as `openssl rand -hex 32`",
            Self::Folder(FolderError::InUse { .. }) => "wait until it is done, or end it; then try again",
            Self::Journal(_, error) => return Some(journal(error)),
            Self::JournalUnwritten(..) => {
                "nothing was written to AWS; make room, or choose another place with --report-dir"
            }
            Self::NotOfTheSetup { .. } => {
                "the run's command cannot have done that for its setup, so that somebody else wrote it: put back by hand what is left"
            }
            Self::NothingWritten(_) => "name a run of apply, remove or rollback",
            Self::SandboxGone(_) => "run the command again; a world that outlives rolecall is `rolecall sandbox`",
            Self::Merge(error) if error.is_about_lists() => {
                "give every shard one list, with --accounts, and run them again: what is right already is left as it is"
            }
            Self::Merge(_) => "name every shard's run of one rollout, once; each must have come to its end",
            Self::SetupChanged { .. } => {
                "put the setup back as it was; or run the command anew, with the run's accounts.csv behind --accounts"
            }
            Self::AnotherCaller { .. } => "log in to the account that the run was begun from, or name its --profile",
            Self::NotExpected(_) => "log in where it is, or name its --profile; nothing was written",
            Self::Compare(_) => "name the folder that a run left, with its run.json and accounts.csv",
            Self::Key { error: KeyError::Public, .. } => "name the file without `.pub`",
            Self::Key { error: KeyError::NotAKey, .. } => {
                "name the file of a private key that `ssh-keygen -t ed25519` has made"
            }
            Self::Key { path, error: KeyError::Encrypted | KeyError::Kind(_) } => {
                return Some(format!(
                    "sign with `ssh-keygen -Y sign -n {NAMESPACE} -f {} RUN/run.json`, which makes the same file and takes \
                     every key; or name an ed25519 key without a passphrase",
                    path.display()
                ));
            }
            Self::History(_) => "name the folder that holds the runs' folders",
            Self::NoFile(..) => "check the path",
            Self::NotEnded(_) => "go on with it first: `rolecall resume RUN`",
            Self::SignedAlready(_) => "look who signed with `rolecall evidence check`; sign anew with --force",
            Self::Folder(_) | Self::Unwritable(..) => "make it writable, or choose another place with --report-dir",
            Self::World(_) => "try `--sandbox`, `--sandbox=rough` or `--sandbox=accounts=500,latency=50ms`",
            Self::NoOutput(..) | Self::NotWritten(..) => "choose another place for the file",
            Self::AlreadyThere(_) => "choose another name with --out, or replace the file with --force",
            Self::Stdout(_) => "what was shown is not whole; make room, or send stdout elsewhere",
            Self::Port(..) => "choose another port, or 0 for any free one",
            Self::OneAccountsRole { its, role } => {
                return Some(format!(
                    "write --assume-role {}, or name the account alone: --include {its}",
                    role.written()
                ));
            }
            Self::NoTags => "use --organization, a file of c7n-org with tags, or --include and --exclude",
            Self::NoJoinDates => {
                "use --organization, name a run instead of a date, or write the file with `rolecall accounts --out`"
            }
            Self::NoneWas { .. } => "look at the run's accounts.csv, or name other statuses with --only",
            Self::NoReport(..) | Self::SpoiledReport(..) => "name a run's folder that holds its accounts.csv",
            Self::NoTree => "use --organization, or --include and --exclude",
            Self::NobodyTrusted | Self::NoOneCaller => {
                "name the role or user with --trust-to, such as arn:aws:iam::111122223333:role/Runner"
            }
            Self::NamesDiffer => "give the names with --role-name and --pass-role-to",
            Self::NobodyToAsk => "look at the accounts with `rolecall accounts`, then run again with --yes",
            Self::NotConfirmed | Self::Interrupted | Self::Io(_) => return None,
        };
        Some(hint.to_owned())
    }
}

fn journal(error: &ReadError) -> String {
    match error {
        ReadError::NeverBegan => "run the command again".into(),
        ReadError::Format { .. } => "use the version of rolecall that began the run; run.json names it".into(),
        ReadError::NotAJournal | ReadError::Io(_) => {
            "name a run's folder, a run's id under --report-dir, or `latest`".into()
        }
        ReadError::Garbage { .. }
        | ReadError::Broken { .. }
        | ReadError::Forged { .. }
        | ReadError::OtherEnd { .. } => {
            "what follows that line cannot be trusted: run the command anew, with the run's \
                                      accounts.csv behind --accounts"
                .into()
        }
    }
}

fn organizations(failure: &AwsFailure) -> String {
    match (failure.code.as_str(), failure.class) {
        ("AWSOrganizationsNotInUseException", _) => {
            "this account is in no organization: give the accounts with --accounts FILE".into()
        }
        (_, Class::Denied) => "use the management account or a delegated administrator, or give the accounts with \
             --accounts FILE"
            .into(),
        _ => of_call(failure),
    }
}
