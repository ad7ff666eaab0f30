//! The chain of a journal's lines, and the seal on each.
//!
//! Each line ends with `chain`: SHA-256 of what stood at the end of the line before and of the line itself. A bit that
//! flips, a line that is put in, taken out or moved, breaks it, and whoever reads says at which line. Who can write the
//! file can make a whole chain anew, so `seal` is HMAC-SHA256 of `chain` under a key that is kept elsewhere. Pure.

use std::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use crate::digest::{hex, sha256};

/// Characters of a digest, and of the name of a key.
const DIGEST: usize = 64;
const KEY_NAME: usize = 16;
const CHAIN: &[u8] = b",\"chain\":\"";
const SEAL: &[u8] = b",\"seal\":\"";

/// What journals are sealed with. Whoever has it can write a journal that is believed.
#[derive(Clone)]
pub struct SealKey {
    hmac: Hmac<Sha256>,
    name: String,
}

impl SealKey {
    /// From any secret; `None` where it is shorter than 16 bytes, which could be guessed.
    pub fn new(secret: &[u8]) -> Option<Self> {
        let hmac = Hmac::new_from_slice(secret).ok().filter(|_| secret.len() >= 16)?;
        let mut name = sha256([b"rolecall journal key ", secret].concat());
        name.truncate(KEY_NAME);
        Some(Self { hmac, name })
    }

