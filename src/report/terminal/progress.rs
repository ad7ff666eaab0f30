//! The bar on a terminal: how far, how fast, how long still, and who is being worked on.
//!
//! Draws on the target that it is given. Above the bar stand the first failure of each cause and why a run stops; every
//! failure with its accounts is in the summary.

use std::io;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::flight::InFlight;
use super::groups::Groups;
use super::lines::{failure_lines, halt_line};
use super::style::{Styles, paint};
use super::tally::Tally;
use super::wording::{clip, wrap};
use crate::account::outcome::{Failure, Outcome, Step};
use crate::report::Reporter;
use crate::rollout::event::{Api, Event, EventKind};

/// How wide the lines above the bar may be at the most.
const WIDTH: usize = 80;
/// Below so many columns the bar itself is short, so that the numbers have room.
const NARROW: usize = 70;

/// Shows the bar while the run goes on, and takes it away when it ends.
pub struct Progress {
    bar: ProgressBar,
    width: usize,
    styles: Styles,
    tally: Tally,
    flight: InFlight,
    causes: Groups<(Step, String)>,
    slowed_by: Option<Api>,
}

impl Progress {
    /// Draws on `target`, mostly stderr, which is `width` columns wide.
    pub fn new(target: ProgressDrawTarget, styles: Styles, width: usize) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), target);
        Self {
            bar,
            width: width.min(WIDTH),
            styles,
            tally: Tally::default(),
            flight: InFlight::default(),
            causes: Groups::default(),
            slowed_by: None,
        }
    }

    fn redraw(&self, elapsed: Duration) {
        let bar = if self.width < NARROW { SHORT } else { LONG };
        let slowed = self.slowed_by.map(|api| format!("  slowed by {api} throttling")).unwrap_or_default();
        let numbers = format!("{}{slowed}", self.tally.at(elapsed));
        // Between spinner, bar and numbers are two blanks.
        self.bar.set_prefix(clip(&numbers, self.width.saturating_sub(bar + 3)));
        self.bar.set_message(self.flight.line());
        self.bar.set_position(self.tally.done() as u64);
    }

    /// Shows a failure the first time that its cause comes up.
    fn failed(&mut self, outcome: &Outcome, failure: &Failure) {
        let known = self.causes.len();
        self.causes.add(outcome, (failure.step, failure.code.to_string()), &failure.fix, "");
        if self.causes.len() > known {
            let [what, fix] = failure_lines(outcome, failure);
            let what = wrap(&what, self.width).into_iter().map(|line| paint(self.styles.bad, &line));
            let fix = wrap(&fix, self.width.saturating_sub(2))
                .into_iter()
                .map(|line| format!("  {}", paint(self.styles.advice, &line)));
            what.chain(fix).for_each(|line| self.bar.println(line));
        }
    }
}

impl Reporter for Progress {
    fn event(&mut self, event: &Event) -> io::Result<()> {
        match &event.kind {
            EventKind::RunStarted(info) => {
                self.tally = Tally::of(info);
                self.bar.set_length(info.selected as u64);
                self.bar.set_style(style(&self.styles, self.width).map_err(io::Error::other)?);
                if !self.bar.is_hidden() {
                    self.bar.enable_steady_tick(Duration::from_millis(120));
                }
            }
            EventKind::AccountsListed { selected, whole, .. } => {
                self.tally.listed(*selected, *whole);
                self.bar.set_length(*selected as u64);
            }
            EventKind::StageStarted { stage } => self.tally.stage(*stage),
            EventKind::StagePassed { account_id } => {
                self.tally.passed();
                self.flight.finished(*account_id);
            }
            EventKind::AccountStarted { account_id, account_name } => self.flight.started(*account_id, account_name),
            EventKind::StepStarted { account_id, step } => self.flight.stepped(*account_id, *step),
            EventKind::AccountFinished { outcome, .. } => {
                self.tally.count(outcome.status);
                self.flight.finished(outcome.account_id);
                if let Some(failure) = &outcome.failure {
                    self.failed(outcome, failure);
                }
            }
            EventKind::DrainStarted { reason } => {
                let line = halt_line(reason, self.flight.len(), self.tally.listing);
                wrap(&line, self.width).iter().for_each(|line| self.bar.println(paint(self.styles.warn, line)));
            }
            EventKind::PaceChanged { slowed_by, .. } => self.slowed_by = *slowed_by,
            EventKind::ChangeSettled { .. } => return Ok(()),
            EventKind::RunFinished { .. } => {
                self.bar.finish_and_clear();
                return Ok(());
            }
        }
        self.redraw(event.elapsed);
        Ok(())
    }

    fn finish(self: Box<Self>) -> io::Result<()> {
        self.bar.finish_and_clear();
        Ok(())
    }
}

/// How long the bar is, and on a narrow terminal.
const LONG: usize = 16;
const SHORT: usize = 5;

