//! The question before the first write.

use std::collections::BTreeMap;
use std::io::BufRead;

use super::error::CliError;
use super::intent_summary::IntentSummary;
use super::ui;
use crate::account::converge::Goal;
use crate::rollout::event::RunInfo;
use crate::rollout::order::{DEFAULT_SEED, Seed};
use crate::sanitize::printable::printable;

/// How many lines of one kind are shown.
const SHOWN: usize = 8;

/// Shows what is about to happen.
pub(super) fn show(info: &RunInfo, intent: &IntentSummary, goal: Goal) {
    ui::say(&format!("caller        {}", printable(&info.caller.to_string())));
    if let Some(organization) = &info.organization {
        ui::say(&format!("organization  {}", printable(organization)));
    }
    ui::say(&format!("accounts      {} of {}, from {}", info.selected, info.accounts, printable(&info.source)));
    ui::say(&format!("setup         {}", printable(&info.setup)));
    lines("role          ", &intent.roles, info.selected);
    if !matches!(goal, Goal::Remove { .. }) {
        lines("trusts        ", &intent.trusts, info.selected);
    }
    lines("pass role     ", &intent.grants, info.selected);
    if intent.without_grant > 0 {
        let how = match goal {
            Goal::Remove { .. } => "no grant is taken away: name whose with --pass-role-to user/NAME",
            _ => "skipped: name who may pass the role with --pass-role-to user/NAME",
        };
        ui::say(&format!("pass role     {how}{}", among(intent.without_grant, info.selected)));
    }
    if info.preflight {
        ui::say("preflight     every account is looked at before the first write anywhere");
    }
    if let Some(waves) = &info.waves {
        let (mut before, mut sizes) = (0, Vec::new());
        for bound in waves.bounds(info.selected) {
            sizes.push((bound - before).to_string());
            before = bound;
        }
        let seed = info.seed.unwrap_or(Seed(DEFAULT_SEED)).0;
        ui::say(&format!("waves         {} accounts, each wave read back; seed {seed}", sizes.join(", then ")));
    }
    if let Some(allowed) = info.max_failures.and_then(|most| most.allowed(info.selected)) {
        ui::say(&format!("max failures  {allowed}"));
    }
    if goal == (Goal::Remove { force: true }) {
        ui::say("force         policies that are not the setup's go too, and the role leaves its instance profiles");
    }
}

fn lines(head: &str, intent: &BTreeMap<String, usize>, selected: usize) {
    for (what, accounts) in intent.iter().take(SHOWN) {
        ui::say(&format!("{head}{}{}", printable(what), among(*accounts, selected)));
    }
    if intent.len() > SHOWN {
        ui::say(&format!("{head}and {} others", intent.len() - SHOWN));
    }
}

/// How many accounts, where it is not all of them.
fn among(accounts: usize, selected: usize) -> String {
    if accounts == selected { String::new() } else { format!(" (in {accounts} of {selected} accounts)") }
}

/// Asks on the terminal. Reading from it cannot be broken off; what is left of that ends with the process.
pub(super) async fn asked(accounts: usize, goal: Goal) -> Result<(), CliError> {
    tokio::task::spawn_blocking(move || ask(accounts, goal)).await.map_err(std::io::Error::other)?
}

/// Only `yes` is a yes.
fn ask(accounts: usize, goal: Goal) -> Result<(), CliError> {
    let accounts = if accounts == 1 { "1 account".to_owned() } else { format!("{accounts} accounts") };
    ui::say(&match goal {
        Goal::Rollback => format!("put this back in {accounts}? type `yes` to go on"),
        Goal::Remove { .. } => format!("take this away from {accounts}? type `yes` to go on"),
        _ => format!("write this to {accounts}? type `yes` to go on"),
    });
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { Err(CliError::NotConfirmed) }
}
