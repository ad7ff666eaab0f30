//! The inventory in the form that `--accounts` reads: an account that is out is `skipped`, with its reason.

use std::collections::BTreeSet;

use super::list::{Inventory, Selection};
use crate::ids::RolePath;
use crate::sanitize::csv_guard::guard;

/// The columns before the setup's parameters.
const COLUMNS: [&str; 10] = [
    "account_id",
    "name",
    "status",
    "error_message",
    "assume_role",
    "external_id",
    "role_name",
    "pass_role_to",
    "region",
    "joined",
];

/// Writes the inventory, with a header line.
///
/// # Errors
/// None that can happen to a text in memory; they are the CSV writer's.
pub fn csv_text(inventory: &Inventory) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let params: BTreeSet<&String> =
        inventory.entries.iter().flat_map(|entry| entry.account.overrides.params.keys()).collect();
    let named = params.iter().map(|key| format!("param.{key}"));
    writer.write_record(COLUMNS.map(str::to_owned).into_iter().chain(named))?;
    for entry in &inventory.entries {
        let (account, row) = (&entry.account, &entry.account.overrides);
        let (status, reason) = match &entry.selection {
            Selection::In => ("", String::new()),
            Selection::Out(reason) => ("skipped", reason.to_string()),
        };
        let cells = [
            account.id.to_string(),
            // In a value that is read, a line break counts as a quote gone astray.
            account.name.replace("\r\n", " ").replace(['\r', '\n'], " "),
            status.to_owned(),
            reason,
            row.assume_role.as_ref().map(RolePath::written).unwrap_or_default(),
            text(row.external_id.as_ref()),
            text(row.role_name.as_ref()),
            row.pass_role_to.iter().flatten().map(ToString::to_string).collect::<Vec<_>>().join(";"),
            text(row.region.as_ref()),
            text(account.joined.as_ref()),
        ];
        let values = params.iter().map(|key| row.params.get(*key).cloned().unwrap_or_default());
        writer.write_record(cells.into_iter().chain(values).map(|cell| guard(&cell).into_owned()))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn text(value: Option<&impl ToString>) -> String {
    value.map(ToString::to_string).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inventory::file::parse;

    #[test]
    fn what_is_written_is_read_back_the_same() {
        let text = "account_id,name,status,error_message,external_id,role_name,pass_role_to,param.x\n\
                    000000000001,'=HYPERLINK(),,,=ext,+R,user/a;group/b,@1\n000000000002,b,skipped,closed,,,,''\n";
        let first = parse(text.as_bytes(), "a.csv").unwrap();
        let written = csv_text(&first).unwrap();
        assert_eq!(parse(written.as_bytes(), "a.csv").unwrap(), first);
        for cell in ["'=HYPERLINK()", "'=ext", "'+R", "'@1"] {
            assert!(written.contains(&format!(",{cell}")), "{cell} is no formula: {written}");
        }
    }
}
