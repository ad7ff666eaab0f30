//! The question before the first write.

use std::io::BufRead;

use super::error::CliError;
use super::ui;
use crate::plain::plain;
use crate::rollout::event::RunInfo;
use crate::setup::desired::Desired;

/// Shows what is about to happen.
pub(super) fn show(info: &RunInfo, sample: &Desired) {
    let inline = sample.inline.keys().map(|name| format!("inline policy {name}"));
    let managed = sample.managed.iter().map(|arn| format!("managed policy {arn}"));
    let policies: Vec<String> = inline.chain(managed).collect();
    ui::say(&format!("caller        {}", plain(&info.caller.to_string())));
    ui::say(&format!("accounts      {} of {}, from {}", info.selected, info.accounts, plain(&info.source)));
    ui::say(&format!("setup         {}", plain(&info.setup)));
    ui::say(&format!("role          {} with {}", sample.role, policies.join(", ")));
    for grant in &sample.grants {
        let to: Vec<String> = grant.to.iter().map(ToString::to_string).collect();
        match to.is_empty() {
            true => ui::say("pass role     skipped: name who may pass the role with --pass-role-to user/NAME"),
            false => ui::say(&format!("pass role     inline policy {} on {}", grant.name, to.join(", "))),
        }
    }
}

/// Asks on the terminal. Only `yes` is a yes.
pub(super) fn ask(accounts: usize) -> Result<(), CliError> {
    ui::say(&format!("write this to {accounts} accounts? type `yes` to go on"));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { Err(CliError::NotConfirmed) }
}
