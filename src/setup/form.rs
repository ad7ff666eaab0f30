//! The TOML file's form: from text to tables, every mistake told with its place.
//!
//! What is mistaken is left out of the result, so that the rest can be looked at too.

use std::ops::Range;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::desired::{ExtraPolicies, MissingPrincipal};
use super::file::{GrantTable, PassRoleResource, RoleTable, SetupFile, Written};
use super::finding::{Finding, TextFile, nearest};
use super::params::ParamTable;

const TOP: &[&str] = &["name", "about", "params", "role", "pass_role"];
const PARAM: &[&str] = &["about", "default", "pattern", "wildcards"];
const ROLE: &[&str] = &[
    "name",
    "path",
    "description",
    "trust",
    "managed_policies",
    "permissions_boundary",
    "max_session_duration",
    "tags",
    "extra_policies",
    "inline_policies",
];
const PASS_ROLE: &[&str] = &["name", "to", "resource", "service", "missing_principal"];
const EXTRA_POLICIES: &[(&str, ExtraPolicies)] =
    &[("report", ExtraPolicies::Report), ("remove", ExtraPolicies::Remove), ("ignore", ExtraPolicies::Ignore)];
const RESOURCE: &[(&str, PassRoleResource)] = &[("role", PassRoleResource::Role), ("*", PassRoleResource::Any)];
const MISSING_PRINCIPAL: &[(&str, MissingPrincipal)] =
    &[("fail", MissingPrincipal::Fail), ("skip", MissingPrincipal::Skip)];

/// Reads the setup file.
pub(super) fn read(file: &Arc<TextFile>, findings: &mut Vec<Finding>) -> SetupFile {
    let (document, errors) = DeTable::parse_recoverable(&file.text);
    let strange = !errors.is_empty() && !document.get_ref().keys().any(|key| TOP.contains(&key.get_ref().as_ref()));
    if strange {
        // Nothing of it is shown: it may be anything that was named by mistake, or on purpose.
        findings.push(Finding::mistake(None, format!("`{}` is not a setup: it is not TOML", file.name)));
        return SetupFile::default();
    }
    for error in &errors {
        let spot = file.spot(error.span().unwrap_or_default());
        let finding = match error.message() {
            "duplicate key" => Finding::mistake(spot, "the key is there twice").hint("keep one of the two"),
            message => Finding::mistake(spot, format!("not TOML: {}", message.lines().collect::<Vec<_>>().join(", "))),
        };
        findings.push(finding);
    }
    let mut reader = Reader { file, findings, broken: !errors.is_empty() };
    let top = Table { name: "a setup", at: 0..0, entries: document.get_ref() };
    reader.only(&top, TOP);
    let role = match reader.tables(&top, "role", "[role]").pop() {
        Some(table) => reader.role(&table),
        None => {
            reader.missing(&top, "role");
            RoleTable::default()
        }
    };
    let grants = reader.tables(&top, "pass_role", "[pass_role]").iter().map(|table| reader.grant(table)).collect();
    let params = reader.params(&top);
    SetupFile { name: reader.needed(&top, "name"), about: reader.text(&top, "about"), role, grants, params }
}

struct Table<'a> {
    name: &'static str,
    at: Range<usize>,
    entries: &'a DeTable<'a>,
}

impl<'a> Table<'a> {
    fn get(&self, key: &str) -> Option<&'a Spanned<DeValue<'a>>> {
        // What could not be read as TOML, and was told of, has no length.
        self.entries.get(key).filter(|value| !value.span().is_empty())
    }
}

struct Reader<'a> {
    file: &'a Arc<TextFile>,
    findings: &'a mut Vec<Finding>,
    /// Whether the file is not TOML. What is missing may then be what was not understood.
    broken: bool,
}

