//! Trust policies on their way in and out: IAM keeps roles and users in them by unique id.

use std::sync::Arc;

use serde_json::Value;

use super::super::policy::{Document, PolicyKind, check, principal_arns, rewrite_principals};
use super::super::refusal::Refusal;
use super::super::world::Inner;
use crate::ids::AccountId;

/// The largest trust policy that IAM takes before its quota is raised, in characters without white space.
const LIMIT: usize = 2048;

/// The document as it is stored: account ids as root ARNs, roles and users by unique id.
///
/// Locks the accounts of those roles and users, so the caller holds no lock.
pub(super) fn stored(world: &Inner, text: &str) -> Result<Arc<Document>, Refusal> {
    let mut document = check(text, PolicyKind::Trust).map_err(Refusal::malformed)?;
    let mut ids: Vec<(String, String)> = Vec::new();
    for arn in principal_arns(&document) {
        let id = world
            .trust_id(&arn)
            .ok_or_else(|| Refusal::malformed(format!("Invalid principal in policy: \"AWS\":\"{arn}\"")))?;
        ids.push((arn, id));
    }
    let changed = rewrite_principals(&mut document, &|name| match name.parse::<AccountId>() {
        Ok(account) => Some(format!("arn:{}:iam::{account}:root", world.partition)),
        Err(_) => ids.iter().find(|(arn, _)| arn == name).map(|(_, id)| id.clone()),
    });
    let document =
        if changed { world.documents.document(&document.to_string()) } else { world.documents.document(text) };
    if document.size() > LIMIT {
        return Err(Refusal::limit(format!("Cannot exceed quota for ACLSizePerRole: {LIMIT}")));
    }
    Ok(document)
}

/// The document as IAM shows it: unique ids as ARNs, for as long as their owners exist.
pub(super) fn shown<'t>(world: &Inner, document: &'t Document) -> std::borrow::Cow<'t, str> {
    let text = document.text();
    let may_hold_ids = text.contains("\"AROA") || text.contains("\"AIDA");
    if may_hold_ids && let Ok(mut value) = serde_json::from_str::<Value>(text) {
        rewrite_principals(&mut value, &|name| world.trusted_arn(name));
        return value.to_string().into();
    }
    text.into()
}
