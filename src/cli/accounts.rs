//! `rolecall accounts`: who is in and who is out, and why, as a CSV that `--accounts` reads back.

use super::args::AccountsArgs;
use super::error::CliError;
use super::source::Source;
use super::ui;
use crate::cell::guard;
use crate::inventory::list::{Inventory, Selection};
use crate::plain::plain;

pub(super) async fn accounts(args: AccountsArgs) -> Result<u8, CliError> {
    let source = Source::open(&args.source, &args.which)?;
    let clients = source.connect(&args.connection).await?;
    let inventory = source.inventory(&clients, &args.which, false).await?;
    ui::out(&csv(&inventory)?);
    ui::say(&format!(
        "{} accounts of {}: {} in, {} out",
        inventory.entries.len(),
        plain(&inventory.source),
        inventory.selected(),
        inventory.entries.len() - inventory.selected()
    ));
    Ok(0)
}

/// The inventory in the form of `--accounts`: an account that is out is `skipped`, with its reason.
fn csv(inventory: &Inventory) -> Result<String, CliError> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let failed = |error: csv::Error| CliError::Io(error.into());
    let params: std::collections::BTreeSet<&String> =
        inventory.entries.iter().flat_map(|entry| entry.account.overrides.params.keys()).collect();
    let mut header = ["account_id", "name", "status", "error_message", "assume_role", "external_id", "role_name"]
        .map(str::to_owned)
        .to_vec();
    header.extend(["pass_role_to", "region", "joined"].map(str::to_owned));
    header.extend(params.iter().map(|key| format!("param.{key}")));
    writer.write_record(&header).map_err(failed)?;
    for entry in &inventory.entries {
        let (account, row) = (&entry.account, &entry.account.overrides);
        let text = |value: Option<String>| value.unwrap_or_default();
        let (status, reason) = match &entry.selection {
            Selection::In => ("", String::new()),
            Selection::Out(reason) => ("skipped", reason.to_string()),
        };
        let to = row.pass_role_to.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(";");
        let mut cells = vec![account.id.to_string(), account.name.clone(), status.to_owned()];
        cells.extend([
            reason,
            text(row.assume_role.as_ref().map(ToString::to_string)),
            text(row.external_id.as_ref().map(ToString::to_string)),
            text(row.role_name.as_ref().map(ToString::to_string)),
            to,
            text(row.region.as_ref().map(ToString::to_string)),
            text(account.joined.map(|at| at.to_string())),
        ]);
        cells.extend(params.iter().map(|key| row.params.get(*key).cloned().unwrap_or_default()));
        writer.write_record(cells.iter().map(|cell| guard(cell).into_owned())).map_err(failed)?;
    }
    let bytes = writer.into_inner().map_err(|error| CliError::Io(error.into_error()))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::csv_file::parse;

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let text = "account_id,name,status,error_message,role_name,pass_role_to,param.x\n\
                    000000000001,'=HYPERLINK(),,,=R,user/a;group/b,''1=1\n000000000002,b,skipped,closed,,,\n";
        let first = parse(text.as_bytes(), "a.csv").unwrap();
        let second = parse(csv(&first).unwrap().as_bytes(), "a.csv").unwrap();
        assert_eq!(first, second);
    }
}
