//! `history.html`: a history for people, in the style of a run's page and by the same rules.

use std::io::{self, Write};

use super::escape;
use super::shell::{self, Page};
use crate::report::history::History;

const SCRIPT: &str = concat!("(() => {\n'use strict';\n", include_str!("history.js"), "})();\n");
const PAGE: Page = Page { markup: include_str!("history.html"), script: SCRIPT };

/// Writes the page.
///
/// # Errors
/// When `out` fails.
pub fn write_history_page(out: &mut dyn Write, history: &History) -> io::Result<()> {
    let mut data = Vec::new();
    escape::json(history, &mut data)?;
    shell::write(out, &PAGE, |out| {
        out.write_all(b"<script type=\"application/json\" id=\"history-data\">")?;
        out.write_all(&data)?;
        out.write_all(b"</script>")
    })
}
