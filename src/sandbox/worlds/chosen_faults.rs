//! Faults made to measure: `faults=throttle:10%+reset:5%` of a spec.
//!
//! Whether a request is hit hangs on the seed, the account, the operation and its count, and not on what hit
//! the requests before. With `final` the rate is a share of the accounts, and in those every request to IAM is hit. `login` is of that kind too: in its share of the
//! accounts STS will not take the caller's credentials any more.

use std::time::Duration;

use super::super::actions::{Action, Service};
use super::super::faults::{Fault, FaultPoint, FaultRule};

/// What a spec should have said.
pub(super) const EXPECTED: &str = "KIND:RATE or KIND:RATE:final, several joined by `+` (KIND is throttle, 429, error, \
                                   html, reset, hang, slow, expired, busy, stale, mixed or login; RATE is such as `10%`)";

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Throttle,
    TooMany,
    Error,
    Html,
    Reset,
    Hang,
    Slow,
    Expired,
    Busy,
    Stale,
    /// Each of those before, evenly.
    Mixed,
    /// The caller's credentials are over.
    Login,
}

const KINDS: [(&str, Kind); 12] = [
    ("throttle", Kind::Throttle),
    ("429", Kind::TooMany),
    ("error", Kind::Error),
    ("html", Kind::Html),
    ("reset", Kind::Reset),
    ("hang", Kind::Hang),
    ("slow", Kind::Slow),
    ("expired", Kind::Expired),
    ("busy", Kind::Busy),
    ("stale", Kind::Stale),
    ("mixed", Kind::Mixed),
    ("login", Kind::Login),
];

/// So many of them are part of a mix.
const MIXED: f64 = 10.0;

/// How late a slow answer is.
const SLOW: Duration = Duration::from_millis(700);

/// One kind at one rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chosen {
    word: &'static str,
    kind: Kind,
    /// In thousandths of a percent, so that it can be compared.
    rate: u32,
    last: bool,
}

