//! Where accounts wait on the disk until the page is written: of each, its place and little more is in memory.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::own_file;

/// The file, gone once it is dropped.
pub(super) struct Spool {
    path: PathBuf,
    file: BufWriter<File>,
    end: u64,
}

/// Where a piece lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    start: u64,
    /// Its length in bytes.
    pub(super) length: u32,
}

impl Spool {
    /// Makes it anew.
    pub(super) fn create(path: &Path) -> io::Result<Self> {
        let file = own_file::make(path)?;
        Ok(Self { path: path.to_owned(), file: BufWriter::new(file), end: 0 })
    }

    /// Puts a piece away.
    pub(super) fn put(&mut self, bytes: &[u8]) -> io::Result<Piece> {
        let length = u32::try_from(bytes.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.file.write_all(bytes)?;
        let start = self.end;
        self.end += u64::from(length);
        Ok(Piece { start, length })
    }

    /// Copies a piece.
    pub(super) fn copy(&mut self, piece: Piece, out: &mut dyn Write) -> io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_mut();
        file.seek(SeekFrom::Start(piece.start))?;
        if io::copy(&mut file.take(piece.length.into()), out)? == u64::from(piece.length) {
            Ok(())
        } else {
            Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the file was cut short by somebody else"))
        }
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // A leftover is ugly, not wrong.
        let _ = fs::remove_file(&self.path);
    }
}