/// One line of numbers, one of names, which is cut at the terminal's edge.
fn style(styles: &Styles, width: usize) -> Result<ProgressStyle, indicatif::style::TemplateError> {
    let (good, dim) = (styles.good, styles.dim);
    let bar = if width < NARROW { SHORT } else { LONG };
    let template = format!("{good}{{spinner}} {{bar:{bar}}}{good:#} {{prefix}}\n{dim}  {{wide_msg}}{dim:#}");
    Ok(ProgressStyle::with_template(&template)?.progress_chars("━╸─").tick_chars("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏ "))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use indicatif::TermLike;

    use super::*;
    use crate::report::sample;
    use crate::report::terminal::wording::columns;

    /// A terminal of so many columns that remembers every line it was ever given.
    #[derive(Debug, Clone)]
    struct Paper(Arc<Mutex<String>>, usize);

    impl TermLike for Paper {
        fn width(&self) -> u16 {
            u16::try_from(self.1).unwrap()
        }
        fn move_cursor_up(&self, _: usize) -> io::Result<()> {
            self.write_str("\n")
        }
        fn move_cursor_down(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_right(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn move_cursor_left(&self, _: usize) -> io::Result<()> {
            Ok(())
        }
        fn write_line(&self, text: &str) -> io::Result<()> {
            self.write_str(text)?;
            self.write_str("\n")
        }
        fn write_str(&self, text: &str) -> io::Result<()> {
            self.0.lock().unwrap().push_str(text);
            Ok(())
        }
        fn clear_line(&self) -> io::Result<()> {
            self.write_str("\n")
        }
        fn flush(&self) -> io::Result<()> {
            Ok(())
        }
    }

    /// The rows that were ever on the screen; a line that fills its row runs on in the next, as on a terminal.
    fn drawn(events: &[Event]) -> Vec<String> {
        drawn_on(80, events)
    }

    fn drawn_on(width: usize, events: &[Event]) -> Vec<String> {
        let paper = Paper(Arc::default(), width);
        let target = ProgressDrawTarget::term_like_with_hz(Box::new(paper.clone()), 255);
        let mut progress = Progress::new(target, Styles::plain(), width);
        for event in events {
            progress.event(event).unwrap();
            progress.bar.force_draw();
        }
        let text = paper.0.lock().unwrap().clone();
        let mut rows = Vec::new();
        for line in text.lines() {
            let characters: Vec<char> = line.chars().collect();
            rows.extend(characters.chunks(width).map(|row| row.iter().collect::<String>().trim_end().to_owned()));
        }
        rows.retain(|row| !row.is_empty());
        rows
    }

    #[test]
    fn the_bar_shows_numbers_and_the_accounts_in_flight() {
        let mut events = vec![sample::run_started(100, 100)];
        events.extend((1..=8).map(|n| sample::at(100, sample::started(n))));
        events.push(sample::at(2_000, sample::finished(2, sample::created(3)).kind));
        let rows = drawn(&events);
        let [.., numbers, names] = rows.as_slice() else { panic!("{rows:?}") };
        assert!(numbers.ends_with("1/100  1 changed  30/min  3m 18s left"), "{numbers}");
        assert_eq!(names, "  account-1, account-2, account-4, account-5 and 3 more");
    }

    #[test]
    fn on_a_narrow_terminal_the_numbers_keep_their_row_and_words_stay_whole() {
        let mut events = vec![sample::run_started(100, 100)];
        events.extend((1..=8).map(|n| sample::at(100, sample::started(n))));
        events.push(sample::at(2_000, sample::finished(2, sample::created(3)).kind));
        let rows = drawn_on(40, &events);
        let [.., numbers, names] = rows.as_slice() else { panic!("{rows:?}") };
        assert!(numbers.ends_with(" 1/100  1 changed  30/min  3m 18…"), "{rows:?}");
        assert!(names.starts_with("  account-1, account-2"), "{rows:?}");
        let told = drawn_on(40, &sample::rough());
        assert!(told.iter().any(|row| row == "  fix: let account 000000002001 trust"), "{told:?}");
    }

    #[test]
    fn a_long_list_of_names_is_cut_at_the_edge() {
        let mut events = vec![sample::run_started(9, 9)];
        for n in 1..=4 {
            let account_name = format!("an-account-whose-name-is-long-{n}");
            events.push(sample::at(1, EventKind::AccountStarted { account_id: sample::account(n), account_name }));
        }
        let rows = drawn(&events);
        let names = rows.last().unwrap();
        assert!(names.starts_with("  an-account-whose-name-i…, an-account") && columns(names) <= 80, "{rows:?}");
        assert!(rows[rows.len() - 2].contains("0/9"), "the names took one row: {rows:?}");
    }

    #[test]
    fn a_cause_is_told_once_and_nothing_acts() {
        let rows = drawn(&sample::rough());
        let told = |what: &str| rows.iter().filter(|row| row.starts_with("failed") && row.contains(what)).count();
        assert_eq!((told("000000002001"), told("000000002002"), told("000000003001")), (1, 0, 1));
        assert!(rows.iter().any(|row| row.starts_with("  fix: let account 000000002001 trust the caller in")));
        assert!(!rows.iter().any(|row| row.contains(crate::sanitize::printable::acts)));
    }
}
