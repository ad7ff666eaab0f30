//! The floor under rolecall: a bare loop over the SDK's clients that makes the calls that rolecall makes, and nothing
//! else. No plan, no journal, no report, no pace; it uses nothing of the crate.
//!
//! What rolecall takes beyond this is what rolecall costs. `benches/scale.py` runs the two side by side.

use std::collections::VecDeque;
use std::error::Error;
use std::fmt::Debug;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use aws_config::BehaviorVersion;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_credential_types::Credentials;
use aws_sdk_iam::config::{Builder, IdentityCache};
use aws_sdk_iam::types::Tag;
use aws_smithy_http_client::tls;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use clap::{Parser, ValueEnum};
use serde_json::json;

const TRUST: &str = include_str!("../../setups/amazon-ml-redshift/trust.json");
const PERMISSIONS: &str = include_str!("../../setups/amazon-ml-redshift/permissions.json");
const ROLE: &str = "AmazonMLRedshift";
const POLICY: &str = "AmazonMLRedshiftAccess";
const USER: &str = "analyst";
const GRANT: &str = "RolecallPassRole-AmazonMLRedshift";

type Failure = Box<dyn Error + Send + Sync>;

/// The calls that rolecall makes, in a bare loop.
#[derive(Debug, Parser)]
struct Args {
    /// Whose calls
    #[arg(long)]
    mode: Mode,
    /// Accounts at once
    #[arg(long, default_value = "50")]
    concurrency: usize,
    /// A CSV file with a column `account_id`, in place of the organization's list
    #[arg(long)]
    accounts: Option<PathBuf>,
    /// What `cargo bench` says
    #[arg(long, hide = true)]
    bench: bool,
}

/// What is done in each account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// A first apply: reads, then every write
    Apply,
    /// An apply where all is right: reads
    Unchanged,
    /// The same reads
    Verify,
}

/// What every task shares.
#[derive(Debug)]
struct Loop {
    sts: aws_sdk_sts::Client,
    iam: aws_sdk_iam::Client,
    mode: Mode,
    left: Mutex<VecDeque<String>>,
    calls: AtomicU64,
    failed: AtomicUsize,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let began = Instant::now();
    let args = Args::parse();
    let http = aws_smithy_http_client::Builder::new()
        .tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring))
        .build_https();
    let config = aws_config::defaults(BehaviorVersion::latest())
        .http_client(http)
        .retry_config(RetryConfig::standard())
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .load()
        .await;
    let shared = Arc::new(Loop {
        sts: aws_sdk_sts::Client::new(&config),
        iam: aws_sdk_iam::Client::new(&config),
        mode: args.mode,
        left: Mutex::default(),
        calls: AtomicU64::new(0),
        failed: AtomicUsize::new(0),
    });
    let caller = shared.counted(shared.sts.get_caller_identity().send()).await?;
    let caller = caller.account().unwrap_or_default();
    let mut ids = match &args.accounts {
        Some(path) => in_file(path)?,
        None => in_organization(&shared, &aws_sdk_organizations::Client::new(&config)).await?,
    };
    ids.retain(|id| id != caller);
    let (accounts, listed) = (ids.len(), began.elapsed());
    *shared.left.lock().unwrap_or_else(PoisonError::into_inner) = ids;

    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..args.concurrency {
        tasks.spawn(shared.clone().work());
    }
    while let Some(ended) = tasks.join_next().await {
        ended?;
    }

    let failed = shared.failed.load(Ordering::Relaxed);
    let told = json!({
        "accounts": accounts,
        "failed": failed,
        "calls": shared.calls.load(Ordering::Relaxed),
        "wall_s": began.elapsed().as_secs_f64(),
        "listing_s": listed.as_secs_f64(),
        "cpu_s": cpu_seconds(),
        "peak_rss_mb": peak_megabytes(),
    });
    writeln!(std::io::stdout(), "{told}")?;
    if failed > 0 { Err(format!("{failed} accounts failed").into()) } else { Ok(()) }
}

impl Loop {
    /// One account after the other, until none is left.
    async fn work(self: Arc<Self>) {
        while let Some(id) = self.next() {
            if let Err(error) = self.account(&id).await {
                self.failed.fetch_add(1, Ordering::Relaxed);
                let _ = writeln!(std::io::stderr(), "{id}: {error}");
            }
        }
    }

    fn next(&self) -> Option<String> {
        self.left.lock().unwrap_or_else(PoisonError::into_inner).pop_front()
    }

    async fn counted<T>(&self, call: impl Future<Output = T>) -> T {
        self.calls.fetch_add(1, Ordering::Relaxed);
        call.await
    }

