//! Credentials, caller and clock.

use jiff::{SignedDuration, Timestamp};

use super::check::Check;
use crate::aws::clients::Caller;
use crate::aws::failure::AwsFailure;
use crate::aws::local_config::Held;

/// How long credentials should be good for at least, for a run not to be cut off.
const SOON: SignedDuration = SignedDuration::from_mins(15);

/// How far apart clocks may be without a word, and until AWS refuses signatures.
const DOUBTFUL: SignedDuration = SignedDuration::from_secs(60);
const REFUSED: SignedDuration = SignedDuration::from_mins(5);

/// The credentials that were found, at the time `now`, or what is wrong with them; `login` says how to get others.
pub fn credentials(found: Result<&Held, String>, now: Timestamp, login: &str) -> Check {
    const CHECK: &str = "credentials";
    let held = match found {
        Ok(held) => held,
        Err(why) => return Check::fail(CHECK, why, login),
    };
    let Some(expires) = held.expires else {
        return Check::ok(CHECK, format!("from {}, without an end that is known", held.provider));
    };
    let left = expires.duration_since(now);
    let told = format!("from {}, good until {}", held.provider, expires.strftime("%Y-%m-%d %H:%M:%S UTC"));
    match left {
        left if left <= SignedDuration::ZERO => Check::fail(CHECK, format!("{told}, which is over"), login),
        left if left < SOON => Check::warn(CHECK, told, format!("a run may take longer; {login}")),
        _ => Check::ok(CHECK, told),
    }
}

/// Which proxy AWS is asked through, and which certificates are trusted besides the system's.
pub fn network(proxy: Option<String>, bundle: Option<String>) -> Check {
    let proxy = proxy.map_or_else(|| "no proxy".to_owned(), |proxy| format!("through {proxy}"));
    let bundle = bundle.map(|bundle| format!("; trusts {bundle} besides the system's"));
    Check::ok("network", proxy + &bundle.unwrap_or_default())
}

/// Who runs rolecall.
pub fn caller(caller: &Caller) -> Check {
    const CHECK: &str = "caller";
    if caller.arn.resource() == "root" {
        return Check::fail(
            CHECK,
            format!("{}: the root user may assume no role", caller.arn),
            "use a role or a user of the management account, or of a delegated administrator",
        );
    }
    Check::ok(CHECK, caller.arn.to_string())
}

/// This machine's clock beside AWS's.
pub fn clock(ahead: &Result<Option<SignedDuration>, AwsFailure>) -> Check {
    const CHECK: &str = "clock";
    const FIX: &str = "set this machine's clock, best by NTP";
    match ahead {
        Err(failure) => Check::fail(CHECK, failure.to_string(), "try again; if it stays, check the network"),
        Ok(None) => Check::ok(CHECK, "not compared: the answer does not tell the time"),
        Ok(Some(ahead)) => {
            let off = ahead.abs();
            let way = if ahead.is_negative() { "behind" } else { "ahead of" };
            let told = format!("{} s {way} AWS's", off.as_secs());
            match off {
                off if off >= REFUSED => Check::fail(CHECK, format!("{told}; AWS refuses what is signed so"), FIX),
                off if off >= DOUBTFUL => Check::warn(CHECK, told, FIX),
                off if off.as_secs() <= 1 => Check::ok(CHECK, "the same as AWS's"),
                _ => Check::ok(CHECK, told),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Health;

    fn held(expires: Option<&str>) -> Held {
        Held { provider: "Sso".into(), expires: expires.map(|at| at.parse().unwrap()) }
    }

    #[test]
    fn credentials_that_end_soon_are_doubtful_and_ended_ones_of_no_use() {
        let now = "2026-11-24T09:30:00Z".parse().unwrap();
        let status = |expires| credentials(Ok(&held(expires)), now, "log in").status;
        assert_eq!(status(None), Health::Ok);
        assert_eq!(status(Some("2026-11-24T10:30:00Z")), Health::Ok);
        assert_eq!(status(Some("2026-11-24T09:40:00Z")), Health::Warn);
        assert_eq!(status(Some("2026-11-24T09:29:59Z")), Health::Fail);
        assert_eq!(credentials(Err("nothing there".to_owned()), now, "log in").fix.as_deref(), Some("log in"));
    }

    #[test]
    fn a_clock_is_doubtful_from_a_minute_and_refused_from_five() {
        let status = |seconds| clock(&Ok(Some(SignedDuration::from_secs(seconds)))).status;
        assert_eq!([status(0), status(-59), status(60)], [Health::Ok, Health::Ok, Health::Warn]);
        assert_eq!([status(-299), status(300), status(-4000)], [Health::Warn, Health::Fail, Health::Fail]);
        assert!(clock(&Ok(Some(SignedDuration::from_secs(-90)))).told.contains("90 s behind"));
    }

    #[test]
    fn the_root_user_cannot_do_a_run() {
        let who = |arn: &str| Caller { account: "123456789012".parse().unwrap(), arn: arn.parse().unwrap() };
        assert_eq!(caller(&who("arn:aws:iam::123456789012:root")).status, Health::Fail);
        assert_eq!(caller(&who("arn:aws:iam::123456789012:user/root")).status, Health::Ok);
    }
}
