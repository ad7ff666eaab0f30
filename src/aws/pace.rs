//! How fast AWS is asked: as fast as was wished, and slower while an API throttles.
//!
//! Additive increase, multiplicative decrease: a throttle halves the API's share of its rate, at most once an interval
//! (the throttles of one moment are one piece of news); each interval without one gives a tenth back. The number of
//! accounts in flight goes with the share of STS, at whose door all of them stand; Organizations is asked by one at a
//! time anyway. IAM is no part of this: it charges each account for itself, so that one account's throttles say nothing
//! about the others.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::FinalizerInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::answer::class_of;
use super::failure::Class;
use super::limiter::RateLimiter;

/// An API that all accounts of a run share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    /// AWS STS, which charges AssumeRole to the caller's account.
    Sts,
    /// AWS Organizations.
    Organizations,
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sts => "STS",
            Self::Organizations => "Organizations",
        })
    }
}

/// News of the pace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaceChange {
    /// The API that throttled last, while the pace is less than was wished.
    pub slowed_by: Option<Api>,
    /// How many accounts may be in flight.
    pub concurrency: usize,
}

/// A share is never cut below this.
const LEAST: f64 = 0.125;
/// What a throttle leaves of a share.
const CUT: f64 = 0.5;
/// What an interval without a throttle gives back.
const GROWTH: f64 = 0.1;
/// The least time between two cuts, and between two steps back up.
const INTERVAL: Duration = Duration::from_secs(1);

type Told = Box<dyn Fn(PaceChange) + Send + Sync>;

/// The pace of one run.
pub struct Pace {
    state: Mutex<State>,
    /// STS in each region in which it is asked; they share their fate, since accounts are dealt out evenly.
    sts: Vec<Arc<RateLimiter>>,
    organizations: Arc<RateLimiter>,
}

struct State {
    sts: Share,
    organizations: Share,
    slowed_by: Option<Api>,
    /// How many accounts in flight were wished for, and how many were told last.
    wished: usize,
    told: usize,
    on_change: Option<Told>,
}

/// What an API gets of its full rate.
struct Share {
    now: f64,
    cut: Option<Instant>,
    /// When it last changed or was throttled.
    since: Instant,
}

impl Share {
    fn full() -> Self {
        Self { now: 1.0, cut: None, since: Instant::now() }
    }

    fn cut(&mut self, at: Instant) {
        self.since = at;
        if self.cut.is_none_or(|last| at.duration_since(last) >= INTERVAL) {
            self.cut = Some(at);
            self.now = (self.now * CUT).max(LEAST);
        }
    }

    fn grow(&mut self, at: Instant) {
        if self.now < 1.0 && at.duration_since(self.since) >= INTERVAL {
            self.since = at;
            self.now = (self.now + GROWTH).min(1.0);
        }
    }
}

impl fmt::Debug for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        let mut debug = f.debug_struct("Pace");
        debug.field("sts", &state.sts.now).field("organizations", &state.organizations.now).finish_non_exhaustive()
    }
}

