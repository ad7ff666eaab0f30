//! From a setup as it is written to what one account must have.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::desired::Desired;
use super::error::SetupError;
use super::file::{PassRoleResource, Source};
use super::fill::Filling;
use super::finding::{Finding, in_reading_order, nearest};
use super::template::{Scope, placeholders};
use super::{limits, lint, params};
use crate::digest::sha256;
use crate::ids::{AccountId, Partition, PrincipalRef, Region, RoleName};

/// A setup without mistakes, and what the command line says differently.
#[derive(Debug, Clone)]
pub struct Setup {
    source: Source,
    choices: Choices,
}

/// What the command line says differently from the setup, and an account's row differently from the command line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Choices {
    /// The role's name.
    pub role_name: Option<RoleName>,
    /// Who gets the first grant; empty means as the setup says.
    pub pass_role_to: Vec<PrincipalRef>,
    /// What the grants let be passed.
    pub pass_role_resource: Option<PassRoleResource>,
    /// What `iam:PassedToService` must be in every grant.
    pub pass_role_service: Option<PassedTo>,
    /// Parameters, by KEY.
    pub params: BTreeMap<String, String>,
    /// Whether roles that are not ours are taken over.
    pub adopt: bool,
}

/// The service that a grant lets the role be passed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PassedTo {
    /// Any: the grant has no condition.
    Any,
    /// This service principal.
    Service(String),
}

impl PassedTo {
    /// Whether `text` has the form of a service principal.
    pub fn is_service(text: &str) -> bool {
        text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')
    }
}

/// The account that a setup is filled in for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The account.
    pub account: AccountId,
    /// Its name. Not trusted.
    pub account_name: String,
    /// The partition.
    pub partition: Partition,
    /// The region, for `{{region}}`.
    pub region: Region,
}

impl Setup {
    /// Whether `name` is a setup file's path rather than a built-in's name.
    pub fn is_path(name: &str) -> bool {
        name.ends_with(".toml") || name.contains(['/', '\\'])
    }

    /// A built-in by its name, or else the setup file at the path `name`.
    ///
    /// # Errors
    /// When there is neither, or it has mistakes: all of them that show without an account.
    pub fn load(name: &str, choices: Choices) -> Result<Self, SetupError> {
        let (setup, findings) = Self::examine(name, choices, None)?;
        let mistakes: Vec<Finding> = findings.into_iter().filter(Finding::is_mistake).collect();
        if mistakes.is_empty() { Ok(setup) } else { Err(SetupError::Mistakes(mistakes)) }
    }

    /// As [`Setup::load`], with everything that is wrong or doubtful, in reading order. Where `partition` is given, the
    /// ARNs that are written out must be of it. With a mistake among the findings the setup is of no use.
    ///
    /// # Errors
    /// When there is no such setup.
    pub fn examine(
        name: &str,
        choices: Choices,
        partition: Option<&Partition>,
    ) -> Result<(Self, Vec<Finding>), SetupError> {
        let mut findings = Vec::new();
        let setup = Self { source: Source::open(name, &mut findings)?, choices };
        setup.look_over(partition, &mut findings);
        Ok((setup, findings))
    }

    fn look_over(&self, partition: Option<&Partition>, findings: &mut Vec<Finding>) {
        let source = &self.source;
        if let Some(name) = &source.file.name
            && let Some(wrong) = limits::setup_name(name.get_ref())
        {
            findings.push(Finding::mistake(source.text.spot(name.span()), wrong));
        }
        let used = self.params();
        for key in self.choices.params.keys().filter(|key| !used.contains(key.as_str())) {
            let finding = Finding::mistake(None, format!("the setup has no `{{{{param.{key}}}}}`"));
            findings.push(match nearest(key, used.iter().copied()) {
                Some(near) => finding.hint(format!("did you mean --param {near}=…?")),
                None => finding.hint("leave the parameter out, or put it into the setup"),
            });
        }
        let example = Partition::aws();
        let row = Choices::default();
        let scope = [("account_name", "account"), ("region", "us-east-1")];
        let mut filling = Filling {
            first_look: true,
            partition_known: partition.is_some(),
            ..self.filling(AccountId::EXAMPLE, partition.unwrap_or(&example), scope, &row)
        };
        let _ = filling.desired();
        let scope_of_lints = filling.scope.clone();
        findings.append(&mut filling.findings);
        params::check(source, &used, findings);
        lint::lint(source, &scope_of_lints, findings);
        let documents = source.documents.values().map(|document| &document.file);
        in_reading_order(findings, &std::iter::once(&source.text).chain(documents).collect::<Vec<_>>());
    }

