//! A setup filled in for one account, every mistake told. The same code looks a setup over before there is an account.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use super::desired::{Desired, DesiredRole, OWNER_TAG, Policy};
use super::document::{iam_takes, unknown_character};
use super::file::{Source, Written};
use super::finding::{Finding, Spot, nearest};
use super::limits;
use super::resolve::Choices;
use super::template::{FillError, Scope, fill_text, write_json};
use crate::ids::{AccountId, Arn, IdError, Partition, PolicyName, PrincipalKind, RoleName};
use crate::policy::PolicyKind;

/// The placeholders that are not parameters.
const KNOWN: &[&str] = &["account_id", "account_name", "partition", "region", "role_name", "role_arn"];

/// What is filled in, for whom, and what comes of it.
pub(super) struct Filling<'a> {
    pub(super) source: &'a Source,
    pub(super) choices: &'a Choices,
    /// What the account's row says differently.
    pub(super) row: &'a Choices,
    pub(super) account: AccountId,
    pub(super) partition: &'a Partition,
    pub(super) scope: Scope,
    /// Whether this is the first look at the setup: parameters may still come, and documents are judged as written.
    pub(super) first_look: bool,
    /// Whether `partition` is the one in which the role will be, and not an example.
    pub(super) partition_known: bool,
    pub(super) findings: Vec<Finding>,
}

