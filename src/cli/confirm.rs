//! The question before the first write.

use std::io::BufRead;

use super::error::CliError;
use super::ui;
use crate::account::converge::Goal;
use crate::plain::plain;
use crate::rollout::event::RunInfo;
use crate::setup::desired::{Desired, Grant};

/// Shows what is about to happen.
pub(super) fn show(info: &RunInfo, sample: &Desired, goal: Goal) {
    let inline = sample.inline.keys().map(|name| format!("inline policy {name}"));
    let managed = sample.managed.iter().map(|arn| format!("managed policy {arn}"));
    let policies: Vec<String> = inline.chain(managed).collect();
    let grants: Vec<String> = sample.grants.iter().filter(|grant| !grant.to.is_empty()).map(grant_line).collect();
    ui::say(&format!("caller        {}", plain(&info.caller.to_string())));
    ui::say(&format!("accounts      {} of {}, from {}", info.selected, info.accounts, plain(&info.source)));
    ui::say(&format!("setup         {}", plain(&info.setup)));
    ui::say(&format!("role          {} with {}", sample.role, policies.join(", ")));
    match (grants.is_empty(), goal) {
        (false, _) => grants.iter().for_each(|grant| ui::say(&format!("pass role     {grant}"))),
        (true, Goal::Remove { .. }) => {
            ui::say("pass role     no grant is taken away: name whose with --pass-role-to user/NAME");
        }
        (true, _) => ui::say("pass role     skipped: name who may pass the role with --pass-role-to user/NAME"),
    }
    if goal == (Goal::Remove { force: true }) {
        ui::say("force         policies that are not the setup's go too, and the role leaves its instance profiles");
    }
}

fn grant_line(grant: &Grant) -> String {
    let to: Vec<String> = grant.to.iter().map(ToString::to_string).collect();
    format!("inline policy {} on {}", grant.name, to.join(", "))
}

/// Asks on the terminal. Only `yes` is a yes.
pub(super) fn ask(accounts: usize, goal: Goal) -> Result<(), CliError> {
    ui::say(&match goal {
        Goal::Remove { .. } => format!("take this away from {accounts} accounts? type `yes` to go on"),
        _ => format!("write this to {accounts} accounts? type `yes` to go on"),
    });
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { Err(CliError::NotConfirmed) }
}
