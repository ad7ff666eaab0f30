//! The environment's variables as AWS's tools read them: one that is set and empty is not set.

use std::collections::HashMap;
use std::fmt;

use aws_types::os_shim_internal::Env;

/// The variables of one moment.
#[derive(Clone, Default)]
pub struct Variables(HashMap<String, String>);

/// Names only: values may be secrets.
impl fmt::Debug for Variables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<&String> = self.0.keys().collect();
        names.sort();
        f.debug_list().entries(names).finish()
    }
}

impl Variables {
    /// Those of this process. What is not UTF-8 is no value that AWS could use.
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// A variable's value, unless it is empty or blank.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.trim().is_empty())
    }

    /// The first of these that has a value, with its name.
    pub fn first<'n>(&self, names: &[&'n str]) -> Option<(&'n str, &str)> {
        names.iter().find_map(|name| Some((*name, self.get(name)?)))
    }

    /// The same for the SDK's reader of configuration files, without those that are empty.
    pub(super) fn for_sdk(&self) -> Env {
        let set = self.0.iter().filter(|(name, _)| self.get(name).is_some());
        Env::from(set.map(|(name, value)| (name.clone(), value.clone())).collect::<HashMap<_, _>>())
    }
}

impl FromIterator<(String, String)> for Variables {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

#[cfg(test)]
impl From<&[(&str, &str)]> for Variables {
    fn from(all: &[(&str, &str)]) -> Self {
        all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_set_and_empty_is_not_set_and_values_are_not_shown() {
        let variables = Variables::from(&[("A", ""), ("B", " \n"), ("C", "secret")][..]);
        assert_eq!(["A", "B", "C", "D"].map(|name| variables.get(name)), [None, None, Some("secret"), None]);
        assert_eq!(variables.first(&["A", "C"]), Some(("C", "secret")));
        assert!(variables.for_sdk().get("A").is_err());
        assert!(!format!("{variables:?}").contains("secret"));
    }
}
