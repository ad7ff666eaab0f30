//! The words of the command line as people type them, before they are read.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::sandbox::World;

/// The same words, with `--sandbox WORLD` as one. The option's value is optional, so that a setup may follow it, and
/// whoever means a world types a blank all the same.
pub(super) fn words(typed: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = Vec::new();
    for word in typed {
        let is_world = word.to_str().is_some_and(|word| World::from_spec(word).is_ok());
        match words.last_mut() {
            Some(last) if last == "--sandbox" && is_world => {
                last.push("=");
                last.push(word);
            }
            _ => words.push(word),
        }
    }
    words
}

/// What to type in place of an option that there is not, where other tools have one of that name.
pub(super) fn instead(error: &clap::Error) -> Option<&'static str> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return None };
    match option.split('=').next()? {
        "--dry-run" | "--dryrun" | "--check" | "--noop" | "--what-if" => {
            Some("`rolecall plan` with the same options says what apply would change, and writes nothing to AWS")
        }
        "--auto-approve" | "--no-confirm" | "--force" | "-y" | "--assume-yes" => Some("--yes is what does not ask"),
        "--parallelism" | "--workers" | "--threads" | "-j" => Some("--concurrency N is how many accounts at once"),
        "--role" | "--role-arn" => {
            Some("--assume-role is the role to get in with, --role-name another name for the setup's role")
        }
        "--json" => Some("--format json"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_world_behind_a_blank_is_the_sandboxs_and_a_setup_is_not() {
        let of = |typed: &str| {
            let words = words(typed.split(' ').map(OsString::from));
            words.iter().map(|word| word.to_str().unwrap()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(of("rolecall apply --sandbox rough --quiet"), "rolecall apply --sandbox=rough --quiet");
        assert_eq!(of("rolecall plan --sandbox accounts=5,seed=2"), "rolecall plan --sandbox=accounts=5,seed=2");
        for same in ["rolecall apply --sandbox redshift-ml", "rolecall apply --sandbox", "rolecall sandbox rough"] {
            assert_eq!(of(same), same);
        }
    }
}
