//! Renewal: one fetch at a time, for all who wait, and never more often than it is of use.

use std::sync::atomic::{AtomicU32, Ordering};

use tokio::sync::Semaphore;

use super::*;

fn credentials(key: &str, left: Option<Duration>) -> Credentials {
    Credentials::new(key, "secret", None, left.map(|left| SystemTime::now() + left), "test")
}

/// A login whose nth answer is `K<n>` with that much time left, when `gate` lets it.
struct Login {
    asked: Arc<AtomicU32>,
    gate: Arc<Semaphore>,
    renewing: Renewing,
}

impl Login {
    fn new(first: Option<Duration>, left: Option<Duration>) -> Self {
        let (asked, gate) = (Arc::new(AtomicU32::new(0)), Arc::new(Semaphore::new(0)));
        let (count, pass) = (asked.clone(), gate.clone());
        let renewing = Renewing::new(credentials("K0", first), AwsClock::default(), move || {
            let (n, pass) = (count.fetch_add(1, Ordering::Relaxed) + 1, pass.clone());
            Box::pin(async move {
                pass.acquire().await.unwrap().forget();
                Ok(credentials(&format!("K{n}"), left))
            })
        });
        Self { asked, gate, renewing }
    }

    async fn key(&self) -> String {
        self.renewing.get().await.unwrap().access_key_id().to_owned()
    }

    fn asked(&self) -> u32 {
        self.asked.load(Ordering::Relaxed)
    }

    /// Time goes by, until what is held is over.
    fn is_over(&self) {
        let mut state = self.renewing.state();
        let held = state.held.as_mut().unwrap();
        (held.ends, held.renew_at) = (Some(SystemTime::UNIX_EPOCH), Some(SystemTime::UNIX_EPOCH));
    }

    /// Lets the fetch that is under way come to its end.
    async fn let_it_end(&self) {
        self.gate.add_permits(1);
        let running = self.renewing.state().running.clone();
        if let Some(running) = running {
            let _ = running.await;
        }
    }
}

#[tokio::test]
async fn what_was_refused_is_got_again_once_for_all_who_wait() {
    let login = Login::new(None, None);
    assert_eq!(login.key().await, "K0");
    // Three calls were on their way with it, and all three were refused.
    login.renewing.refused("K0");
    login.renewing.refused("K0");
    login.gate.add_permits(1);
    let both = futures::future::join(login.key(), login.key()).await;
    assert_eq!((both.0.as_str(), both.1.as_str()), ("K1", "K1"));
    login.renewing.refused("K0");
    assert_eq!((login.key().await.as_str(), login.asked()), ("K1", 1));
}

#[tokio::test]
async fn what_is_good_for_a_while_is_used_while_new_ones_are_got() {
    let login = Login::new(Some(Duration::from_secs(1)), Some(Duration::from_secs(3_600)));
    login.renewing.state().held.as_mut().unwrap().renew_at = Some(SystemTime::UNIX_EPOCH);
    for _ in 0..10 {
        assert_eq!(login.key().await, "K0", "it is good, and nobody waits");
    }
    login.let_it_end().await;
    assert_eq!((login.key().await.as_str(), login.asked()), ("K1", 1));
}

#[tokio::test]
async fn a_fetch_goes_on_without_the_call_that_asked() {
    let login = Login::new(Some(Duration::from_secs(9)), None);
    login.is_over();
    {
        let mut impatient = Box::pin(login.key());
        assert!(futures::poll!(&mut impatient).is_pending());
    }
    login.let_it_end().await;
    assert_eq!((login.key().await.as_str(), login.asked()), ("K1", 1));
}

#[tokio::test]
async fn short_ones_are_not_asked_for_all_the_time() {
    let login = Login::new(Some(Duration::from_secs(45)), Some(Duration::from_secs(45)));
    for _ in 0..100 {
        assert_eq!(login.key().await, "K0");
    }
    assert_eq!(login.asked(), 0, "half of them is used first");
    login.renewing.state().held.as_mut().unwrap().renew_at = Some(SystemTime::UNIX_EPOCH);
    login.key().await;
    login.let_it_end().await;
    for _ in 0..100 {
        assert_eq!(login.key().await, "K1");
    }
    assert_eq!(login.asked(), 1);
}

#[tokio::test]
async fn a_renewal_that_fails_leaves_what_is_good_and_is_told_when_it_is_over() {
    let renewing = Renewing::new(credentials("K0", Some(Duration::from_secs(30))), AwsClock::default(), || {
        Box::pin(async { Err(AwsFailure::ours("login", "NoCredentials", "the profile `x`", Class::Credentials)) })
    });
    renewing.state().held.as_mut().unwrap().renew_at = Some(SystemTime::UNIX_EPOCH);
    assert_eq!(renewing.get().await.unwrap().access_key_id(), "K0");
    let running = renewing.state().running.clone().unwrap();
    assert!(running.await.is_err());
    assert_eq!(renewing.get().await.unwrap().access_key_id(), "K0");
    assert!(renewing.state().running.is_none(), "it is left alone for a while");
    renewing.state().held.as_mut().unwrap().renew_at = Some(SystemTime::UNIX_EPOCH);
    renewing.state().held.as_mut().unwrap().ends = Some(SystemTime::UNIX_EPOCH);
    let error = renewing.get().await.unwrap_err();
    assert!(super::super::failure::chain(&error).contains("the profile `x`"), "{error}");
}

#[test]
fn the_end_is_in_aws_s_time() {
    let now = SystemTime::now();
    let hour = credentials("K", Some(Duration::from_secs(3_600)));
    let held = Held::new(hour, now);
    assert!(held.is_good(now) && held.is_fresh(now));
    assert!(
        Held::new(credentials("K", Some(Duration::ZERO)), now + Duration::from_secs(60)).is_good(now),
        "until it is refused"
    );
    assert!(!held.is_fresh(now + Duration::from_secs(3_550)) && held.is_good(now + Duration::from_secs(3_550)));
    assert!(!held.is_good(now + Duration::from_secs(3_601)));
}

#[test]
fn the_key_stands_in_the_signature() {
    let header = "AWS4-HMAC-SHA256 Credential=ASIA1/20261124/us-east-1/iam/aws4_request, SignedHeaders=host";
    assert_eq!(access_key(header), Some("ASIA1"));
    assert_eq!(access_key("Bearer x"), None);
}
