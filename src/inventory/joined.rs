//! When an account joined the organization, in each way in which AWS's tools and spreadsheets write it. Pure.

use jiff::civil::{Date, DateTime};
use jiff::fmt::rfc2822;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// The time that a text says: a timestamp with its offset, a day or a time of day without one (UTC), a date as mail has
/// it, or the seconds since 1970 that older versions of the AWS CLI print. `None` where it is none of these; days whose
/// month and day could change places are not guessed.
pub(super) fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    let text = text.strip_suffix(" UTC").unwrap_or(text);
    let utc = |time: DateTime| Offset::UTC.to_timestamp(time).ok();
    let seconds = || {
        let seconds: f64 = text.parse().ok().filter(|seconds: &f64| (1e9..1e11).contains(seconds))?;
        Timestamp::UNIX_EPOCH.checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?).ok()
    };
    (text.parse().ok())
        .or_else(|| text.parse::<DateTime>().ok().and_then(utc))
        .or_else(|| text.parse::<Date>().ok().and_then(|day| utc(day.at(0, 0, 0, 0))))
        .or_else(|| rfc2822::parse(text).ok().map(|zoned| zoned.timestamp()))
        .or_else(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_time_in_each_way_of_writing_it() {
        let at: Timestamp = "2019-06-27T19:41:26Z".parse().unwrap();
        for text in [
            "2019-06-27T19:41:26Z",
            "2019-06-27T21:41:26+02:00",
            " 2019-06-27T19:41:26.000000+00:00 ",
            "2019-06-27 19:41:26",
            "2019-06-27 19:41:26 UTC",
            "Thu, 27 Jun 2019 19:41:26 +0000",
            "1561664486",
            "1561664486.0",
        ] {
            assert_eq!(read(text), Some(at), "{text}");
        }
        assert_eq!(read("2019-06-27"), Some("2019-06-27T00:00:00Z".parse().unwrap()));
        for text in ["", "soon", "6/27/2019", "06/07/2019", "19", "NaN", "inf"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