impl Reader<'_> {
    fn role(&mut self, table: &Table<'_>) -> RoleTable {
        self.only(table, ROLE);
        RoleTable {
            name: self.needed(table, "name"),
            path: self.text(table, "path"),
            description: self.text(table, "description"),
            trust: self.needed(table, "trust"),
            managed_policies: self.texts(table, "managed_policies"),
            permissions_boundary: self.text(table, "permissions_boundary"),
            max_session_duration: self.text(table, "max_session_duration"),
            tags: self.pairs(table, "tags"),
            extra_policies: self.choice(table, "extra_policies", EXTRA_POLICIES),
            inline_policies: self.pairs(table, "inline_policies"),
        }
    }

    fn grant(&mut self, table: &Table<'_>) -> GrantTable {
        self.only(table, PASS_ROLE);
        GrantTable {
            at: table.at.clone(),
            name: self.text(table, "name"),
            to: self.texts(table, "to"),
            resource: self.choice(table, "resource", RESOURCE),
            service: self.text(table, "service"),
            missing_principal: self.choice(table, "missing_principal", MISSING_PRINCIPAL),
        }
    }

    fn params(&mut self, top: &Table<'_>) -> Vec<ParamTable> {
        let Some(value) = top.get("params") else { return Vec::new() };
        let DeValue::Table(tables) = value.get_ref() else {
            self.wrong_type("params", "a table", value);
            return Vec::new();
        };
        let mut params = Vec::new();
        for (key, value) in tables {
            let DeValue::Table(entries) = value.get_ref() else {
                self.wrong_type(key.get_ref(), "a table", value);
                continue;
            };
            let table = Table { name: "[params.KEY]", at: value.span(), entries };
            self.only(&table, PARAM);
            params.push(ParamTable {
                key: Spanned::new(key.span(), key.get_ref().to_string()),
                about: self.text(&table, "about"),
                default: self.text(&table, "default"),
                pattern: self.text(&table, "pattern"),
                wildcards: self.flag(&table, "wildcards"),
            });
        }
        params
    }

    fn flag(&mut self, table: &Table<'_>, key: &str) -> Option<Spanned<bool>> {
        let value = table.get(key)?;
        match value.get_ref() {
            DeValue::Boolean(flag) => Some(Spanned::new(value.span(), *flag)),
            _ => {
                self.wrong_type(key, "a boolean", value);
                None
            }
        }
    }

    fn only(&mut self, table: &Table<'_>, known: &[&str]) {
        for key in table.entries.keys() {
            let name = key.get_ref();
            if known.contains(&name.as_ref()) {
                continue;
            }
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("{} has {}", table.name, known.join(", ")),
            };
            let message = format!("`{name}` is not a key of {}", table.name);
            self.findings.push(Finding::mistake(self.file.spot(key.span()), message).hint(hint));
        }
    }

    fn missing(&mut self, table: &Table<'_>, key: &str) {
        if !self.broken {
            let message = format!("{} needs `{key}`", table.name);
            self.findings.push(Finding::mistake(self.file.spot(table.at.clone()), message));
        }
    }

    fn wrong_type(&mut self, key: &str, expected: &str, found: &Spanned<DeValue<'_>>) {
        let found_type = match found.get_ref() {
            DeValue::String(_) => "a text",
            DeValue::Integer(_) | DeValue::Float(_) => "a number",
            DeValue::Boolean(_) => "a boolean",
            DeValue::Datetime(_) => "a time",
            DeValue::Array(_) => "a list",
            DeValue::Table(_) => "a table",
        };
        let message = format!("`{key}` is {expected}, but there is {found_type}");
        let finding = Finding::mistake(self.file.spot(found.span()), message);
        self.findings.push(match found.get_ref() {
            DeValue::Table(_) => finding.hint("put a key that has a dot in it into quotes"),
            _ => finding.hint(format!("write it as {expected}")),
        });
    }

    fn needed(&mut self, table: &Table<'_>, key: &str) -> Option<Written> {
        if !table.entries.contains_key(key) {
            self.missing(table, key);
        }
        self.text(table, key)
    }

    fn text(&mut self, table: &Table<'_>, key: &str) -> Option<Written> {
        let value = table.get(key)?;
        self.one(key, value)
    }

    fn one(&mut self, key: &str, value: &Spanned<DeValue<'_>>) -> Option<Written> {
        match value.get_ref() {
            DeValue::String(text) => Some(Spanned::new(value.span(), text.to_string())),
            _ => {
                self.wrong_type(key, "a text", value);
                None
            }
        }
    }

    fn texts(&mut self, table: &Table<'_>, key: &str) -> Vec<Written> {
        let Some(value) = table.get(key) else { return Vec::new() };
        match value.get_ref() {
            DeValue::Array(items) => items.iter().filter_map(|item| self.one(key, item)).collect(),
            _ => {
                self.wrong_type(key, "a list of texts", value);
                Vec::new()
            }
        }
    }

    fn pairs(&mut self, table: &Table<'_>, key: &str) -> Vec<(Written, Written)> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let DeValue::Table(entries) = value.get_ref() else {
            self.wrong_type(key, "a table of texts", value);
            return Vec::new();
        };
        let mut pairs = Vec::new();
        for (name, value) in entries.iter().filter(|(_, value)| !value.span().is_empty()) {
            if let Some(text) = self.one(name.get_ref(), value) {
                pairs.push((Spanned::new(name.span(), name.get_ref().to_string()), text));
            }
        }
        pairs
    }

    fn choice<T: Copy>(&mut self, table: &Table<'_>, key: &str, known: &[(&str, T)]) -> Option<Spanned<T>> {
        let text = self.text(table, key)?;
        let found = known.iter().find(|(word, _)| *word == text.get_ref());
        if found.is_none() {
            let words: Vec<String> = known.iter().map(|(word, _)| format!("`{word}`")).collect();
            let message = format!("`{key}` is one of {}", words.join(", "));
            let finding = Finding::mistake(self.file.spot(text.span()), message);
            self.findings.push(match nearest(text.get_ref(), known.iter().map(|(word, _)| *word)) {
                Some(near) => finding.hint(format!("did you mean `{near}`?")),
                None => finding,
            });
        }
        found.map(|(_, value)| Spanned::new(text.span(), *value))
    }

    /// One table, or several under one name.
    fn tables<'a>(&mut self, table: &Table<'a>, key: &str, name: &'static str) -> Vec<Table<'a>> {
        let Some(value) = table.get(key) else { return Vec::new() };
        let several = match value.get_ref() {
            DeValue::Array(items) if key == "pass_role" => items.iter().collect(),
            _ => vec![value],
        };
        let mut tables = Vec::new();
        for value in several {
            match value.get_ref() {
                DeValue::Table(entries) => tables.push(Table { name, at: value.span(), entries }),
                _ => self.wrong_type(key, "a table", value),
            }
        }
        tables
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mistakes(text: &str) -> Vec<String> {
        let mut findings = Vec::new();
        read(&TextFile::new("s.toml".to_owned(), text), &mut findings);
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_mistake_of_form_is_told_in_one_go() {
        let text = "nmae = 'x'\nname = 'a'\nname = 'b'\n[role]\nname = 3\ntrust = [1]\ntags = { a = 1 }\n\
                    extra_policies = 'purge'\n[role.inline_policies]\nA.b = 'x.json'\n[[pass_role]]\nto = 'user/a'\n\
                    [[pass_role]]\nresource = 'all'\n";
        assert_eq!(
            mistakes(text),
            [
                "s.toml:3:1: the key is there twice",
                "s.toml:1:1: `nmae` is not a key of a setup",
                "s.toml:5:8: `name` is a text, but there is a number",
                "s.toml:6:9: `trust` is a text, but there is a list",
                "s.toml:7:14: `a` is a text, but there is a number",
                "s.toml:8:18: `extra_policies` is one of `report`, `remove`, `ignore`",
                "s.toml:10:1: `A` is a text, but there is a table",
                "s.toml:12:6: `to` is a list of texts, but there is a text",
                "s.toml:14:12: `resource` is one of `role`, `*`",
            ]
        );
    }

    #[test]
    fn what_is_missing_is_told_unless_it_may_have_been_there() {
        assert_eq!(mistakes(""), ["s.toml:1:1: a setup needs `role`", "s.toml:1:1: a setup needs `name`"]);
        assert_eq!(mistakes("name = 'a'\n[role]\nname = 'A'"), ["s.toml:2:1: [role] needs `trust`"]);
        assert_eq!(mistakes("name = \n[role]\n").len(), 1);
    }

    #[test]
    fn one_grant_or_several() {
        let read = |text: &str| read(&TextFile::new(String::new(), text), &mut Vec::new()).grants.len();
        assert_eq!((read(""), read("[pass_role]"), read("[[pass_role]]\n[[pass_role]]")), (0, 1, 2));
    }
}