    fn seal(&self, chain: &str) -> String {
        let code = self.hmac.clone().chain_update(chain).finalize();
        format!("{}:{}", self.name, hex(&code.into_bytes()))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SealKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Why a line is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Break {
    /// It does not follow from the one before.
    Chain,
    /// It is said to be sealed with our key, and is not.
    Seal,
}

/// Where a journal's chain is: what the next line follows from.
#[derive(Debug, Clone)]
pub struct Chain {
    key: Option<SealKey>,
    /// The end of the last line.
    tail: Vec<u8>,
    lines: u64,
    sealed: bool,
}

impl Chain {
    /// Before the first line. With a key, lines are sealed, and seals are checked.
    pub fn begin(key: Option<SealKey>) -> Self {
        Self { key, tail: Vec::new(), lines: 0, sealed: true }
    }

    /// How many lines it has.
    pub fn lines(&self) -> u64 {
        self.lines
    }

    /// Whether it has lines, and every one of them is sealed with the key.
    pub fn is_sealed(&self) -> bool {
        self.lines > 0 && self.sealed && self.key.is_some()
    }

    /// SHA-256 of all lines until here, by way of the last one's end.
    pub fn digest(&self) -> String {
        sha256(&self.tail)
    }

    /// The same place, from which nothing is sealed.
    #[must_use]
    pub fn unsealed(self) -> Self {
        Self { key: None, sealed: false, ..self }
    }

    /// A JSON object as the next line, with its end.
    pub(super) fn link(&mut self, body: &[u8]) -> Vec<u8> {
        let open = body.strip_suffix(b"}").unwrap_or(body);
        let chain = self.chain_of(open);
        let mut tail = [CHAIN, chain.as_bytes(), b"\""].concat();
        if let Some(key) = &self.key {
            tail.extend([SEAL, key.seal(&chain).as_bytes(), b"\""].concat());
        }
        tail.extend(b"}");
        let line = [open, &tail, b"\n"].concat();
        self.advance(tail);
        line
    }

    /// The JSON object of a line, which is given without its end, if it is the next line.
    pub(super) fn follow(&mut self, line: &[u8]) -> Result<Vec<u8>, Break> {
        let closed = line.strip_suffix(b"\"}").ok_or(Break::Chain)?;
        let (rest, seal) = match split_member(closed, SEAL, KEY_NAME + 1 + DIGEST) {
            Some((rest, seal)) => (rest.strip_suffix(b"\"").ok_or(Break::Chain)?, Some(seal)),
            None => (closed, None),
        };
        let (open, chain) = split_member(rest, CHAIN, DIGEST).ok_or(Break::Chain)?;
        let expected = self.chain_of(open);
        if chain != expected.as_bytes() {
            return Err(Break::Chain);
        }
        let ours = match (&self.key, seal) {
            (Some(key), Some(seal)) if seal.starts_with(key.name.as_bytes()) => {
                // What is compared is no secret: whoever reads the file has it.
                if seal != key.seal(&expected).as_bytes() {
                    return Err(Break::Seal);
                }
                true
            }
            _ => false,
        };
        let tail = line.get(open.len()..).unwrap_or_default().to_vec();
        let body = [open, b"}"].concat();
        self.sealed &= ours;
        self.advance(tail);
        Ok(body)
    }

    fn advance(&mut self, tail: Vec<u8>) {
        self.tail = tail;
        self.lines += 1;
    }

    fn chain_of(&self, open: &[u8]) -> String {
        hex(&Sha256::new().chain_update(&self.tail).chain_update(open).finalize())
    }
}

/// What stands before a member at the end of a text, and its value, which has `length` bytes.
fn split_member<'a>(text: &'a [u8], name: &[u8], length: usize) -> Option<(&'a [u8], &'a [u8])> {
    let (rest, value) = text.split_at_checked(text.len().checked_sub(length)?)?;
    Some((rest.strip_suffix(name)?, value))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key(secret: &str) -> Option<SealKey> {
        Some(SealKey::new(secret.as_bytes()).unwrap())
    }

    fn written(key: Option<SealKey>) -> Vec<Vec<u8>> {
        let mut chain = Chain::begin(key);
        (0..4).map(|n| chain.link(format!("{{\"n\":{n}}}").as_bytes())).collect()
    }

    fn read(lines: &[Vec<u8>], key: Option<SealKey>) -> Result<Chain, (usize, Break)> {
        let mut chain = Chain::begin(key);
        for (at, line) in lines.iter().enumerate() {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            chain.follow(line).map_err(|why| (at, why))?;
        }
        Ok(chain)
    }

    const A: &str = "a secret of enough letters";
    const B: &str = "another secret, as long";

    #[test]
    fn lines_follow_from_each_other_and_are_json() {
        let lines = written(key(A));
        let value: serde_json::Value = serde_json::from_slice(&lines[3]).unwrap();
        assert_eq!((value["n"].as_u64(), value["chain"].as_str().map(str::len)), (Some(3), Some(64)));
        let mut chain = Chain::begin(None);
        assert_eq!(chain.follow(lines[0].strip_suffix(b"\n").unwrap()).unwrap(), b"{\"n\":0}");
        let ends = [read(&lines, key(A)).unwrap(), read(&lines, None).unwrap(), read(&lines, key(B)).unwrap()];
        assert_eq!(ends.each_ref().map(Chain::is_sealed), [true, false, false]);
        assert_eq!(ends.each_ref().map(Chain::digest), [(); 3].map(|()| ends[0].digest()));
    }

    #[test]
    fn what_is_put_in_taken_out_or_moved_breaks_it() {
        let lines = written(None);
        let without: Vec<_> = [0, 2, 3].map(|n: usize| lines[n].clone()).into();
        let moved: Vec<_> = [0, 2, 1, 3].map(|n: usize| lines[n].clone()).into();
        let twice: Vec<_> = [0, 1, 1, 2].map(|n: usize| lines[n].clone()).into();
        assert_eq!(read(&without, None).unwrap_err(), (1, Break::Chain));
        assert_eq!(read(&moved, None).unwrap_err(), (1, Break::Chain));
        assert_eq!(read(&twice, None).unwrap_err(), (2, Break::Chain));
    }

    #[test]
    fn a_chain_that_somebody_made_anew_is_not_sealed() {
        assert!(!read(&written(None), key(A)).unwrap().is_sealed(), "no seal");
        assert!(!read(&written(key(B)), key(A)).unwrap().is_sealed(), "another's seal");
        // Another's seal under our key's name.
        let name = |secret| SealKey::new(str::as_bytes(secret)).unwrap().name;
        let forged = SealKey { name: name(A), ..SealKey::new(B.as_bytes()).unwrap() };
        assert_eq!(read(&written(Some(forged)), key(A)).unwrap_err(), (0, Break::Seal));
        // One line without one.
        let mut lines = written(key(A));
        let mut chain = read(&lines, None).unwrap().unsealed();
        lines.push(chain.link(b"{\"n\":4}"));
        assert!(!read(&lines, key(A)).unwrap().is_sealed());
    }

    #[test]
    fn a_key_is_no_short_word_and_is_not_shown() {
        assert!(SealKey::new(b"fifteen letters").is_none());
        assert!(!format!("{:?}", key(A)).contains("secret"));
    }

    proptest! {
        #[test]
        fn a_flipped_bit_anywhere_is_seen(place in any::<prop::sample::Index>(), bit in 0..8_u8, sealed in any::<bool>()) {
            let lines = written(if sealed { key(A) } else { None });
            let whole = read(&lines, None).unwrap().digest();
            let mut text = lines.concat();
            let at = place.index(text.len());
            text[at] ^= 1 << bit;
            let split: Vec<_> = text.split_inclusive(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
            // The last line's seal is seen by whoever has the key, and by the digest of the whole.
            prop_assert!(read(&split, None).map_or(true, |chain| chain.digest() != whole), "byte {at}");
        }
    }
}
