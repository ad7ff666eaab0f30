//! `report.html`: the run for people, as one self-contained file that asks nothing of any network.
//!
//! What an account has to show goes to a spool beside the page as soon as the account is done; the page is written
//! from it at the end. So memory does not grow with what accounts say, and the page's size is bounded: what is beyond
//! it stays in the other files, and the page says so.

mod escape;
mod history;
#[cfg(test)]
mod html_tests;
mod page;
mod record;
mod shell;
mod spool;
mod texts;
mod timeline;

pub use history::write_history_page;
pub use page::HtmlPage;