    /// The setup's name.
    pub fn name(&self) -> &str {
        self.source.file.name.as_ref().map_or("", |name| name.get_ref())
    }

    /// What it is for, in one line: its `about`, or else the role's description.
    pub fn about(&self) -> &str {
        let file = &self.source.file;
        let text = file.about.as_ref().or(file.role.description.as_ref()).map_or("", |text| text.get_ref());
        text.lines().next().unwrap_or_default()
    }

    /// The role's name as it is written, placeholders and all.
    pub fn role_name(&self) -> &str {
        self.source.file.role.name.as_ref().map_or("", |name| name.get_ref())
    }

    /// The KEYs of the parameters that it takes.
    pub fn params(&self) -> BTreeSet<&str> {
        let written = self.source.file.values().into_iter().map(|value| value.get_ref().as_str());
        let in_documents = self.source.documents.values().flat_map(|document| document.texts().map(|text| text.text));
        written.chain(in_documents).flat_map(placeholders).filter_map(|name| name.strip_prefix("param.")).collect()
    }

    /// The parameters whose values, for this row, mean more than one of what they name, as `param.KEY = VALUE`. The setup
    /// lets them.
    pub fn widened(&self, row: &Choices) -> Vec<String> {
        self.source.widened(&self.source.defaults().chain(&self.choices.params).chain(&row.params).collect())
    }

    /// SHA-256 of the setup with what the command line says differently, in hexadecimal.
    pub fn digest(&self) -> String {
        let documents: BTreeMap<&String, &String> =
            self.source.documents.iter().map(|(name, document)| (name, &document.file.text)).collect();
        sha256(serde_json::to_vec(&(&self.source.file, documents, &self.choices)).unwrap_or_default())
    }

    /// Fills the setup in for an account that is not known yet, to see whether everything has a value. `row` says what
    /// an inventory row says differently.
    ///
    /// # Errors
    /// A parameter without a value, or a value that does not fit where it goes.
    pub fn rehearse(&self, row: &Choices) -> Result<(), SetupError> {
        let example = Partition::aws();
        let scope = [("account_name", "account"), ("region", "us-east-1")];
        Self::filled(self.filling(AccountId::EXAMPLE, &example, scope, row)).map(|_| ())
    }

    /// What the account at `place` must have. `row` says what its inventory row says differently.
    ///
    /// # Errors
    /// A value that nothing fills or that does not fit where it goes, or an ARN of another partition.
    pub fn fill(&self, place: &Place, row: &Choices) -> Result<Desired, SetupError> {
        let scope = [("account_name", place.account_name.as_str()), ("region", place.region.as_str())];
        Self::filled(Filling { partition_known: true, ..self.filling(place.account, &place.partition, scope, row) })
    }

    fn filled(mut filling: Filling<'_>) -> Result<Desired, SetupError> {
        let desired = filling.desired();
        filling.findings.retain(Finding::is_mistake);
        desired.filter(|_| filling.findings.is_empty()).ok_or(SetupError::Mistakes(filling.findings))
    }

    fn filling<'a>(
        &'a self,
        account: AccountId,
        partition: &'a Partition,
        values: [(&str, &str); 2],
        row: &'a Choices,
    ) -> Filling<'a> {
        let mut scope: Scope = values.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        scope.insert("account_id".to_owned(), account.to_string());
        scope.insert("partition".to_owned(), partition.to_string());
        let params = self.source.defaults().chain(&self.choices.params).chain(&row.params);
        scope.extend(params.map(|(key, value)| (format!("param.{key}"), value.clone())));
        let (source, choices) = (&self.source, &self.choices);
        let (first_look, partition_known, findings) = (false, false, Vec::new());
        Filling { source, choices, row, account, partition, scope, first_look, partition_known, findings }
    }
}
