//! SHA-256 as files and reports hold it: in hexadecimal.
//!
//! Pure; knows nothing of this crate.

use sha2::{Digest, Sha256};

/// SHA-256 of what is given, in hexadecimal.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

/// Bytes in hexadecimal, two lower-case digits each.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
