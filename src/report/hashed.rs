//! A file read and hashed in one go, so that what is judged is what was hashed.

use std::io::{self, Read};

use sha2::{Digest, Sha256};

use crate::digest::hex;

/// Reads from `inner` and hashes what it reads.
pub(super) struct Hashed<R> {
    inner: R,
    hasher: Sha256,
}

impl<R: Read> Hashed<R> {
    pub(super) fn new(inner: R) -> Self {
        Self { inner, hasher: Sha256::new() }
    }

    /// Reads what is left, and gives SHA-256 of the whole in hexadecimal.
    pub(super) fn finish(mut self) -> io::Result<String> {
        io::copy(&mut self, &mut io::sink())?;
        Ok(hex(&self.hasher.finalize()))
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::sha256;

    #[test]
    fn the_whole_is_hashed_however_much_of_it_was_read() {
        let mut hashed = Hashed::new(&b"abc"[..]);
        hashed.read_exact(&mut [0]).unwrap();
        let known = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(hashed.finish().unwrap(), known);
        assert_eq!(sha256("abc"), known);
    }
}
