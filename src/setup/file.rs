//! A setup as it is written: the TOML file and the JSON policies next to it, or a built-in of the same form.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::desired::{ExtraPolicies, MissingPrincipal};
use super::document::Document;
use super::error::SetupError;
use super::finding::{Finding, TextFile};
use super::form;
use super::params::ParamTable;
use super::resolve::Setup;
use crate::own_file;

/// A text, with where it stands in the setup file.
pub(super) type Written = Spanned<String>;

/// The TOML file. What is mistaken or left out is not there.
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct SetupFile {
    pub(super) name: Option<Written>,
    pub(super) about: Option<Written>,
    pub(super) role: RoleTable,
    pub(super) grants: Vec<GrantTable>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) params: Vec<ParamTable>,
}

/// `[role]`
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct RoleTable {
    pub(super) name: Option<Written>,
    pub(super) path: Option<Written>,
    pub(super) description: Option<Written>,
    pub(super) trust: Option<Written>,
    pub(super) managed_policies: Vec<Written>,
    pub(super) permissions_boundary: Option<Written>,
    pub(super) max_session_duration: Option<Written>,
    pub(super) tags: Vec<(Written, Written)>,
    pub(super) extra_policies: Option<Spanned<ExtraPolicies>>,
    pub(super) inline_policies: Vec<(Written, Written)>,
}

/// `[pass_role]`, or one of several `[[pass_role]]`
#[derive(Debug, Clone, Default, Serialize)]
pub(super) struct GrantTable {
    #[serde(skip)]
    pub(super) at: Range<usize>,
    pub(super) name: Option<Written>,
    pub(super) to: Vec<Written>,
    pub(super) resource: Option<Spanned<PassRoleResource>>,
    pub(super) service: Option<Written>,
    pub(super) missing_principal: Option<Spanned<MissingPrincipal>>,
}

/// `pass_role.resource`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum PassRoleResource {
    /// The role's ARN.
    #[default]
    #[serde(rename = "role")]
    Role,
    /// Every role of the account.
    #[serde(rename = "*")]
    Any,
}

impl SetupFile {
    /// Every text in which placeholders are filled in.
    pub(super) fn values(&self) -> Vec<&Written> {
        let role = &self.role;
        let mut values: Vec<&Written> =
            [&role.name, &role.path, &role.description, &role.permissions_boundary, &role.max_session_duration]
                .into_iter()
                .flatten()
                .collect();
        values.extend(&role.managed_policies);
        values.extend(role.tags.iter().map(|(_, value)| value));
        for grant in &self.grants {
            values.extend(grant.name.iter().chain(&grant.to).chain(&grant.service));
        }
        values
    }
}

/// A setup file and the documents that it names, by file name.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub(super) text: Arc<TextFile>,
    pub(super) file: SetupFile,
    pub(super) documents: BTreeMap<String, Document>,
}

/// A built-in: its name, its TOML, and the documents it names.
type BuiltIn = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

const BUILT_IN: &[BuiltIn] = &[
    (
        "amazon-ml-redshift",
        include_str!("../../setups/amazon-ml-redshift/setup.toml"),
        &[
            ("trust.json", include_str!("../../setups/amazon-ml-redshift/trust.json")),
            ("permissions.json", include_str!("../../setups/amazon-ml-redshift/permissions.json")),
        ],
    ),
    (
        "amazon-ml-redshift-managed",
        include_str!("../../setups/amazon-ml-redshift-managed/setup.toml"),
        &[("trust.json", include_str!("../../setups/amazon-ml-redshift-managed/trust.json"))],
    ),
    (
        "redshift-ml",
        include_str!("../../setups/redshift-ml/setup.toml"),
        &[
            ("trust.json", include_str!("../../setups/redshift-ml/trust.json")),
            ("pass-role.json", include_str!("../../setups/redshift-ml/pass-role.json")),
        ],
    ),
];

/// The names of the built-ins.
pub fn built_in_names() -> Vec<&'static str> {
    BUILT_IN.iter().map(|(name, ..)| *name).collect()
}

/// The longest file that is read: more than IAM would take of any of them.
const LONGEST: u64 = 64 << 10;

impl Source {
    /// A built-in by its name, or else the setup file at the path `name` and the documents next to it. Mistakes that
    /// leave something to look at go to `findings`.
    pub(super) fn open(name: &str, findings: &mut Vec<Finding>) -> Result<Self, SetupError> {
        if Setup::is_path(name) {
            let path = Path::new(name);
            let unreadable = |source| SetupError::Unreadable { path: path.to_owned(), source };
            let text = fs::canonicalize(path).and_then(|path| text_of(&path)).map_err(unreadable)?;
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let whole = fs::canonicalize(folder).map_err(unreadable)?;
            let find = |document: &str| {
                // Whose setup it is may be a stranger's, and what it names is shown and sent.
                let below = Path::new(document)
                    .components()
                    .all(|part| matches!(part, Component::Normal(_) | Component::CurDir));
                let there = if below { fs::canonicalize(whole.join(document))? } else { PathBuf::new() };
                if !there.starts_with(&whole) {
                    return Err(io::Error::other("it is not below the setup's folder"));
                }
                let path = path.parent().unwrap_or(Path::new("")).join(document);
                text_of(&there).map(|text| TextFile::new(path.display().to_string(), &text))
            };
            return Ok(Self::read(TextFile::new(path.display().to_string(), &text), find, findings));
        }
        let (_, toml, documents) = BUILT_IN
            .iter()
            .find(|(known, ..)| *known == name)
            .ok_or_else(|| SetupError::UnknownBuiltIn { name: name.to_owned(), known: built_in_names() })?;
        let find = |document: &str| match documents.iter().find(|(file, _)| *file == document) {
            Some((file, text)) => Ok(TextFile::new(format!("{name}/{file}"), text)),
            None => Err(std::io::ErrorKind::NotFound.into()),
        };
        Ok(Self::read(TextFile::new(format!("{name}/setup.toml"), toml), find, findings))
    }

    /// Reads a setup from its text. `find` gives a document by its file name.
    pub(super) fn read(
        text: Arc<TextFile>,
        find: impl Fn(&str) -> std::io::Result<Arc<TextFile>>,
        findings: &mut Vec<Finding>,
    ) -> Self {
        let file = form::read(&text, findings);
        let named = file.role.trust.iter().chain(file.role.inline_policies.iter().map(|(_, document)| document));
        let mut documents = BTreeMap::new();
        for name in named {
            if documents.contains_key(name.get_ref()) {
                continue;
            }
            match find(name.get_ref()) {
                // Nothing of it is shown: it may be anything that was named by mistake, or on purpose.
                Ok(document) if !is_json(&document.text) => findings.push(Finding::mistake(
                    text.spot(name.span()),
                    format!("`{}` is not JSON: a policy begins with `{{`", name.get_ref()),
                )),
                Ok(document) => {
                    documents.insert(name.get_ref().clone(), Document::new(document, findings));
                }
                Err(error) => findings.push(
                    Finding::mistake(text.spot(name.span()), format!("cannot read `{}`: {error}", name.get_ref()))
                        .hint("documents are looked for next to the setup file"),
                ),
            }
        }
        Self { text, file, documents }
    }
}

/// Whether a text could be a policy at all.
fn is_json(text: &str) -> bool {
    let text = text.trim_start();
    text.is_empty() || text.starts_with(['{', '['])
}

fn text_of(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    own_file::read(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST { Err(io::Error::other("it is longer than 64 KiB")) } else { Ok(text) }
}