impl Pace {
    pub(super) fn new(sts: Vec<Arc<RateLimiter>>, organizations: Arc<RateLimiter>) -> Self {
        let state = State {
            sts: Share::full(),
            organizations: Share::full(),
            slowed_by: None,
            wished: usize::MAX,
            told: usize::MAX,
            on_change: None,
        };
        Self { state: Mutex::new(state), sts, organizations }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, `concurrency` accounts in flight are wished for, and `on_change` is told when it must be fewer, and
    /// when it may be more again.
    pub fn govern(&self, concurrency: usize, on_change: impl Fn(PaceChange) + Send + Sync + 'static) {
        let mut state = self.state();
        (state.wished, state.told) = (concurrency.max(1), concurrency.max(1));
        state.on_change = Some(Box::new(on_change));
    }

    /// How many accounts may be in flight now.
    pub fn in_flight(&self) -> usize {
        self.moved(|_, _| ())
    }

    /// The API said that it was asked too often.
    pub fn throttled(&self, api: Api) {
        self.moved(|state, now| {
            state.share(api).cut(now);
            if api == Api::Sts {
                state.slowed_by = Some(api);
            }
        });
    }

    fn moved(&self, change: impl FnOnce(&mut State, Instant)) -> usize {
        let mut state = self.state();
        let now = Instant::now();
        let before = (state.sts.now, state.organizations.now);
        state.sts.grow(now);
        state.organizations.grow(now);
        change(&mut state, now);
        let after = (state.sts.now, state.organizations.now);
        if after != before {
            self.sts.iter().for_each(|region| region.set_share(after.0));
            self.organizations.set_share(after.1);
        }
        let share = after.0;
        if share >= 1.0 {
            state.slowed_by = None;
        }
        let concurrency = part(state.wished, share);
        if concurrency != state.told {
            state.told = concurrency;
            let news = PaceChange { slowed_by: state.slowed_by, concurrency };
            if let Some(told) = &state.on_change {
                told(news);
            }
        }
        concurrency
    }
}

impl State {
    fn share(&mut self, api: Api) -> &mut Share {
        match api {
            Api::Sts => &mut self.sts,
            Api::Organizations => &mut self.organizations,
        }
    }
}

/// `share` of `whole`, at least one.
fn part(whole: usize, share: f64) -> usize {
    if share >= 1.0 {
        return whole;
    }
    let whole = u32::try_from(whole).unwrap_or(u32::MAX);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to u32::MAX")]
    let part = (f64::from(whole) * share).round() as usize;
    part.max(1)
}

/// Sees every try of one API's calls and tells the pace.
#[derive(Debug)]
pub(super) struct Gauge {
    pub(super) api: Api,
    pub(super) pace: Arc<Pace>,
}

#[dyn_dispatch_hint]
impl Intercept for Gauge {
    fn name(&self) -> &'static str {
        "Gauge"
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if context.response().and_then(class_of) == Some(Class::Throttled) {
            self.pace.throttled(self.api);
        } else {
            self.pace.in_flight();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn pace() -> (Pace, Arc<Mutex<Vec<PaceChange>>>) {
        let limit = |n| Arc::new(RateLimiter::per_second(NonZeroU32::new(n).unwrap()));
        let (pace, told) = (Pace::new(vec![limit(200)], limit(10)), Arc::<Mutex<Vec<PaceChange>>>::default());
        let news = told.clone();
        pace.govern(40, move |change| news.lock().unwrap().push(change));
        (pace, told)
    }

    #[tokio::test(start_paused = true)]
    async fn throttles_halve_once_an_interval_and_quiet_gives_back() {
        let (pace, told) = pace();
        for _ in 0..100 {
            pace.throttled(Api::Sts);
        }
        assert_eq!(pace.in_flight(), 20, "the throttles of one moment are one");
        assert_eq!(pace.sts[0].rate(), 100);
        tokio::time::advance(INTERVAL).await;
        pace.throttled(Api::Sts);
        assert_eq!((pace.in_flight(), pace.sts[0].rate(), pace.organizations.rate()), (12, 60, 10));
        for _ in 0..20 {
            tokio::time::advance(INTERVAL).await;
            pace.throttled(Api::Sts);
        }
        assert!((5..=7).contains(&pace.in_flight()), "never nothing: {}", pace.in_flight());
        for _ in 0..10 {
            tokio::time::advance(INTERVAL).await;
            pace.in_flight();
        }
        assert_eq!((pace.in_flight(), pace.sts[0].rate()), (40, 200));
        let told = told.lock().unwrap();
        assert_eq!(told.first(), Some(&PaceChange { slowed_by: Some(Api::Sts), concurrency: 20 }));
        assert_eq!(told.last(), Some(&PaceChange { slowed_by: None, concurrency: 40 }));
    }

    #[tokio::test(start_paused = true)]
    async fn organizations_slows_nobody_but_itself() {
        let (pace, told) = pace();
        pace.throttled(Api::Organizations);
        assert_eq!((pace.in_flight(), pace.organizations.rate(), pace.sts[0].rate()), (40, 5, 200));
        assert!(told.lock().unwrap().is_empty());
    }

    #[test]
    fn one_account_is_always_let_in() {
        assert_eq!(part(1, LEAST), 1);
        assert_eq!(part(50, LEAST), 6);
        assert_eq!(part(usize::MAX, 1.0), usize::MAX);
    }
}
