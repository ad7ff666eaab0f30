//! The root and the organizational units, found by id, by name or by path. Pure.

use std::collections::BTreeSet;

/// A root or a unit, whether it has accounts or none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unit {
    /// `r-ab12` or `ou-ab12-…`.
    pub id: String,
    /// The names from below the root down to its own; none for the root. Not trusted.
    pub names: Vec<String>,
    /// The root's own name, for the root. Not trusted.
    pub root: Option<String>,
}

impl Unit {
    /// `Workloads/Prod`; of the root `/`.
    pub fn path(&self) -> String {
        if self.names.is_empty() { "/".to_owned() } else { self.names.join("/") }
    }

    /// Whether the text is its path, or ends it: `Workloads/Prod` and `Prod`.
    fn is_called(&self, text: &str) -> bool {
        let path = self.names.join("/");
        let ends = path.strip_suffix(text).is_some_and(|before| before.is_empty() || before.ends_with('/'));
        !text.is_empty() && (ends || self.root.as_deref() == Some(text))
    }
}

/// What was found for the units that somebody named.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FoundUnits {
    /// The ids.
    pub(super) ids: BTreeSet<String>,
    /// What is the name of none, with the nearest path where one is near.
    pub(super) unknown: Vec<String>,
    /// What is the name of several: the name, with the path and the id of each.
    pub(super) ambiguous: Vec<(String, Vec<String>)>,
}

impl FoundUnits {
    /// Adds what a text names among `units`: a unit's id, its whole path, or the end of one path.
    pub(super) fn find(&mut self, text: &str, units: &[Unit]) {
        if units.iter().any(|unit| unit.id == text) {
            self.ids.insert(text.to_owned());
            return;
        }
        // As reports show paths, and as they are written with a slash before.
        let name = text.replace(" / ", "/");
        let name = if name == "/" { "/" } else { name.trim_matches('/') };
        let whole: Vec<&Unit> = units.iter().filter(|unit| unit.path() == name).collect();
        let found = if whole.is_empty() { units.iter().filter(|unit| unit.is_called(name)).collect() } else { whole };
        match found.as_slice() {
            [] => self.unknown.push(match nearest(name, units) {
                Some(near) => format!("{text} (is it `{near}`?)"),
                None => text.to_owned(),
            }),
            [one] => {
                self.ids.insert(one.id.clone());
            }
            several => {
                let candidates = several.iter().map(|unit| format!("{} ({})", unit.path(), unit.id)).collect();
                self.ambiguous.push((text.to_owned(), candidates));
            }
        }
    }
}

/// The path that a slip of the hand, or another case, has made this of.
fn nearest(name: &str, units: &[Unit]) -> Option<String> {
    let lower = name.to_lowercase();
    let of = |unit: &&Unit| {
        let path = unit.path().to_lowercase();
        let last = unit.names.last().map(|last| last.to_lowercase()).unwrap_or_default();
        path == lower
            || last == lower
            || strsim::osa_distance(&path, &lower) == 1
            || strsim::osa_distance(&last, &lower) == 1
    };
    units.iter().filter(|unit| !unit.names.is_empty()).find(of).map(Unit::path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Vec<Unit> {
        let unit = |id: &str, path: &str| Unit {
            id: id.to_owned(),
            names: path.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect(),
            root: (id == "r-1").then(|| "Root".to_owned()),
        };
        vec![
            unit("r-1", ""),
            unit("ou-1-a", "Workloads"),
            unit("ou-1-b", "Workloads/Prod"),
            unit("ou-1-c", "Labs/Prod"),
            unit("ou-1-d", "Prod"),
            unit("ou-1-e", "Labs"),
            unit("ou-1-f", "Labs/Dev"),
        ]
    }

    fn found(text: &str) -> FoundUnits {
        let mut found = FoundUnits::default();
        found.find(text, &tree());
        found
    }

    #[test]
    fn a_unit_is_found_by_its_id_its_path_and_a_name_that_is_its_own() {
        for (text, id) in [
            ("ou-1-c", "ou-1-c"),
            ("Workloads/Prod", "ou-1-b"),
            ("/Workloads/Prod", "ou-1-b"),
            ("Workloads / Prod", "ou-1-b"),
            ("Dev", "ou-1-f"),
            // A whole path goes before the end of a longer one.
            ("Prod", "ou-1-d"),
            ("Root", "r-1"),
            ("/", "r-1"),
        ] {
            assert_eq!(found(text).ids, [id.to_owned()].into(), "{text}");
        }
    }

    #[test]
    fn what_is_nobodys_or_severals_is_told_with_who_is_meant() {
        let mut units = tree();
        units.retain(|unit| unit.id != "ou-1-d");
        let mut several = FoundUnits::default();
        several.find("Prod", &units);
        let candidates = ["Workloads/Prod (ou-1-b)", "Labs/Prod (ou-1-c)"].map(str::to_owned).to_vec();
        assert_eq!(several.ambiguous, [("Prod".to_owned(), candidates)]);
        assert!(several.ids.is_empty());
        for (text, told) in [
            ("dev", "dev (is it `Labs/Dev`?)"),
            ("Workload/Prod", "Workload/Prod (is it `Workloads/Prod`?)"),
            ("ou-9-z", "ou-9-z"),
            ("rod", "rod (is it `Workloads/Prod`?)"),
            ("", ""),
        ] {
            assert_eq!(found(text).unknown, [told], "{text}");
        }
    }
}
