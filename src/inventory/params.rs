//! Setup parameters in one cell: `KEY=VALUE`, joined by `;`. Pure.
//!
//! A backslash goes before each `\\` and `;`, and before each `=` in a key.

use std::collections::BTreeMap;

/// The cell that holds these parameters.
pub(super) fn join(params: &BTreeMap<String, String>) -> String {
    let mut cell = String::new();
    for (key, value) in params {
        if !cell.is_empty() {
            cell.push(';');
        }
        escape(key, &['\\', ';', '='], &mut cell);
        cell.push('=');
        escape(value, &['\\', ';'], &mut cell);
    }
    cell
}

fn escape(text: &str, marks: &[char], cell: &mut String) {
    for c in text.chars() {
        if marks.contains(&c) {
            cell.push('\\');
        }
        cell.push(c);
    }
}

/// The parameters of a cell, in its order.
///
/// # Errors
/// What is wrong with it.
pub(super) fn split(cell: &str) -> Result<Vec<(String, String)>, String> {
    let mut params = Vec::new();
    let mut chars = cell.chars();
    loop {
        let (mut key, mut part) = (None, String::new());
        let end = loop {
            match chars.next() {
                Some('\\') => part.push(chars.next().ok_or("it ends with a lone backslash")?),
                Some('=') if key.is_none() => key = Some(std::mem::take(&mut part)),
                Some(';') => break false,
                Some(c) => part.push(c),
                None => break true,
            }
        };
        match key {
            Some(key) => params.push((key, part)),
            None => return Err(format!("`{part}` is not of the form KEY=VALUE")),
        }
        if end {
            return Ok(params);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cell_is_what_people_would_write() {
        let params = [("bucket", "b"), ("when", "a=1;c\\")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(join(&params.clone().into()), r"bucket=b;when=a=1\;c\\");
        assert_eq!(split(r"bucket=b;when=a=1\;c\\").unwrap(), params);
        assert!(split("a=1;b").unwrap_err().contains("`b` is not"));
        assert!(split("a=1;").unwrap_err().contains("`` is not"));
        assert!(split("a=1\\").unwrap_err().contains("lone backslash"));
    }

    proptest! {
        #[test]
        fn any_parameters_read_back(params in prop::collection::btree_map("[a;=\\\\]{0,4}", "[b;=\\\\]{0,4}", 1..4)) {
            prop_assert_eq!(split(&join(&params)).unwrap(), params.into_iter().collect::<Vec<_>>());
        }
    }
}
