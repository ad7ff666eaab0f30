//! From a setup as it is written to what one account must have.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::desired::{Desired, ExtraPolicies, Grant, MissingPrincipal, OWNER_TAG, Policy};
use super::error::SetupError;
use super::file::{Extra, Missing, PassRoleResource, Source};
use super::limits;
use super::template::{Scope, fill_json, fill_text};
use crate::ids::{AccountId, Arn, IdError, Partition, PolicyName, PrincipalRef, Region, RoleName};
use crate::policy::PolicyKind;

/// A setup, and what the command line says differently.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    source: Source,
    choices: Choices,
}

/// What the command line says differently from the setup, and an account's row differently from the command line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Choices {
    /// The role's name.
    pub role_name: Option<RoleName>,
    /// Who gets the grant; empty means as the setup says.
    pub pass_role_to: Vec<PrincipalRef>,
    /// What the grant lets be passed.
    pub pass_role_resource: Option<PassRoleResource>,
    /// What `iam:PassedToService` must be.
    pub pass_role_service: Option<PassedTo>,
    /// Parameters, by KEY.
    pub params: BTreeMap<String, String>,
    /// Whether roles that are not ours are taken over.
    pub adopt: bool,
}

/// The service that the grant lets the role be passed to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub enum PassedTo {
    /// Any: the grant has no condition.
    Any,
    /// This service principal.
    Service(String),
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
    /// A built-in by its name, or else the setup file at the path `name`.
    ///
    /// # Errors
    /// When there is neither, or it is not a setup.
    pub fn load(name: &str, choices: Choices) -> Result<Self, SetupError> {
        let is_path = name.ends_with(".toml") || name.contains(['/', '\\']);
        let source = if is_path { Source::read(Path::new(name))? } else { Source::built_in(name)? };
        Ok(Self { source, choices })
    }

    /// The setup's name.
    pub fn name(&self) -> &str {
        &self.source.file.name
    }

    /// SHA-256 of the setup with what the command line says differently, in hexadecimal.
    pub fn digest(&self) -> String {
        let form = serde_json::to_vec(&(&self.source, &self.choices)).unwrap_or_default();
        Sha256::digest(form).iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// What the account at `place` must have. `row` says what its inventory row says differently.
    ///
    /// # Errors
    /// A name, ARN or document that is none once it is filled in, or a value that nothing fills.
    pub fn fill(&self, place: &Place, row: &Choices) -> Result<Desired, SetupError> {
        let file = &self.source.file;
        let role_table = &file.role;
        let mut scope = self.scope(place, row);

        let role = match row.role_name.as_ref().or(self.choices.role_name.as_ref()) {
            Some(chosen) => chosen.clone(),
            None => named("role.name", fill_text(&role_table.name, &scope)?.parse())?,
        };
        scope.insert("role_name".to_owned(), role.to_string());
        let path = fill_text(&role_table.path, &scope)?;
        let plain_path = path.bytes().all(|b| (0x21..=0x7e).contains(&b)) && path.len() <= 512;
        if !(plain_path && path.starts_with('/') && path.ends_with('/')) {
            return Err(SetupError::Value { element: "role.path", value: path, expected: "a path (`/` or `/…/`)" });
        }
        let role_arn = Arn::iam(&place.partition, place.account, &format!("role{path}{role}"));
        scope.insert("role_arn".to_owned(), role_arn.to_string());

        let inline = role_table.inline_policies.iter().map(|(name, document)| {
            let name: PolicyName = named("role.inline_policies", name.parse())?;
            Ok((name, self.document(PolicyKind::Identity, document, place, &scope)?))
        });
        let managed = role_table.managed_policies.iter().map(|arn| {
            let arn = fill_text(arn, &scope)?;
            named("role.managed_policies", arn.parse())
        });
        let mut tags = BTreeMap::new();
        for (key, value) in &role_table.tags {
            tags.insert(key.clone(), fill_text(value, &scope)?);
        }
        tags.insert(OWNER_TAG.to_owned(), file.name.clone());
        let chosen = [&row.pass_role_to, &self.choices.pass_role_to].into_iter().find(|to| !to.is_empty());
        let grantees = match chosen {
            Some(chosen) => chosen.clone(),
            None => {
                let written = file.pass_role.to.iter().map(|to| named("pass_role.to", fill_text(to, &scope)?.parse()));
                written.collect::<Result<_, _>>()?
            }
        };
        let desired = Desired {
            setup: file.name.clone(),
            trust: self.document(PolicyKind::Trust, &role_table.trust, place, &scope)?,
            inline: inline.collect::<Result<_, SetupError>>()?,
            managed: managed.collect::<Result<_, SetupError>>()?,
            description: role_table.description.as_deref().map(|text| fill_text(text, &scope)).transpose()?,
            max_session_duration: role_table.max_session_duration.as_deref().map(session_duration).transpose()?,
            boundary: role_table
                .permissions_boundary
                .as_deref()
                .map(|arn| named("role.permissions_boundary", fill_text(arn, &scope)?.parse()))
                .transpose()?,
            tags,
            extra_policies: match role_table.extra_policies {
                Extra::Report => ExtraPolicies::Report,
                Extra::Remove => ExtraPolicies::Remove,
                Extra::Ignore => ExtraPolicies::Ignore,
            },
            grants: vec![Grant {
                to: grantees,
                name: named("role.name", format!("RolecallPassRole-{role}").parse())?,
                policy: self.grant(&role_arn, place, &scope)?,
                missing_principal: match file.pass_role.missing_principal {
                    Missing::Fail => MissingPrincipal::Fail,
                    Missing::Skip => MissingPrincipal::Skip,
                },
            }],
            adopt: self.choices.adopt,
            role,
            path,
            role_arn,
        };
        limits::check(&desired)?;
        Ok(desired)
    }

    fn scope(&self, place: &Place, row: &Choices) -> Scope {
        let mut scope: Scope = [
            ("account_id", place.account.to_string()),
            ("account_name", place.account_name.clone()),
            ("partition", place.partition.to_string()),
            ("region", place.region.to_string()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        let params = self.choices.params.iter().chain(&row.params);
        scope.extend(params.map(|(key, value)| (format!("param.{key}"), value.clone())));
        scope
    }

    fn document(&self, kind: PolicyKind, file: &str, place: &Place, scope: &Scope) -> Result<Policy, SetupError> {
        let text = self.source.documents.get(file).map(String::as_str).unwrap_or_default();
        let wrong = |source| SetupError::Policy { file: file.to_owned(), source: Box::new(source) };
        // As it is written first, so that mistakes are named with their place in the file.
        let written = Policy::parse(kind, text, &place.partition).map_err(wrong)?;
        let Ok(mut value) = serde_json::from_str::<Value>(text.trim_start_matches('\u{feff}')) else {
            return Ok(written);
        };
        fill_json(&mut value, scope)?;
        Policy::parse(kind, &value.to_string(), &place.partition).map_err(wrong)
    }

    fn grant(&self, role: &Arn, place: &Place, scope: &Scope) -> Result<Policy, SetupError> {
        let pass_role = &self.source.file.pass_role;
        let resource = match self.choices.pass_role_resource.unwrap_or(pass_role.resource) {
            PassRoleResource::Role => role.to_string(),
            PassRoleResource::Any => "*".to_owned(),
        };
        let mut statement = json!({ "Effect": "Allow", "Action": "iam:PassRole", "Resource": resource });
        let service = match &self.choices.pass_role_service {
            Some(PassedTo::Any) => None,
            Some(PassedTo::Service(service)) => Some(service),
            None => pass_role.service.as_ref(),
        };
        if let (Some(service), Value::Object(members)) = (service, &mut statement) {
            let service = fill_text(service, scope)?;
            members.insert("Condition".to_owned(), json!({ "StringEquals": { "iam:PassedToService": service } }));
        }
        let text = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        Policy::parse(PolicyKind::Identity, &text, &place.partition)
            .map_err(|source| SetupError::Policy { file: "pass_role".to_owned(), source: Box::new(source) })
    }
}

fn named<T>(element: &'static str, parsed: Result<T, IdError>) -> Result<T, SetupError> {
    parsed.map_err(|source| SetupError::Name { element, source })
}

/// `1h`, `90m` or `3600s`: IAM takes 3,600 to 43,200 seconds.
fn session_duration(text: &str) -> Result<u32, SetupError> {
    let seconds = [("h", 3600), ("m", 60), ("s", 1)]
        .into_iter()
        .find_map(|(unit, length)| text.strip_suffix(unit)?.parse::<u32>().ok()?.checked_mul(length));
    seconds.filter(|seconds| (3600..=43_200).contains(seconds)).ok_or_else(|| SetupError::Value {
        element: "role.max_session_duration",
        value: text.to_owned(),
        expected: "a duration from `1h` to `12h`",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place() -> Place {
        Place {
            account: "000123456789".parse().unwrap(),
            account_name: "data".to_owned(),
            partition: "aws-cn".parse().unwrap(),
            region: "cn-north-1".parse().unwrap(),
        }
    }

    #[test]
    fn every_built_in_fills_in_for_an_account_of_any_partition() {
        for name in super::super::file::built_in_names() {
            let desired = Setup::load(name, Choices::default()).unwrap().fill(&place(), &Choices::default()).unwrap();
            assert_eq!(desired.setup, name);
            assert_eq!(desired.tags.get(OWNER_TAG).map(String::as_str), Some(name));
            assert!(desired.role_arn.to_string().starts_with("arn:aws-cn:iam::000123456789:role/AmazonMLRedshift"));
            assert!(desired.granted().next().is_none(), "nobody gets a grant unasked");
            assert!(
                desired.grants[0].policy.text.contains(&desired.role_arn.to_string()),
                "{}",
                desired.grants[0].policy.text
            );
            assert!(desired.grants[0].policy.text.contains("iam:PassedToService"), "{}", desired.grants[0].policy.text);
            assert!(desired.managed.iter().all(|arn| arn.partition().as_str() == "aws-cn"));
            assert_eq!(desired.inline.is_empty(), !desired.managed.is_empty());
        }
    }

    #[test]
    fn a_row_goes_over_the_command_line_and_that_over_the_setup() {
        let chosen = |role: &str, to: &str| Choices {
            role_name: Some(role.parse().unwrap()),
            pass_role_to: vec![to.parse().unwrap()],
            ..Choices::default()
        };
        let setup = Setup::load("amazon-ml-redshift", chosen("A", "user/a")).unwrap();
        let plain = setup.fill(&place(), &Choices::default()).unwrap();
        assert_eq!((plain.role.as_str(), plain.grants[0].name.as_str()), ("A", "RolecallPassRole-A"));
        assert_eq!(plain.grants[0].to, ["user/a".parse().unwrap()]);
        let row = setup.fill(&place(), &chosen("B", "group/b")).unwrap();
        assert_eq!((row.role.as_str(), row.grants[0].to.as_slice()), ("B", &["group/b".parse().unwrap()][..]));
    }

    #[test]
    fn the_seeds_literal_grant_is_there_on_request() {
        let choices = Choices { pass_role_resource: Some(PassRoleResource::Any), ..Choices::default() };
        let desired = Setup::load("amazon-ml-redshift", choices).unwrap().fill(&place(), &Choices::default()).unwrap();
        assert!(desired.grants[0].policy.text.contains(r#""Resource":"*""#), "{}", desired.grants[0].policy.text);
        assert!(desired.grants[0].policy.text.contains("iam:PassedToService"), "{}", desired.grants[0].policy.text);
        let choices = Choices { pass_role_service: Some(PassedTo::Any), ..Choices::default() };
        let desired = Setup::load("amazon-ml-redshift", choices).unwrap().fill(&place(), &Choices::default()).unwrap();
        assert!(!desired.grants[0].policy.text.contains("Condition"), "{}", desired.grants[0].policy.text);
    }

    #[test]
    fn a_setup_that_is_not_there_is_said_so() {
        let error = Setup::load("amazon-ml", Choices::default()).unwrap_err().to_string();
        assert!(error.contains("`amazon-ml`") && error.contains("amazon-ml-redshift-managed"), "{error}");
        assert!(matches!(Setup::load("no/such.toml", Choices::default()), Err(SetupError::Unreadable { .. })));
        assert_eq!(session_duration("90m").unwrap(), 5400);
        assert!(session_duration("30m").is_err() && session_duration("13h").is_err() && session_duration("1").is_err());
    }
}
