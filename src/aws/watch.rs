//! What is waited for at the moment, so that it can be told while it is waited for.

use std::fmt::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long one waits in silence.
const SILENCE: Duration = Duration::from_millis(2_500);

/// Who is asked, and what came of the last try. Clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Watch(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// Off once AWS has answered: from then on, requests are not worth a note each.
    over: AtomicBool,
    now: Mutex<Now>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Now {
    asked: String,
    trouble: Option<String>,
}

impl Watch {
    fn change(&self, change: impl FnOnce(&mut Now)) {
        if !self.0.over.load(Ordering::Relaxed) {
            change(&mut self.0.now.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// This is asked now. `who` is not called when nobody watches.
    pub(super) fn asks(&self, who: impl FnOnce() -> String) {
        self.change(|now| {
            let asked = who();
            if now.asked != asked {
                *now = Now { asked, trouble: None };
            }
        });
    }

    /// The try failed.
    pub(super) fn failed(&self, why: impl FnOnce() -> String) {
        self.change(|now| now.trouble = Some(why()));
    }

    /// An answer came.
    pub(super) fn answered(&self) {
        self.change(|now| *now = Now::default());
    }

    /// Nobody watches any more.
    pub(super) fn end(&self) {
        self.0.over.store(true, Ordering::Relaxed);
    }

    /// What was asked last, for an error that does not say.
    pub(super) fn asked(&self) -> Option<String> {
        let now = self.0.now.lock().unwrap_or_else(PoisonError::into_inner);
        Some(now.asked.clone()).filter(|asked| !asked.is_empty())
    }

    fn told(&self) -> Option<String> {
        let Now { asked, trouble } = self.0.now.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if asked.is_empty() {
            return None;
        }
        let mut told = format!("no answer yet from {asked}");
        if let Some(trouble) = trouble {
            let _ = write!(told, ": {trouble}");
        }
        told.push_str("; still trying");
        Some(told)
    }

    /// Waits for `work`, and says each new thing that it hangs at, from a few seconds on.
    pub async fn during<T>(&self, work: impl Future<Output = T>, say: impl Fn(&str)) -> T {
        let mut work = std::pin::pin!(work);
        let mut said = None;
        loop {
            if let Ok(done) = tokio::time::timeout(SILENCE, work.as_mut()).await {
                return done;
            }
            let told = self.told();
            if told.is_some() && told != said {
                said = told;
                say(said.as_deref().unwrap_or_default());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_waited_for_is_told_once_with_what_went_wrong() {
        let watch = Watch::default();
        let said = Mutex::new(Vec::new());
        let work = async {
            watch.asks(|| "http://a".to_owned());
            watch.failed(|| "refused".to_owned());
            tokio::time::sleep(Duration::from_secs(9)).await;
            watch.answered();
            tokio::time::sleep(Duration::from_secs(9)).await;
            watch.asks(|| "http://b".to_owned());
            tokio::time::sleep(Duration::from_secs(9)).await;
        };
        watch.during(work, |line| said.lock().unwrap().push(line.to_owned())).await;
        let told = ["no answer yet from http://a: refused; still trying", "no answer yet from http://b; still trying"];
        assert_eq!(*said.lock().unwrap(), told);
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_quick_says_nothing() {
        let quick = async { tokio::time::sleep(Duration::from_secs(2)).await };
        Watch::default().during(quick, |line| panic!("{line}")).await;
    }
}
