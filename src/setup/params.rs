//! `[params.KEY]`: what a setup says of its parameters: which values they take, and what stands where none is given.

use std::collections::BTreeMap;

use regex_lite::Regex;
use serde::Serialize;
use toml::Spanned;

use super::file::{Source, Written};
use super::finding::Finding;
use super::template::{Scope, is_wide, placeholders};

/// One table.
#[derive(Debug, Clone, Serialize)]
pub(super) struct ParamTable {
    /// Its KEY.
    pub(super) key: Written,
    /// One line for people.
    pub(super) about: Option<Written>,
    /// The value, where none is given.
    pub(super) default: Option<Written>,
    /// What the whole value has to match, a regular expression.
    pub(super) pattern: Option<Written>,
    /// Whether a value may hold `*`, `?` and `${` where a policy would take it for more than itself.
    pub(super) wildcards: Option<Spanned<bool>>,
}

impl ParamTable {
    fn may_widen(&self) -> bool {
        self.wildcards.as_ref().is_some_and(|wildcards| *wildcards.get_ref())
    }

    /// What the value must match; nothing where the pattern is none, which [`check`] tells.
    fn regex(&self) -> Option<Result<Regex, regex_lite::Error>> {
        self.pattern.as_ref().map(|pattern| Regex::new(&format!("^(?:{})$", pattern.get_ref())))
    }

    fn takes(&self, value: &str) -> bool {
        !matches!(self.regex(), Some(Ok(regex)) if !regex.is_match(value))
    }
}

impl Source {
    fn param(&self, key: &str) -> Option<&ParamTable> {
        self.file.params.iter().find(|param| param.key.get_ref() == key)
    }

    /// Whether the value of the placeholder `name` may be taken for more than itself in a policy.
    pub(super) fn may_widen(&self, name: &str) -> bool {
        name.strip_prefix("param.").and_then(|key| self.param(key)).is_some_and(ParamTable::may_widen)
    }

    /// One line of what the parameter is for.
    pub(super) fn about_param(&self, key: &str) -> Option<&str> {
        self.param(key)?.about.as_ref().map(|about| about.get_ref().as_str())
    }

    /// The values that stand where none is given.
    pub(super) fn defaults(&self) -> impl Iterator<Item = (&String, &String)> {
        self.file.params.iter().filter_map(|param| Some((param.key.get_ref(), param.default.as_ref()?.get_ref())))
    }

    /// The parameters whose values are wider than themselves, each as `param.KEY = VALUE`.
    pub(super) fn widened(&self, params: &BTreeMap<&String, &String>) -> Vec<String> {
        let wide = self.file.params.iter().filter(|param| param.may_widen());
        let wide = wide.filter_map(|param| Some((param.key.get_ref(), params.get(param.key.get_ref())?)));
        wide.filter(|(_, value)| is_wide(value)).map(|(key, value)| format!("param.{key} = {value}")).collect()
    }
}

/// What is wrong with values, whoever gave them.
pub(super) fn mistaken_values(source: &Source, scope: &Scope, findings: &mut Vec<Finding>) {
    for param in &source.file.params {
        let (key, pattern) = (param.key.get_ref(), param.pattern.as_ref());
        if let (Some(value), Some(pattern)) = (scope.get(&format!("param.{key}")), pattern)
            && !param.takes(value)
        {
            let message =
                format!("the value `{value}` of `{{{{param.{key}}}}}` does not match `{}`", pattern.get_ref());
            findings.push(Finding::mistake(source.text.spot(pattern.span()), message));
        }
    }
}

/// What is wrong or doubtful in the tables themselves.
pub(super) fn check(source: &Source, used: &std::collections::BTreeSet<&str>, findings: &mut Vec<Finding>) {
    for param in &source.file.params {
        let key = param.key.get_ref();
        let spot = |written: &Written| source.text.spot(written.span());
        if let (Some(Err(error)), Some(pattern)) = (param.regex(), &param.pattern) {
            findings.push(Finding::mistake(spot(pattern), format!("not a regular expression: {error}")));
        }
        if !used.contains(key.as_str()) {
            findings.push(Finding::lint(spot(&param.key), format!("nothing uses `{{{{param.{key}}}}}`")));
        }
        if let Some(default) = &param.default
            && placeholders(default.get_ref()).next().is_some()
        {
            findings.push(Finding::mistake(spot(default), "a placeholder in a default: it stands as it is written"));
        }
        if let Some(wildcards) = param.wildcards.as_ref().filter(|wildcards| *wildcards.get_ref()) {
            let message =
                format!("a value of `{{{{param.{key}}}}}` may hold `*`, `?` and `${{`, and so mean more than one");
            let hint =
                "say with `pattern` which values are meant; the question before the first write shows what is given";
            findings.push(Finding::lint(source.text.spot(wildcards.span()), message).hint(hint));
        }
    }
}
