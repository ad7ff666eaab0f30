//! The page around its data: markup, style and script, and the policy by which a browser runs this script alone.

use std::io::{self, Write};

use crate::digest::sha256_base64;

/// Markup and script of a page; the style is one for all.
pub(super) struct Page {
    /// With `@@policy@@`, `@@style@@`, `@@data@@` and `@@script@@` where these belong.
    pub(super) markup: &'static str,
    pub(super) script: &'static str,
}

/// A run's page.
pub(super) const RUN: Page = Page { markup: include_str!("page.html"), script: SCRIPT };
pub(super) const STYLE: &str = include_str!("page.css");
/// A run's script, in parts by subject.
pub(super) const SCRIPT: &str = concat!(
    "(() => {\n'use strict';\n",
    include_str!("data.js"),
    include_str!("pictures.js"),
    include_str!("diff.js"),
    include_str!("account.js"),
    include_str!("table.js"),
    include_str!("page.js"),
    "})();\n",
);

/// The policy of a page: nothing from anywhere, but this style, this script, and a picture of no bytes.
pub(super) fn policy(script: &str) -> String {
    format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data:; base-uri 'none'; form-action 'none'",
        sha256_base64(script),
        sha256_base64(STYLE)
    )
}

/// Writes the page; `data` writes what stands at the place of the data.
pub(super) fn write(
    out: &mut dyn Write,
    page: &Page,
    data: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    let mut data = Some(data);
    for (index, piece) in page.markup.split("@@").enumerate() {
        match (index % 2, piece) {
            (0, markup) => out.write_all(markup.as_bytes())?,
            (_, "policy") => out.write_all(policy(page.script).as_bytes())?,
            (_, "style") => out.write_all(STYLE.as_bytes())?,
            (_, "script") => out.write_all(page.script.as_bytes())?,
            _ => {
                if let Some(data) = data.take() {
                    data(out)?;
                }
            }
        }
    }
    Ok(())
}
