//! The sessions that AssumeRole gives out, and who calls.
//!
//! As with AWS, a session lives in its token: the world keeps only a bounded number of decoded ones, for speed, so that
//! 50,000 assumed roles cost no memory. Keys hold account and serial number, and so are distinct by construction.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_types::base64;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::policy::{Document, Policies};
use crate::ids::AccountId;

/// What a token says.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Claims {
    pub(super) account: AccountId,
    pub(super) role: String,
    pub(super) role_path: String,
    pub(super) role_id: String,
    pub(super) name: String,
    /// Seconds since 1970.
    pub(super) expires: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) source_identity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) policy: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub(super) policy_arns: Vec<String>,
}

/// A session whose token was found good.
pub(super) struct Session {
    pub(super) claims: Claims,
    /// The session policies; `None` where none was given, which limits nothing.
    pub(super) policies: Option<Policies>,
    token: String,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Session").field("account", &self.claims.account).field("name", &self.claims.name).finish()
    }
}

impl Session {
    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn is_over(&self, now: Timestamp) -> bool {
        now.as_second() >= self.claims.expires
    }
}

/// Looks up an AWS managed policy's document.
pub(super) type FindManaged<'a> = &'a dyn Fn(&str) -> Option<Arc<Document>>;

/// How many decoded sessions are kept in each of the shards.
const KEPT: usize = 64;
const SHARDS: usize = 16;

/// Makes tokens and reads them back.
#[derive(Debug)]
pub(super) struct Sessions {
    secret: u64,
    decoded: Vec<Mutex<HashMap<Box<str>, Arc<Session>>>>,
}

impl Sessions {
    pub(super) fn new(secret: u64) -> Self {
        Self { secret, decoded: (0..SHARDS).map(|_| Mutex::default()).collect() }
    }

    /// The session of `key` that `claims` describe.
    pub(super) fn mint(&self, key: &str, claims: Claims, find: FindManaged<'_>) -> Arc<Session> {
        // Claims hold nothing that JSON cannot say.
        let body = serde_json::to_string(&claims).unwrap_or_default();
        let token = format!("{}.{}", base64::encode(&body), self.seal(key, &body));
        let session = Arc::new(Session { policies: policies(&claims, find), claims, token });
        self.keep(key, &session);
        session
    }

    /// The session of `key`, if `token` is the one that was given with it.
    pub(super) fn open(&self, key: &str, token: &str, find: FindManaged<'_>) -> Option<Arc<Session>> {
        if let Some(known) = self.shard(key)?.lock().unwrap_or_else(PoisonError::into_inner).get(key) {
            return (known.token == token).then(|| Arc::clone(known));
        }
        let (body, seal) = token.rsplit_once('.')?;
        let body = String::from_utf8(base64::decode(body).ok()?).ok()?;
        if self.seal(key, &body) != seal {
            return None;
        }
        let claims: Claims = serde_json::from_str(&body).ok()?;
        let session = Arc::new(Session { policies: policies(&claims, find), claims, token: token.to_owned() });
        self.keep(key, &session);
        Some(session)
    }

    fn keep(&self, key: &str, session: &Arc<Session>) {
        if let Some(shard) = self.shard(key) {
            let mut shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            if shard.len() >= KEPT {
                shard.clear();
            }
            shard.insert(key.into(), Arc::clone(session));
        }
    }

    fn shard(&self, key: &str) -> Option<&Mutex<HashMap<Box<str>, Arc<Session>>>> {
        let last = key.bytes().last()?;
        self.decoded.get(usize::from(last) % SHARDS)
    }

    fn seal(&self, key: &str, body: &str) -> String {
        let mut hash = Sha256::new();
        hash.update(self.secret.to_be_bytes());
        hash.update(key.as_bytes());
        hash.update(body.as_bytes());
        hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }
}

fn policies(claims: &Claims, find: FindManaged<'_>) -> Option<Policies> {
    if claims.policy.is_none() && claims.policy_arns.is_empty() {
        return None;
    }
    let own = claims.policy.as_deref().map(Document::new);
    Some(own.into_iter().chain(claims.policy_arns.iter().filter_map(|arn| find(arn))).collect())
}

/// Who signs a request.
#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub(super) account: AccountId,
    /// Of the user, or of the role session.
    pub(super) arn: String,
    pub(super) identity: Identity,
}

/// The identity behind a caller.
#[derive(Debug, Clone)]
pub(super) enum Identity {
    /// An IAM user, by name.
    User(String),
    /// A role's session.
    Role(Arc<Session>),
}

impl Caller {
    /// The session, if there is one.
    pub(super) fn session(&self) -> Option<&Session> {
        match &self.identity {
            Identity::User(_) => None,
            Identity::Role(session) => Some(session),
        }
    }
}
