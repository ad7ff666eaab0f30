//! Ids in AWS's shapes that are distinct by construction, because they hold the account and a serial number.
//!
//! A counter alone is not enough: two accounts, or two requests at once, must never come by the same id.

use crate::ids::AccountId;

const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Twelve digits are less than two to the fortieth.
const ACCOUNT_BITS: u32 = 40;
const SERIAL_BITS: u32 = 40;
/// Odd, so that multiplying by it within a power of two loses nothing; it makes neighbours look apart.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The id of a role (`AROA`), a user (`AIDA`), a group (`AGPA`), a policy (`ANPA`) or an instance profile (`AIPA`):
/// 21 characters.
pub(super) fn entity_id(prefix: &str, account: AccountId, serial: u64) -> String {
    let mut id = String::with_capacity(21);
    id.push_str(prefix);
    id.push('X');
    push(&mut id, account_number(account), ACCOUNT_BITS);
    push(&mut id, serial.wrapping_mul(SPREAD), SERIAL_BITS);
    id
}

/// The access key id of a session (`ASIA…`): 20 characters.
pub(super) fn session_key(account: AccountId, serial: u64) -> String {
    let mut id = String::with_capacity(20);
    id.push_str("ASIA");
    push(&mut id, account_number(account), ACCOUNT_BITS);
    push(&mut id, serial.wrapping_mul(SPREAD), SERIAL_BITS);
    id
}

/// The account that a session's key belongs to, or `None` if it is no such key.
pub(super) fn account_of_key(key: &str) -> Option<AccountId> {
    let digits = key.strip_prefix("ASIA").filter(|rest| rest.len() == 16)?.get(..8)?;
    let mut number = 0u64;
    for letter in digits.bytes() {
        let value = ALPHABET.iter().position(|known| *known == letter)?;
        number = number << 5 | u64::try_from(value).ok()?;
    }
    format!("{number:012}").parse().ok()
}

/// `bits` bits of `value`, five to a letter, the highest first.
fn push(id: &mut String, value: u64, bits: u32) {
    for place in (0..bits / 5).rev() {
        let index = usize::try_from(value >> (place * 5) & 31).unwrap_or(0);
        id.push(ALPHABET.get(index).map_or('A', |letter| char::from(*letter)));
    }
}

fn account_number(account: AccountId) -> u64 {
    account.as_str().parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn a_key_names_its_account_and_no_two_are_the_same() {
        for account in ["000000000000", "000123456789", "999999999999"] {
            let account: AccountId = account.parse().unwrap();
            let keys: HashSet<String> = (0..10_000).map(|serial| session_key(account, serial)).collect();
            assert_eq!(keys.len(), 10_000);
            assert!(keys.iter().all(|key| key.len() == 20 && account_of_key(key) == Some(account)));
        }
        assert_eq!(account_of_key("AKIASANDBOXROLECALLS"), None);
        assert_eq!(account_of_key("ASIAé"), None);
    }

    #[test]
    fn entity_ids_have_the_length_of_the_real_ones() {
        let account = "123456789012".parse().unwrap();
        assert_eq!(entity_id("AROA", account, 1).len(), 21);
        assert_ne!(entity_id("AROA", account, 1), entity_id("AROA", account, 2));
    }
}
