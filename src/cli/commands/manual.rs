//! `rolecall completions` and `rolecall man`: made from the very commands that are read.

use std::io::Write;

use clap::CommandFactory;

use crate::cli::args::{Cli, CompletionsArgs, ManArgs};
use crate::cli::error::CliError;
use crate::cli::ui;

/// The completions for a shell, on stdout.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<u8, CliError> {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "rolecall", &mut text);
    ui::out(&String::from_utf8_lossy(&text))?;
    Ok(0)
}

/// The manual page on stdout; or one for each command, into a folder.
pub(crate) fn man(args: &ManArgs) -> Result<u8, CliError> {
    let Some(folder) = &args.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(Cli::command()).render(&mut page)?;
        ui::out(&String::from_utf8_lossy(&page))?;
        return Ok(0);
    };
    let unwritable = |error| CliError::NoOutput(folder.clone(), error);
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let mut pages = 0;
    let mut open = vec![(command, String::new())];
    while let Some((command, above)) = open.pop() {
        let name =
            if above.is_empty() { command.get_name().to_owned() } else { format!("{above}-{}", command.get_name()) };
        for below in command.get_subcommands() {
            open.push((below.clone(), name.clone()));
        }
        let mut page = Vec::new();
        clap_mangen::Man::new(command.display_name(name.clone())).title(name.to_uppercase()).render(&mut page)?;
        let path = folder.join(format!("{name}.1"));
        let mut file = std::fs::File::create(&path).map_err(|error| CliError::NoOutput(path.clone(), error))?;
        file.write_all(&page).map_err(|error| CliError::NotWritten(path, error))?;
        pages += 1;
    }
    ui::say(&format!("{pages} pages written"));
    Ok(0)
}
