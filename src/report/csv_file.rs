//! A CSV file that grows row by row and never holds half a row.
//!
//! RFC 4180: comma, CRLF, quotes doubled. Every cell passes [`guard`] here, so that no report can forget it. Cells with
//! `;` or a tab are quoted too: some spreadsheets take those for separators.

use std::fs::File;
use std::io::{self, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::Path;

use crate::own_file;
use crate::sanitize::csv_guard::guard;

/// The file, open, with its header written.
pub(super) struct CsvFile {
    file: File,
    end: u64,
    line: Vec<u8>,
}

impl CsvFile {
    /// Makes the file anew with its header line.
    pub(super) fn create(path: &Path, columns: &[&str]) -> io::Result<Self> {
        Self::over(own_file::make(path)?, columns)
    }

    /// Writes to a file, from its header line on.
    pub(super) fn over(file: File, columns: &[&str]) -> io::Result<Self> {
        let mut csv = Self { file, end: 0, line: Vec::new() };
        csv.append(columns)?;
        Ok(csv)
    }

    /// Adds one row and hands it to the operating system before returning; gives back where it lies in the file.
    pub(super) fn append<S: AsRef<str>>(&mut self, cells: &[S]) -> io::Result<Range<u64>> {
        self.line.clear();
        encode(cells, &mut self.line);
        if let Err(error) = self.file.write_all(&self.line) {
            // Half a row would be read as a wrong row. If this fails as well, nothing more can be done.
            let _ = self.file.set_len(self.end);
            return Err(error);
        }
        let start = self.end;
        self.end += self.line.len() as u64;
        Ok(start..self.end)
    }

    /// Where the next row will lie.
    pub(super) fn end(&self) -> u64 {
        self.end
    }

    /// Waits until everything is on the disk, and gives the file back for reading.
    pub(super) fn close(mut self) -> io::Result<File> {
        self.file.sync_all()?;
        self.file.seek(SeekFrom::Start(0))?;
        Ok(self.file)
    }
}

/// One line of CSV, with its CRLF.
pub(super) fn encode<S: AsRef<str>>(cells: &[S], line: &mut Vec<u8>) {
    for (position, cell) in cells.iter().enumerate() {
        if position > 0 {
            line.push(b',');
        }
        let cell = guard(cell.as_ref());
        if cell.contains([',', ';', '"', '\t', '\r', '\n']) {
            line.push(b'"');
            line.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            line.push(b'"');
        } else {
            line.extend_from_slice(cell.as_bytes());
        }
    }
    line.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::sanitize::csv_guard::unguard;

    fn encoded(cells: &[&str]) -> String {
        let mut line = Vec::new();
        encode(cells, &mut line);
        String::from_utf8(line).unwrap()
    }

    #[test]
    fn what_would_open_a_cell_or_run_is_quoted_and_guarded() {
        assert_eq!(encoded(&["a", "", "000000000012"]), "a,,000000000012\r\n");
        assert_eq!(encoded(&["a,b", "c;d", "e\"f", "g\nh"]), "\"a,b\",\"c;d\",\"e\"\"f\",\"g\nh\"\r\n");
        assert_eq!(encoded(&["=1+2\";=1+2"]), "\"'=1+2\"\";=1+2\"\r\n");
    }

    proptest! {
        #[test]
        fn a_csv_reader_finds_the_same_cells(cells in prop::collection::vec(any::<String>(), 2..6)) {
            let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
            let line = encoded(&cells);
            let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(line.as_bytes());
            let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
            prop_assert_eq!(records.len(), 1);
            let read: Vec<String> = records[0].iter().map(|cell| unguard(cell).into_owned()).collect();
            prop_assert_eq!(read, cells);
        }
    }
}