impl Filling<'_> {
    /// Fills everything in. What is mistaken is told in `findings`, and then there is nothing.
    pub(super) fn desired(&mut self) -> Option<Desired> {
        let source = self.source;
        let table = &source.file.role;
        let role = self.role_name();
        let name = role.as_ref().map_or("role", RoleName::as_str).to_owned();
        self.scope.insert("role_name".to_owned(), name.clone());
        let path = match &table.path {
            Some(written) => self.checked(written, limits::path),
            None => Some("/".to_owned()),
        };
        let role_arn = Arn::iam(self.partition, self.account, &format!("role{}{name}", path.as_deref().unwrap_or("/")));
        self.scope.insert("role_arn".to_owned(), role_arn.to_string());

        let description = self.optional(&table.description, |this, text| this.checked(text, limits::description));
        let max_session_duration = self.optional(&table.max_session_duration, Self::session_duration);
        let boundary = self.optional(&table.permissions_boundary, Self::managed_policy);
        let managed = self.managed();
        let tags = self.tags();
        let trust = self.trust();
        let inline = self.inline();
        let grants = self.grants(&role_arn, &name, inline.as_ref());
        let role = DesiredRole {
            name: role?,
            path: path?,
            arn: role_arn,
            description: description?,
            max_session_duration: max_session_duration?,
            boundary: boundary?,
            tags: tags?,
            trust: trust?,
            inline: inline?,
            managed: managed?,
            extra_policies: table.extra_policies.as_ref().map(|extra| *extra.get_ref()).unwrap_or_default(),
        };
        Some(Desired {
            setup: source.file.name.as_ref()?.get_ref().clone(),
            account: self.account,
            partition: self.partition.clone(),
            roles: vec![role],
            grants: grants?,
            adopt: self.choices.adopt,
        })
    }

    fn role_name(&mut self) -> Option<RoleName> {
        if let Some(chosen) = self.row.role_name.as_ref().or(self.choices.role_name.as_ref()) {
            return Some(chosen.clone());
        }
        self.parsed(self.source.file.role.name.as_ref()?)
    }

    fn session_duration(&mut self, written: &Written) -> Option<u32> {
        let text = self.text(written)?;
        let seconds = limits::session_duration(&text);
        if seconds.is_none() {
            self.mistake(written, format!("`{text}` is not a duration from `1h` to `12h`"));
        }
        seconds
    }

    fn managed(&mut self) -> Option<BTreeSet<Arn>> {
        let written = &self.source.file.role.managed_policies;
        let (usual, most) = limits::MANAGED;
        let message = format!("{} managed policies; IAM lets a role have {usual}, on request {most}", written.len());
        if let Some(first_too_many) = written.get(most) {
            self.mistake(first_too_many, message);
        } else if let Some(first_too_many) = written.get(usual) {
            self.lint(first_too_many, message, "ask AWS to raise the quota in every account, or use fewer");
        }
        all(written.iter().map(|arn| self.managed_policy(arn)).collect())
    }

    fn managed_policy(&mut self, written: &Written) -> Option<Arn> {
        let arn: Arn = self.parsed(written)?;
        if arn.service() != "iam" || !arn.resource().starts_with("policy/") {
            self.mistake(written, format!("`{arn}` is not the ARN of a managed policy"));
            return None;
        }
        let spot = self.source.text.spot(written.span());
        self.same_partition(arn.partition(), spot).then_some(arn)
    }

    /// Whether an ARN belongs where the role will be.
    fn same_partition(&mut self, found: &Partition, spot: Spot) -> bool {
        let foreign = self.partition_known && found != self.partition;
        if foreign {
            let message = format!("an ARN of the partition `{found}`, but the role will be in `{}`", self.partition);
            self.findings.push(Finding::mistake(spot, message).hint("write `arn:{{partition}}:…`"));
        }
        !foreign
    }

    fn tags(&mut self) -> Option<BTreeMap<String, String>> {
        let written = &self.source.file.role.tags;
        if let Some((first_too_many, _)) = written.get(limits::TAGS - 1) {
            let message = format!("{} tags and rolecall's own; IAM takes {}", written.len(), limits::TAGS);
            self.mistake(first_too_many, message);
        }
        let mut keys = BTreeSet::new();
        let mut tags = Vec::new();
        for (key, value) in written {
            let name = key.get_ref();
            if let Some(wrong) = limits::tag_key(name) {
                self.mistake(key, wrong);
            }
            if !keys.insert(name.to_lowercase()) {
                self.mistake(key, format!("the tag `{name}` is there twice: IAM does not tell upper from lower case"));
            }
            tags.push(self.checked(value, limits::tag_value).map(|value| (name.clone(), value)));
        }
        let mut tags: BTreeMap<_, _> = all(tags)?;
        tags.insert(OWNER_TAG.to_owned(), self.source.file.name.as_ref()?.get_ref().clone());
        Some(tags)
    }

    fn trust(&mut self) -> Option<Policy> {
        let written = self.source.file.role.trust.as_ref()?;
        let trust = self.document(PolicyKind::Trust, written)?;
        let (length, (usual, most)) = (limits::length(&trust), limits::TRUST);
        let message = format!("the trust policy has {length} characters; IAM takes {usual}, on request {most}");
        if length > most {
            self.mistake(written, message);
        } else if length > usual {
            self.lint(written, message, "ask AWS to raise the quota in every account, or make it shorter");
        }
        Some(trust)
    }

    fn inline(&mut self) -> Option<BTreeMap<PolicyName, Policy>> {
        let (mut policies, mut sum) = (Vec::new(), 0);
        for (name, document) in &self.source.file.role.inline_policies {
            // Only values are filled in, so a placeholder in a name is no name.
            let parsed = name.get_ref().parse().map_err(|error: IdError| self.mistake(name, error.to_string())).ok();
            let policy = self.document(PolicyKind::Identity, document);
            let length = policy.as_ref().map_or(0, limits::length);
            self.sum(name, &mut sum, length, "the role", limits::inline(PrincipalKind::Role));
            policies.push(parsed.zip(policy));
        }
        all(policies)
    }

    /// Adds to a sum, and tells when it gets too large.
    pub(super) fn sum(&mut self, at: &Written, sum: &mut usize, length: usize, whose: &str, limit: usize) {
        let before = *sum;
        *sum += length;
        if before <= limit && *sum > limit {
            let message = format!("the inline policies of {whose} have {sum} characters up to here; IAM takes {limit}");
            self.findings.push(
                Finding::mistake(self.source.text.spot(at.span()), message)
                    .hint("white space outside of strings is not counted; move some of it into a managed policy"),
            );
        }
    }

    fn document(&mut self, kind: PolicyKind, used: &Written) -> Option<Policy> {
        let source = self.source;
        let document = source.documents.get(used.get_ref())?;
        if self.first_look {
            let wrong = document.check(kind, self.partition);
            if !wrong.is_empty() {
                self.findings.extend(wrong);
                return None;
            }
        }
        let foreign: Vec<_> = document.partitions.iter().filter(|(found, _)| found != self.partition).collect();
        for (found, at) in foreign {
            self.same_partition(found, document.file.token(*at));
        }
        if let Some((of, partition, policy)) = document.ready.get()
            && (of, partition) == (&kind, self.partition)
        {
            return Some(policy.clone());
        }
        let mut wrong = Vec::new();
        let text = write_json(document.tree.as_ref()?, &mut |text, at| {
            fill_text(text, &self.scope).unwrap_or_else(|error| {
                wrong.push((document.spot_of(at, &error), error));
                String::new()
            })
        });
        if !wrong.is_empty() {
            wrong.into_iter().for_each(|(spot, error)| self.unfilled(spot, error));
            return None;
        }
        if let Some(c) = text.chars().find(|c| !iam_takes(*c)).filter(|_| document.file.text.chars().all(iam_takes)) {
            self.mistake(used, format!("{}: {}", document.file.name, unknown_character(c)));
        }
        match Policy::parse(kind, &text, self.partition) {
            Ok(policy) => {
                // What was made for an example's partition is of no use to an account.
                if document.constant && self.partition_known {
                    document.ready.get_or_init(|| (kind, self.partition.clone(), policy.clone()));
                }
                Some(policy)
            }
            Err(error) => {
                let message = format!("`{}`, filled in, is no policy: {error}", document.file.name);
                self.mistake(used, message);
                None
            }
        }
    }

    /// The text filled in.
    pub(super) fn text(&mut self, written: &Written) -> Option<String> {
        match fill_text(written.get_ref(), &self.scope) {
            Ok(text) => Some(text),
            Err(error) => {
                let words = match &error {
                    FillError::Unknown(name) | FillError::Widening(name) => name,
                    FillError::Unclosed => "{{",
                };
                let spot = self.source.text.spot_of(written.span(), words);
                self.unfilled(spot, error);
                None
            }
        }
    }

    /// The text filled in, if `wrong` has nothing to say.
    fn checked(&mut self, written: &Written, wrong: fn(&str) -> Option<String>) -> Option<String> {
        let text = self.text(written)?;
        if let Some(wrong) = wrong(&text) {
            self.mistake(written, wrong);
            return None;
        }
        Some(text)
    }

    pub(super) fn parsed<T: FromStr<Err = IdError>>(&mut self, written: &Written) -> Option<T> {
        let text = self.text(written)?;
        text.parse().map_err(|error: IdError| self.mistake(written, error.to_string())).ok()
    }

    /// Nothing where nothing is written; what `read` makes of it otherwise.
    fn optional<T>(
        &mut self,
        written: &Option<Written>,
        read: impl FnOnce(&mut Self, &Written) -> Option<T>,
    ) -> Option<Option<T>> {
        match written {
            None => Some(None),
            Some(written) => read(self, written).map(Some),
        }
    }

    fn unfilled(&mut self, spot: Spot, error: FillError) {
        let message = error.to_string();
        let finding = match &error {
            FillError::Unknown(name) => match name.strip_prefix("param.") {
                Some(key) => {
                    let advice = format!("give it with --param {key}=VALUE, or in a column `param.{key}`");
                    match self.first_look {
                        true => Finding::lint(spot, format!("`{{{{{name}}}}}` has no value yet")).hint(advice),
                        false => Finding::mistake(spot, message).hint(advice),
                    }
                }
                None => Finding::mistake(spot, message).hint(match nearest(name, KNOWN.iter().copied()) {
                    Some(near) => format!("did you mean `{{{{{near}}}}}`?"),
                    None => format!("known are {} and param.KEY", KNOWN.join(", ")),
                }),
            },
            FillError::Unclosed | FillError::Widening(_) => Finding::mistake(spot, message),
        };
        self.findings.push(finding);
    }

    pub(super) fn mistake(&mut self, at: &Written, message: impl Into<String>) {
        self.findings.push(Finding::mistake(self.source.text.spot(at.span()), message));
    }

    fn lint(&mut self, at: &Written, message: String, hint: &str) {
        self.findings.push(Finding::lint(self.source.text.spot(at.span()), message).hint(hint));
    }
}

/// Everything, or nothing where something is missing.
pub(super) fn all<T, C: FromIterator<T>>(parts: Vec<Option<T>>) -> Option<C> {
    parts.into_iter().collect()
}
