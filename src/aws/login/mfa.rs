//! MFA: the code is asked for once, and the session that it gives is used for the whole run.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;

use super::error::LoginError;

/// Asks somebody for the code of the device with this serial number or ARN; `None` where nobody can be asked, or says
/// nothing. It may wait for the terminal, on a thread of its own.
pub type Prompt = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// How often a code may be mistyped.
pub(super) const TRIES: usize = 3;

/// The sessions of this process.
#[derive(Clone, Default)]
pub struct Mfa(Arc<Inner>);

#[derive(Default)]
struct Inner {
    prompt: Option<Prompt>,
    sessions: Mutex<HashMap<String, Credentials>>,
}

impl fmt::Debug for Mfa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Mfa { .. }")
    }
}

impl Mfa {
    /// Codes are asked for by `prompt`, where there is one.
    pub fn new(prompt: Option<Prompt>) -> Self {
        Self(Arc::new(Inner { prompt, sessions: Mutex::default() }))
    }

    /// The session that a code has given under this key, while it is good.
    pub(super) fn session(&self, key: &str) -> Option<Credentials> {
        let soon = SystemTime::now() + Duration::from_secs(60);
        let sessions = self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(key).filter(|session| session.expiry().is_none_or(|end| end > soon)).cloned()
    }

    /// Whether a code has given a session under this key, good or over.
    fn had(&self, key: &str) -> bool {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner).contains_key(key)
    }

    pub(super) fn keep(&self, key: &str, session: Credentials) {
        self.0.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), session);
    }

    /// The code, typed.
    ///
    /// # Errors
    /// Where nobody can be asked, with the way to go on; and in the middle of a run, when the session is over.
    pub(super) async fn code(&self, serial: &str, profile: &str) -> Result<String, LoginError> {
        if self.had(serial) {
            return Err(LoginError::here(
                format!("the session of the MFA device {serial} is over"),
                "go on with `rolecall resume latest`, which asks for a code again",
            ));
        }
        let (prompt, device) = (self.0.prompt.clone(), serial.to_owned());
        let typed = tokio::task::spawn_blocking(move || prompt.and_then(|prompt| prompt(&device))).await;
        typed.ok().flatten().map(|code| code.trim().to_owned()).filter(|code| !code.is_empty()).ok_or_else(|| {
            LoginError::here(
                format!("the profile `{profile}` needs a code of the MFA device {serial}, and there is no terminal to ask on"),
                format!("get a session first: eval \"$(aws configure export-credentials --profile {profile} --format env)\", and leave --profile out"),
            )
        })
    }
}