impl Chosen {
    /// Reads `throttle:10%` or `error:2%:final`.
    pub(super) fn read(text: &str) -> Option<Self> {
        let mut parts = text.trim().split(':');
        let (word, rate) = (parts.next()?, parts.next()?.strip_suffix('%')?);
        let last = match (parts.next(), parts.next()) {
            (None, _) => false,
            (Some("final"), None) => true,
            _ => return None,
        };
        let (word, kind) = KINDS.into_iter().find(|(known, _)| *known == word)?;
        let rate: f64 = rate.parse().ok()?;
        if !(0.0..=100.0).contains(&rate) {
            return None;
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 100,000")]
        let rate = (rate * 1000.0).round() as u32;
        Some(Self { word, kind, rate, last })
    }

    fn fault(&self, point: &FaultPoint<'_>) -> Option<Fault> {
        if !self.hits(point) {
            return None;
        }
        let mut kind = self.kind;
        if kind == Kind::Mixed {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 10")]
            let at = (point.chance("which kind") * MIXED) as usize;
            kind = KINDS.get(at).map_or(Kind::Throttle, |(_, kind)| *kind);
        }
        let writes = Action::find(point.service, point.action).is_some_and(Action::writes);
        let iam = point.service == Service::Iam;
        Some(match kind {
            Kind::Throttle | Kind::Mixed => Fault::Throttle,
            Kind::TooMany => Fault::TooMany,
            Kind::Error => Fault::Internal,
            Kind::Html => Fault::Html,
            Kind::Reset if point.chance("which side") < 0.5 => Fault::ResetBefore,
            Kind::Reset => Fault::ResetAfter,
            Kind::Hang => Fault::Hang,
            Kind::Slow => Fault::Latency(SLOW),
            Kind::Expired | Kind::Login => Fault::ExpiredToken,
            Kind::Busy if iam && writes => Fault::Busy,
            Kind::Stale if iam && !writes => Fault::Stale,
            Kind::Busy | Kind::Stale => return None,
        })
    }

    fn hits(&self, point: &FaultPoint<'_>) -> bool {
        let rate = f64::from(self.rate) / 100_000.0;
        if self.kind == Kind::Login {
            return point.action == "AssumeRole" && point.chance_of_account(self.word) < rate;
        }
        if self.last {
            return point.service == Service::Iam && point.chance_of_account(self.word) < rate;
        }
        // Whatever hit the calls before: in a bad hour, the same call fails many times in a row.
        point.chance(self.word) < rate
    }
}

/// The faults of `first`, then those that were chosen.
pub(super) fn rule(chosen: &[Chosen], first: Option<FaultRule>) -> Option<FaultRule> {
    if chosen.is_empty() {
        return first;
    }
    let chosen = chosen.to_vec();
    Some(std::sync::Arc::new(move |point| {
        let first = first.as_ref().and_then(|rule| rule(point));
        first.or_else(|| chosen.iter().find_map(|chosen| chosen.fault(point)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(chosen: &str, service: Service, action: &str, account: u32, nth: u32) -> Option<Fault> {
        let account = format!("{account:012}").parse().unwrap();
        Chosen::read(chosen).unwrap().fault(&FaultPoint::new(7, service, action, account, nth))
    }

    #[test]
    fn kinds_and_rates_are_read() {
        for right in KINDS.map(|(word, _)| format!("{word}:12.5%")) {
            assert_eq!(Chosen::read(&right).map(|chosen| (chosen.rate, chosen.last)), Some((12_500, false)), "{right}");
        }
        assert!(Chosen::read("error:2%:final").is_some_and(|chosen| chosen.last));
        for wrong in ["", "throttle", "throttle:10", "throttle:101%", "noise:1%", "error:1%:twice", "error:1%:final:x"]
        {
            assert_eq!(Chosen::read(wrong), None, "{wrong}");
        }
        assert!(KINDS.iter().all(|(word, _)| EXPECTED.contains(word)));
    }

    #[test]
    fn a_request_is_hit_whatever_hit_the_ones_before_and_as_often_as_was_asked() {
        let hit = |account, nth| fault("html:30%", Service::Iam, "GetRole", account, nth).is_some();
        let (mut hits, mut eight_in_a_row) = (0, 0);
        for account in 0..500 {
            let row: Vec<bool> = (0..200).map(|nth| hit(account, nth)).collect();
            hits += row.iter().filter(|hit| **hit).count();
            eight_in_a_row += row.windows(8).filter(|eight| eight.iter().all(|hit| *hit)).count();
        }
        assert!((29_000..31_000).contains(&hits), "{hits} of 100,000 at 30 %");
        // 0.3 to the eighth, of 96,500: six or seven.
        assert!((1..20).contains(&eight_in_a_row), "{eight_in_a_row}");
        assert!((0..50).all(|nth| fault("error:100%", Service::Iam, "GetRole", 1, nth).is_some()));
    }

    #[test]
    fn a_final_fault_is_an_accounts_and_does_not_let_up() {
        let hit = |account, action, nth| fault("error:20%:final", Service::Iam, action, account, nth).is_some();
        let stricken: Vec<u32> = (0..500).filter(|account| hit(*account, "GetRole", 0)).collect();
        assert!((70..130).contains(&stricken.len()), "{}", stricken.len());
        for account in stricken {
            assert!((0..20).all(|nth| hit(account, "CreateRole", nth)));
        }
        assert_eq!(fault("error:100%:final", Service::Sts, "AssumeRole", 1, 0), None, "STS answers");
    }

    #[test]
    fn some_kinds_are_for_some_operations_only() {
        assert_eq!(fault("login:100%", Service::Sts, "AssumeRole", 1, 9), Some(Fault::ExpiredToken));
        assert_eq!(fault("login:100%", Service::Iam, "GetRole", 1, 0), None);
        for nth in [0, 1] {
            assert_eq!(fault("busy:100%", Service::Iam, "CreateRole", 1, nth), Some(Fault::Busy));
            assert_eq!(fault("busy:100%", Service::Iam, "GetRole", 1, nth), None);
            assert_eq!(fault("stale:100%", Service::Iam, "GetRole", 1, nth), Some(Fault::Stale));
            assert_eq!(fault("stale:100%", Service::Sts, "AssumeRole", 1, nth), None);
        }
        let which = |nth| fault("reset:100%", Service::Iam, "CreateRole", nth, 0).unwrap();
        let before = (0..100).filter(|nth| which(*nth) == Fault::ResetBefore).count();
        assert!((30..70).contains(&before), "{before}");
    }
}
