//! What an answer says before it is an operation's own error: its code, and what time it is at AWS.
//!
//! Interceptors and retry classifiers see every operation's answers in one untyped form; the two protocols have the code
//! in one place each.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::date_time::{DateTime, Format};

use super::failure::{Class, classify};

/// The class of an answer that is an error, by its code and status.
pub(super) fn class_of(response: &HttpResponse) -> Option<Class> {
    let status = response.status().as_u16();
    if status < 400 {
        return None;
    }
    let body = response.body().bytes().and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    Some(classify(&code(body).unwrap_or_default(), "", Some(status)))
}

/// The error code in a body: `<Code>` in XML, `__type` without its namespace in JSON.
fn code(body: &str) -> Option<String> {
    if let Some((_, rest)) = body.split_once("<Code>") {
        return rest.split_once("</Code>").map(|(code, _)| code.trim().to_owned());
    }
    let value: serde_json::Value = serde_json::from_str(body).ok()?;
    let kind = value.get("__type")?.as_str()?;
    Some(kind.rsplit('#').next().unwrap_or(kind).to_owned())
}

/// Which way a clock is off, and by how much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClockOff {
    /// How much.
    pub by: Duration,
    /// Whether this machine is ahead of AWS.
    pub ahead: bool,
}

/// How far this machine's clock is from that of the answer's `Date`, which is whole seconds.
pub(super) fn clock_off(response: &HttpResponse, now: SystemTime) -> Option<ClockOff> {
    let date = DateTime::from_str(response.headers().get("date")?, Format::HttpDate).ok()?;
    let ours = i64::try_from(now.duration_since(UNIX_EPOCH).ok()?.as_secs()).ok()?;
    let off = ours - date.secs();
    Some(ClockOff { by: Duration::from_secs(off.unsigned_abs()), ahead: off > 0 })
}

#[cfg(test)]
mod tests {
    use aws_smithy_types::body::SdkBody;

    use super::*;

    fn answer(status: u16, body: &str) -> HttpResponse {
        HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body))
    }

    #[test]
    fn both_protocols_and_none_are_read() {
        let xml = "<ErrorResponse><Error><Code>Throttling</Code></Error></ErrorResponse>";
        assert_eq!(class_of(&answer(400, xml)), Some(Class::Throttled));
        let json = r#"{"__type":"com.amazonaws.organizations#TooManyRequestsException"}"#;
        assert_eq!(class_of(&answer(400, json)), Some(Class::Throttled));
        assert_eq!(class_of(&answer(429, "")), Some(Class::Throttled));
        assert_eq!(class_of(&answer(500, "<html>oops</html>")), Some(Class::ServiceFault));
        assert_eq!(class_of(&answer(200, xml)), None);
    }

    #[test]
    fn a_clock_is_off_by_what_the_date_says() {
        let mut answered = answer(403, "");
        answered.headers_mut().insert("date", "Thu, 26 Nov 2026 12:00:00 GMT");
        let noon = UNIX_EPOCH + Duration::from_secs(1_795_694_400);
        let off = |now| clock_off(&answered, now).unwrap();
        assert_eq!(off(noon + Duration::from_secs(432)), ClockOff { by: Duration::from_secs(432), ahead: true });
        assert_eq!(off(noon - Duration::from_secs(60)), ClockOff { by: Duration::from_secs(60), ahead: false });
        assert_eq!(clock_off(&answer(403, ""), noon), None);
    }
}
