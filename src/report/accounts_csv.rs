//! `accounts.csv`: one row per account, on the disk as soon as the account is done, in the inventory's order at the end.
//!
//! Of a row only its place in the file is kept. If the process dies, the file holds whole rows, in the order in which
//! the accounts were done.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};

use super::csv_file::CsvFile;
use super::row::{AccountRow, COLUMNS};
use super::{Reporter, whole_file};
use crate::rollout::event::{Event, EventKind};

/// Writes `accounts.csv`.
pub struct AccountsCsv {
    path: PathBuf,
    csv: CsvFile,
    header_end: u64,
    /// Where the row of each index of the inventory lies.
    rows: BTreeMap<usize, Range<u64>>,
    in_order: bool,
}

impl AccountsCsv {
    /// Makes the file, with its header.
    pub fn create(path: &Path) -> io::Result<Self> {
        let csv = CsvFile::create(path, &COLUMNS)?;
        Ok(Self { path: path.to_owned(), header_end: csv.end(), csv, rows: BTreeMap::new(), in_order: true })
    }
}

impl Reporter for AccountsCsv {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        let EventKind::AccountFinished { index, outcome } = &event.kind else { return Ok(()) };
        // One row per account, always: the first outcome stands.
        if self.rows.contains_key(index) {
            return Ok(());
        }
        let place = self.csv.append(&AccountRow::from_outcome(outcome).cells())?;
        self.in_order &= self.rows.last_key_value().is_none_or(|(last, _)| last < index);
        self.rows.insert(*index, place);
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        let Self { path, csv, header_end, rows, in_order } = *self;
        let mut file = csv.close()?;
        if in_order {
            return Ok(());
        }
        whole_file::replace(&path, move |out| {
            copy(&mut file, &(0..header_end), out)?;
            rows.values().try_for_each(|place| copy(&mut file, place, out))
        })
    }
}

fn copy(file: &mut File, place: &Range<u64>, out: &mut dyn Write) -> io::Result<()> {
    let length = place.end - place.start;
    file.seek(SeekFrom::Start(place.start))?;
    if io::copy(&mut file.take(length), out)? == length {
        Ok(())
    } else {
        Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file was cut short by somebody else"))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::report::AccountRows;
    use crate::report::sample;

    fn ids(path: &Path) -> Vec<String> {
        AccountRows::new(File::open(path).unwrap()).unwrap().map(|row| row.unwrap().account_id.to_string()).collect()
    }

    #[test]
    fn rows_are_there_at_once_and_in_order_at_the_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.csv");
        let mut report = Box::new(AccountsCsv::create(&path).unwrap());
        for (index, n) in [(2, 12), (0, 10), (1, 11), (0, 99)] {
            report.event(&sample::finished(index, sample::created(n))).unwrap();
        }
        assert_eq!(ids(&path), ["000000000012", "000000000010", "000000000011"], "the second outcome of 0 is ignored");
        report.finish().unwrap();
        assert_eq!(ids(&path), ["000000000010", "000000000011", "000000000012"]);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_run_without_accounts_leaves_the_header() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("accounts.csv");
        Box::new(AccountsCsv::create(&path).unwrap()).finish().unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), format!("{}\r\n", COLUMNS.join(",")));
    }

    /// `/dev/full` refuses every write, as a full disk does.
    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_an_error_and_not_a_panic() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let error = CsvFile::over(full, &COLUMNS).err().unwrap();
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
