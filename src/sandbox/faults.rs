//! What goes wrong on purpose: faults by a rule that looks at service, operation, account and count.
//!
//! Chance comes from a hash of the seed and those four, never from the order in which requests happen to arrive, so a
//! world with a seed does the same however its requests are scheduled.

use std::sync::Arc;
use std::time::Duration;

use super::actions::Service;
use super::refusal::Refusal;
use super::wire::Answer;
use crate::ids::AccountId;

/// One request, as a fault rule sees it.
#[derive(Debug, Clone, Copy)]
pub struct FaultPoint<'a> {
    /// The service asked.
    pub service: Service,
    /// The operation, such as `CreateRole`.
    pub action: &'a str,
    /// The account that it is about: for AssumeRole that of the role, otherwise that of the credentials.
    pub account: AccountId,
    /// How many requests of this operation the account has had before: 0 for the first.
    pub nth: u32,
    seed: u64,
}

/// What happens to a request instead of, or around, its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The service's own way to say "slow down".
    Throttle,
    /// HTTP 429 with nothing in it, as something between us and the service would say it.
    TooMany,
    /// HTTP 500.
    Internal,
    /// HTTP 500 with a page for people in it.
    Html,
    /// HTTP 503.
    Unavailable,
    /// The connection breaks before the request has any effect.
    ResetBefore,
    /// The request takes effect and the connection breaks before the answer.
    ResetAfter,
    /// No answer ever comes, and the request has no effect.
    Hang,
    /// The answer comes late by this much.
    Latency(Duration),
    /// The credentials are said to have expired.
    ExpiredToken,
    /// HTTP 403 with this message.
    AccessDenied(String),
    /// IAM's 409 for what somebody else is changing.
    Busy,
    /// A read shows the account's IAM as it was before the last write, if that was a moment ago.
    Stale,
}

/// Decides what happens to a request; `None` for nothing out of the ordinary.
pub type FaultRule = Arc<dyn Fn(&FaultPoint<'_>) -> Option<Fault> + Send + Sync>;

impl<'a> FaultPoint<'a> {
    pub(super) fn new(seed: u64, service: Service, action: &'a str, account: AccountId, nth: u32) -> Self {
        Self { service, action, account, nth, seed }
    }

    /// A number in `0..1`, the same for the same seed, account, operation and count. `salt` gives rules of one world
    /// numbers of their own.
    pub fn chance(&self, salt: &str) -> f64 {
        let mut hash = scramble(self.seed ^ 0x9e37_79b9_7f4a_7c15);
        let parts = [self.service.as_str(), self.action, self.account.as_str(), salt];
        for byte in parts.iter().flat_map(|part| part.bytes().chain([0])) {
            hash = scramble(hash ^ u64::from(byte));
        }
        // 53 bits are what a double holds exactly.
        (scramble(hash ^ u64::from(self.nth)) >> 11) as f64 / (1u64 << 53) as f64
    }

    /// A number in `0..1` for the account alone.
    pub(super) fn chance_of_account(&self, salt: &str) -> f64 {
        Self { action: "", nth: 0, ..*self }.chance(salt)
    }
}

/// SplitMix64's finaliser: every bit of the input moves every bit of the output, and no two inputs meet.
pub(super) fn scramble(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

impl Fault {
    /// What `service` answers, if the fault is an answer.
    pub(super) fn refusal(&self, service: Service) -> Option<Refusal> {
        let json = service == Service::Organizations;
        Some(match self {
            Self::Throttle if json => Refusal::new(
                400,
                "TooManyRequestsException",
                "You have sent too many requests in too short a period of time. The quota helps protect against denial-of-service attacks. Try again later.",
            ),
            Self::Throttle => Refusal::new(400, "Throttling", "Rate exceeded"),
            Self::Internal if json => Refusal::new(
                500,
                "ServiceException",
                "AWS Organizations can't complete your request because of an internal service error. Try again later.",
            ),
            Self::Internal => Refusal::new(
                500,
                "InternalFailure",
                "The request processing has failed because of an unknown error, exception or failure.",
            ),
            Self::Unavailable => Refusal::new(
                503,
                if json { "ServiceUnavailableException" } else { "ServiceUnavailable" },
                "The request has failed due to a temporary failure of the server.",
            ),
            Self::ExpiredToken => expired(service),
            Self::AccessDenied(message) if json => Refusal::new(400, "AccessDeniedException", message.as_str()),
            Self::AccessDenied(message) => Refusal::access_denied(message.as_str()),
            Self::Busy => Refusal::new(
                409,
                "ConcurrentModification",
                "The request was rejected because multiple requests to change this object were submitted simultaneously. Wait a few minutes and submit your request again.",
            ),
            Self::ResetBefore | Self::ResetAfter | Self::Hang | Self::Latency(_) | Self::Stale => return None,
            Self::TooMany | Self::Html => return None,
        })
    }
}

impl Fault {
    /// An answer that is not the service's own, and the word for it in the log.
    pub(super) fn foreign(&self, request_id: &str) -> Option<(Answer, &'static str)> {
        let (status, body, word) = match self {
            Self::TooMany => (429, "", "429"),
            Self::Html => (500, "<html><body><h1>500 Internal Server Error</h1></body></html>", "html"),
            _ => return None,
        };
        let (request_id, body) = (request_id.to_owned(), body.to_owned());
        Some((Answer { status, content_type: "text/html", request_id, body }, word))
    }
}

/// The answer to credentials past their time.
pub(super) fn expired(service: Service) -> Refusal {
    let message = "The security token included in the request is expired";
    if service == Service::Organizations {
        Refusal::new(400, "ExpiredTokenException", message)
    } else {
        Refusal::new(403, "ExpiredToken", message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_hangs_on_the_request_and_not_on_the_order() {
        let point = |seed, account: &str, nth| {
            FaultPoint::new(seed, Service::Iam, "GetRole", account.parse().unwrap(), nth).chance("x")
        };
        assert_eq!(point(7, "000000000001", 0), point(7, "000000000001", 0));
        assert_ne!(point(7, "000000000001", 0), point(7, "000000000001", 1));
        assert_ne!(point(7, "000000000001", 0), point(8, "000000000001", 0));
        let hits = (0..10_000).filter(|nth| point(7, "000000000001", *nth) < 0.1).count();
        assert!((850..1150).contains(&hits), "{hits} of 10,000 at 10 %");
    }
}
