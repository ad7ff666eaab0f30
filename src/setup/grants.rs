//! The grants of a setup, filled in for one account.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use toml::Spanned;

use super::desired::{Grant, Policy};
use super::file::{GrantTable, PassRoleResource};
use super::fill::{Filling, all};
use super::finding::Finding;
use super::limits;
use super::resolve::PassedTo;
use crate::ids::{Arn, PolicyName, PrincipalRef};
use crate::policy::PolicyKind;

impl Filling<'_> {
    /// The grants on the role `role`, whose own inline policies are `inline`.
    pub(super) fn grants(
        &mut self,
        role_arn: &Arn,
        role: &str,
        inline: Option<&BTreeMap<PolicyName, Policy>>,
    ) -> Option<Vec<Grant>> {
        let nobody = [GrantTable::default()];
        let written = &self.source.file.grants;
        let tables = if written.is_empty() { nobody.as_slice() } else { written.as_slice() };
        let mut grants = Vec::new();
        let mut names = BTreeSet::new();
        let mut sums: BTreeMap<PrincipalRef, usize> = BTreeMap::new();
        if let Some(inline) = inline
            && let Ok(role) = format!("role/{role}").parse()
        {
            sums.insert(role, inline.values().map(limits::length).sum());
        }
        for (index, table) in tables.iter().enumerate() {
            // Where a mistake of the whole grant is told.
            let here = table.name.clone().unwrap_or_else(|| Spanned::new(table.at.clone(), String::new()));
            let name: Option<PolicyName> = match &table.name {
                Some(name) => self.parsed(name),
                None if index == 0 => format!("RolecallPassRole-{role}").parse().ok(),
                None => {
                    self.mistake(&here, "each [[pass_role]] after the first needs a `name` of its own");
                    None
                }
            };
            if let Some(name) = &name
                && !names.insert(name.as_str().to_lowercase())
            {
                self.mistake(&here, format!("two grants have the name `{name}`"));
            }
            let to = self.grantees(index, table);
            let policy = self.grant(table, role_arn);
            for principal in to.iter().flatten() {
                let is_role = *principal.to_string() == format!("role/{role}");
                if is_role && name.as_ref().is_some_and(|name| inline.is_some_and(|inline| inline.contains_key(name))) {
                    self.mistake(&here, "the role has an inline policy of the grant's name, and would get both");
                }
                let length = policy.as_ref().map_or(0, limits::length);
                let sum = sums.entry(principal.clone()).or_default();
                let (whose, limit) = (principal.to_string(), limits::inline(principal.kind()));
                self.sum(&here, sum, length, &whose, limit);
            }
            let missing_principal = table.missing_principal.as_ref().map(|missing| *missing.get_ref());
            let missing_principal = missing_principal.unwrap_or_default();
            let grant = to.zip(name).zip(policy).zip(role.parse().ok());
            grants.push(grant.map(|(((to, name), policy), role)| Grant { to, name, role, policy, missing_principal }));
        }
        all(grants)
    }

    /// Who gets a grant, each once. A choice of the row or the command line stands for the first grant's `to`.
    fn grantees(&mut self, index: usize, table: &GrantTable) -> Option<Vec<PrincipalRef>> {
        let chosen = [&self.row.pass_role_to, &self.choices.pass_role_to].into_iter().find(|to| !to.is_empty());
        let all_named: Vec<PrincipalRef> = match chosen.filter(|_| index == 0) {
            Some(chosen) => chosen.clone(),
            None => all(table.to.iter().map(|to| self.parsed(to)).collect())?,
        };
        let mut to: Vec<PrincipalRef> = Vec::new();
        for principal in all_named {
            if !to.contains(&principal) {
                to.push(principal);
            }
        }
        Some(to)
    }

    fn grant(&mut self, table: &GrantTable, role: &Arn) -> Option<Policy> {
        let written = table.resource.as_ref().map(|resource| *resource.get_ref()).unwrap_or_default();
        let resource = match self.choices.pass_role_resource.unwrap_or(written) {
            PassRoleResource::Role => role.to_string(),
            PassRoleResource::Any => "*".to_owned(),
        };
        let mut statement = json!({ "Effect": "Allow", "Action": "iam:PassRole", "Resource": resource });
        let service = match (&self.choices.pass_role_service, &table.service) {
            (Some(PassedTo::Any), _) | (None, None) => None,
            (Some(PassedTo::Service(service)), _) => Some(service.clone()),
            (None, Some(written)) => {
                let service = self.text(written)?;
                if !PassedTo::is_service(&service) {
                    self.mistake(
                        written,
                        format!("`{service}` is not a service principal such as `ec2.amazonaws.com`"),
                    );
                    return None;
                }
                Some(service)
            }
        };
        if let (Some(service), Value::Object(members)) = (service, &mut statement) {
            members.insert("Condition".to_owned(), json!({ "StringEquals": { "iam:PassedToService": service } }));
        }
        let text = json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string();
        Policy::parse(PolicyKind::Identity, &text, self.partition)
            .map_err(|error| self.findings.push(Finding::mistake(None, format!("the grant: {error}"))))
            .ok()
    }
}