    async fn account(&self, id: &str) -> Result<(), Failure> {
        let session = self.enter(id).await?;
        // The HTTP client and all else is shared; each call brings the credentials of its account.
        let mine = || Builder::new().credentials_provider(session.clone()).identity_cache(IdentityCache::no_cache());
        let iam = &self.iam;
        let grant = async {
            let get = iam.get_user_policy().user_name(USER).policy_name(GRANT);
            let grant = present(self.counted(get.customize().config_override(mine()).send()).await)?;
            // Is the policy missing, or the user?
            if !grant && self.mode == Mode::Apply {
                let get = iam.get_user().user_name(USER);
                present(self.counted(get.customize().config_override(mine()).send()).await)?;
            }
            Ok(grant)
        };
        let role = async {
            let get = iam.get_role().role_name(ROLE);
            present(self.counted(get.customize().config_override(mine()).send()).await)
        };
        let inline = async {
            let list = iam.list_role_policies().role_name(ROLE);
            present(self.counted(list.customize().config_override(mine()).send()).await)
        };
        let managed = async {
            let list = iam.list_attached_role_policies().role_name(ROLE);
            present(self.counted(list.customize().config_override(mine()).send()).await)
        };
        let text = async {
            let get = iam.get_role_policy().role_name(ROLE).policy_name(POLICY);
            present(self.counted(get.customize().config_override(mine()).send()).await)
        };
        let (role, inline, managed, text, grant) = futures::try_join!(role, inline, managed, text, grant)?;
        let found = [role, inline, managed, text, grant];
        let wanted = self.mode != Mode::Apply;
        if found.iter().any(|found| *found != wanted) {
            return Err(format!("this is no world for {:?}: {found:?}", self.mode).into());
        }
        if self.mode != Mode::Apply {
            return Ok(());
        }
        let create = iam
            .create_role()
            .role_name(ROLE)
            .path("/")
            .assume_role_policy_document(TRUST)
            .description("Lets Amazon Machine Learning read from Amazon Redshift through Amazon S3")
            .tags(Tag::builder().key("rolecall:setup").value("amazon-ml-redshift").build()?);
        self.counted(create.customize().config_override(mine()).send()).await?;
        let put = iam.put_role_policy().role_name(ROLE).policy_name(POLICY).policy_document(PERMISSIONS);
        self.counted(put.customize().config_override(mine()).send()).await?;
        let put = iam.put_user_policy().user_name(USER).policy_name(GRANT).policy_document(grant_in(id));
        self.counted(put.customize().config_override(mine()).send()).await?;
        Ok(())
    }

    async fn enter(&self, id: &str) -> Result<Credentials, Failure> {
        let call = self
            .sts
            .assume_role()
            .role_arn(format!("arn:aws:iam::{id}:role/OrganizationAccountAccessRole"))
            .role_session_name("floor")
            .duration_seconds(3600)
            .policy(session_policy(id, self.mode));
        let answer = self.counted(call.send()).await?;
        let given = answer.credentials().ok_or("no credentials in the answer")?;
        let token = Some(given.session_token().to_owned());
        Ok(Credentials::new(given.access_key_id(), given.secret_access_key(), token, None, "AssumeRole"))
    }
}

/// Whether it is there. IAM's `NoSuchEntity` means that it is not.
fn present<T, E, R>(answer: Result<T, aws_sdk_iam::error::SdkError<E, R>>) -> Result<bool, Failure>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    R: Debug + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(true),
        Err(error) if error.code() == Some("NoSuchEntity") => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// As long as rolecall's.
fn session_policy(id: &str, mode: Mode) -> String {
    let both = |kind: &str, name: &str| {
        [format!("arn:aws:iam::{id}:{kind}/{name}"), format!("arn:aws:iam::{id}:{kind}/*/{name}")]
    };
    let mut role = vec!["iam:GetRole", "iam:ListRolePolicies", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies"];
    let mut user = vec!["iam:GetUser", "iam:GetUserPolicy"];
    if mode != Mode::Verify {
        role.extend(["iam:CreateRole", "iam:TagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole"]);
        role.push("iam:PutRolePolicy");
        user.push("iam:PutUserPolicy");
    }
    let allow = |actions: Vec<&str>, on: [String; 2]| json!({ "Effect": "Allow", "Action": actions, "Resource": on });
    json!({ "Version": "2012-10-17", "Statement": [allow(role, both("role", ROLE)), allow(user, both("user", USER))] })
        .to_string()
}

fn grant_in(id: &str) -> String {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": format!("arn:aws:iam::{id}:role/{ROLE}"),
        "Condition": { "StringEquals": { "iam:PassedToService": "machinelearning.amazonaws.com" } },
    }] })
    .to_string()
}

fn in_file(path: &Path) -> Result<VecDeque<String>, Failure> {
    let mut reader = csv::Reader::from_path(path)?;
    let column = reader.headers()?.iter().position(|name| name == "account_id").ok_or("no column `account_id`")?;
    reader.records().map(|row| Ok(row?.get(column).unwrap_or_default().to_owned())).collect()
}

async fn in_organization(
    shared: &Loop,
    organizations: &aws_sdk_organizations::Client,
) -> Result<VecDeque<String>, Failure> {
    shared.counted(organizations.describe_organization().send()).await?;
    let (mut ids, mut token) = (VecDeque::new(), None);
    loop {
        let page = organizations.list_accounts().max_results(20).set_next_token(token);
        let page = shared.counted(page.send()).await?;
        ids.extend(page.accounts().iter().filter_map(|account| account.id().map(str::to_owned)));
        token = page.next_token().map(str::to_owned);
        if token.is_none() {
            return Ok(ids);
        }
    }
}

/// User and system time of this process, where the system tells them as Linux does, in ticks of 10 ms.
fn cpu_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field is a name in brackets, which may hold anything; 14 and 15 are the times.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

/// The most memory that this process has held, where the system tells it as Linux does.
fn peak_megabytes() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<f64>().ok()? / 1024.0)
}
