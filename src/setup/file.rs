//! A setup as it is written: the TOML file and the JSON policies next to it, or a built-in of the same form.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::SetupError;

/// The TOML file.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SetupFile {
    pub(super) name: String,
    pub(super) role: RoleTable,
    #[serde(default)]
    pub(super) pass_role: PassRoleTable,
}

/// `[role]`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RoleTable {
    pub(super) name: String,
    #[serde(default = "no_path")]
    pub(super) path: String,
    pub(super) description: Option<String>,
    pub(super) trust: String,
    #[serde(default)]
    pub(super) managed_policies: Vec<String>,
    pub(super) permissions_boundary: Option<String>,
    pub(super) max_session_duration: Option<String>,
    #[serde(default)]
    pub(super) tags: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) extra_policies: Extra,
    #[serde(default)]
    pub(super) inline_policies: BTreeMap<String, String>,
}

fn no_path() -> String {
    "/".to_owned()
}

/// `extra_policies`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Extra {
    #[default]
    Report,
    Remove,
    Ignore,
}

/// `[pass_role]`
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PassRoleTable {
    #[serde(default)]
    pub(super) to: Vec<String>,
    #[serde(default)]
    pub(super) resource: PassRoleResource,
    pub(super) service: Option<String>,
    #[serde(default)]
    pub(super) missing_principal: Missing,
}

/// `pass_role.resource`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
pub enum PassRoleResource {
    /// The role's ARN.
    #[default]
    #[serde(rename = "role")]
    Role,
    /// Every role of the account.
    #[serde(rename = "*")]
    Any,
}

/// `pass_role.missing_principal`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Missing {
    #[default]
    Fail,
    Skip,
}

/// A setup file and the documents that it names, by file name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Source {
    pub(super) file: SetupFile,
    pub(super) documents: BTreeMap<String, String>,
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
];

/// The names of the built-ins.
pub fn built_in_names() -> Vec<&'static str> {
    BUILT_IN.iter().map(|(name, ..)| *name).collect()
}

impl Source {
    /// Finds a built-in by its name.
    pub(super) fn built_in(name: &str) -> Result<Self, SetupError> {
        let (_, toml, documents) = BUILT_IN
            .iter()
            .find(|(known, ..)| *known == name)
            .ok_or_else(|| SetupError::UnknownBuiltIn { name: name.to_owned(), known: built_in_names() })?;
        let documents = documents.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect();
        Ok(Self { file: parse(name, toml)?, documents })
    }

    /// Reads the setup file at `path` and the documents next to it.
    pub(super) fn read(path: &Path) -> Result<Self, SetupError> {
        let read = |path: &Path| {
            std::fs::read_to_string(path).map_err(|source| SetupError::Unreadable { path: path.to_owned(), source })
        };
        let file = parse(&path.display().to_string(), &read(path)?)?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let named = std::iter::once(&file.role.trust).chain(file.role.inline_policies.values());
        let documents = named.map(|name| Ok((name.clone(), read(&folder.join(name))?))).collect::<Result<_, _>>()?;
        Ok(Self { file, documents })
    }
}

fn parse(name: &str, text: &str) -> Result<SetupFile, SetupError> {
    toml::from_str(text).map_err(|source| SetupError::File { file: name.to_owned(), source: Box::new(source) })
}
