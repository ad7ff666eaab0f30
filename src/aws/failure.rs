//! Every error that the SDK can give, told once: what was called, what AWS said, and what kind of failure it is.
//!
//! Codes are read here and nowhere else. Text is matched only where AWS gives no finer code, in `classify`.

use std::error::Error;
use std::fmt;
use std::time::SystemTime;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::answer::{ClockOff, clock_off};
use super::http::{PROXY_PASSWORD, THROUGH};

/// What kind of failure it was, which decides whether and how it may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// Too many requests; the SDK has already tried again.
    Throttled,
    /// The service failed (HTTP 500, 502, 503, 504); the SDK has already tried again.
    ServiceFault,
    /// Something else is changing the same entity: IAM asks to come back later.
    Busy,
    /// Not allowed.
    Denied,
    /// The entity is not there.
    NotFound,
    /// No such managed policy, or none that can be attached.
    NotAttachable,
    /// The entity is there already.
    Exists,
    /// It has something attached that must go first; right after a detach, not visible yet.
    DeleteConflict,
    /// A policy names a principal that IAM does not know, or does not know yet.
    UnknownPrincipal,
    /// IAM does not accept the policy document.
    Malformed,
    /// A quota of the account is used up. IAM's `LimitExceeded` is a quota, not a throttle.
    Quota,
    /// The credentials are no longer good, or never were.
    Credentials,
    /// The clock of this machine, or the signature for another reason.
    Clock,
    /// Reads that contradict each other, as they do while a change spreads.
    Inconsistent,
    /// No answer came: name resolution, connection, reset. The request may have been sent.
    Unreachable,
    /// No answer came in time. The request may have been carried out.
    TimedOut,
    /// Anything else; never tried again.
    Other,
}

/// One call to AWS that did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwsFailure {
    /// The service and the call: `iam CreateRole`.
    pub operation: &'static str,
    /// AWS's error code, or a word of ours where AWS gave none: `Timeout`, `Unreachable`, `NoAnswer`.
    pub code: String,
    /// AWS's message, or the SDK's chain of causes. Not trusted.
    pub message: String,
    /// AWS's id of the request, if an answer came.
    pub request_id: Option<String>,
    /// The HTTP status, if an answer came.
    pub status: Option<u16>,
    /// What kind of failure it was.
    pub class: Class,
    /// With [`Class::Clock`]: how far this machine's clock is from AWS's, if the answer said.
    pub clock: Option<ClockOff>,
}

impl fmt::Display for AwsFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.operation, self.code, self.message)?;
        match &self.request_id {
            Some(id) => write!(f, " (request id {id})"),
            None => Ok(()),
        }
    }
}

impl Error for AwsFailure {}

impl AwsFailure {
    /// A failure that AWS did not tell of: an answer that makes no sense, or a call that was never sent.
    pub fn ours(operation: &'static str, code: &str, message: impl Into<String>, class: Class) -> Self {
        let (code, message) = (code.to_owned(), message.into());
        Self { operation, code, message, request_id: None, status: None, class, clock: None }
    }

    /// Whether the request may have been carried out all the same.
    pub fn in_doubt(&self) -> bool {
        // An answer that is not the service's says nothing of the call either: `NoAnswer`, or a status of its own.
        matches!(self.class, Class::TimedOut | Class::Unreachable | Class::ServiceFault)
            || self.code == "NoAnswer"
            || self.status.is_some_and(|status| status >= 500)
    }

    /// Reads the SDK's error of one call.
    pub fn from_sdk<E>(operation: &'static str, error: &SdkError<E, HttpResponse>) -> Self
    where
        E: Error + ProvideErrorMetadata + 'static,
    {
        // Credentials that could not be renewed: the call was never sent, and why is known.
        if let Some(failure) = cause::<Self>(error) {
            return failure.clone();
        }
        if let Some(failure) = cause::<CredentialsError>(error) {
            return Self::ours(operation, "NoCredentials", chain(failure), Class::Credentials);
        }
        let status = error.raw_response().map(|response| response.status().as_u16());
        let request_id = error.request_id().map(str::to_owned);
        let metadata = error.as_service_error().map(ProvideErrorMetadata::meta);
        let given = metadata.and_then(|meta| meta.code());
        let (code, message) = match (error, given) {
            (_, Some(code)) => {
                let message = metadata.and_then(|meta| meta.message()).unwrap_or("AWS gave no message");
                (code.to_owned(), message.to_owned())
            }
            (SdkError::TimeoutError(_), None) => ("Timeout".to_owned(), "no answer came in time".to_owned()),
            (SdkError::ConstructionFailure(_), None) => ("NotSent".to_owned(), chain(error)),
            (SdkError::DispatchFailure(_), None) => ("Unreachable".to_owned(), chain(error)),
            (_, None) => (
                status.map_or_else(|| "NoAnswer".to_owned(), |status| format!("HTTP {status}")),
                "the answer was not one of the service's".to_owned(),
            ),
        };
        let class = match error {
            SdkError::TimeoutError(_) => Class::TimedOut,
            SdkError::DispatchFailure(failure) if failure.is_timeout() => Class::TimedOut,
            SdkError::DispatchFailure(_) if given.is_none() => Class::Unreachable,
            _ => classify(&code, &message, status),
        };
        let clock = match class {
            Class::Clock => error.raw_response().and_then(|response| clock_off(response, SystemTime::now())),
            _ => None,
        };
        Self { operation, code, message, request_id, status, class, clock }
    }
}

impl AwsFailure {
    /// What to do about a proxy or a certificate that is in the way; `None` where neither is.
    pub fn network_fix(&self) -> Option<String> {
        if !matches!(self.class, Class::Unreachable | Class::TimedOut) {
            return None;
        }
        let words = &self.message;
        // The proxy's name in the words is followed by that of its variable.
        let variable = words.split_once(THROUGH).and_then(|(_, rest)| rest.split_once('(')?.1.split(')').next());
        let fix = if words.contains("UnknownIssuer") {
            "this machine does not know who signed that certificate: name the file of your proxy's or company's authority in \
             AWS_CA_BUNDLE"
                .to_owned()
        } else if words.contains("invalid peer certificate") {
            "the certificate is not good for that name and time: check the clock, the endpoint and the proxy".to_owned()
        } else if words.contains(PROXY_PASSWORD) {
            format!("put user and password into {}, such as http://USER:PASSWORD@proxy.example.com:8080", variable?)
        } else if words.contains("tunnel error: unsuccessful") {
            format!(
                "the proxy of {} does not let this host through: have it allowed, or name it in NO_PROXY",
                variable?
            )
        } else {
            format!("check the proxy in {}, or name the host in NO_PROXY", variable?)
        };
        Some(fix)
    }
}

/// The first cause of that type.
fn cause<'e, T: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e T> {
    let mut next = error.source();
    while let Some(cause) = next {
        if let Some(found) = cause.downcast_ref() {
            return Some(found);
        }
        next = cause.source();
    }
    None
}

/// The causes of an error, outermost first, without the SDK's debug dump.
pub fn chain(error: &dyn Error) -> String {
    let mut words = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        let text = cause.to_string();
        if words.last() != Some(&text) {
            words.push(text);
        }
        next = cause.source();
    }
    if words.is_empty() { DisplayErrorContext(error).to_string() } else { words.join(": ") }
}

/// The innermost cause, in a few words.
pub(super) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut last = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string()
}

/// The class of an error code. IAM and STS leave most of these out of their models, so they are known by name only.
pub(super) fn classify(code: &str, message: &str, status: Option<u16>) -> Class {
    match code {
        "Throttling"
        | "ThrottlingException"
        | "ThrottledException"
        | "RequestThrottled"
        | "RequestThrottledException"
        | "TooManyRequestsException"
        | "RequestLimitExceeded"
        | "BandwidthLimitExceeded"
        | "SlowDown"
        | "PriorRequestNotComplete"
        | "LimitExceededException" => Class::Throttled,
        "ConcurrentModification" | "ConcurrentModificationException" | "EntityTemporarilyUnmodifiable" => Class::Busy,
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" => Class::Denied,
        // AWS has no code of its own for a managed policy that does not exist.
        "NoSuchEntity" if message.contains("does not exist or is not attachable") => Class::NotAttachable,
        "PolicyNotAttachable" => Class::NotAttachable,
        "NoSuchEntity" => Class::NotFound,
        "EntityAlreadyExists" => Class::Exists,
        "DeleteConflict" => Class::DeleteConflict,
        // AWS has no code of its own for a principal that it cannot resolve.
        "MalformedPolicyDocument" if message.contains("Invalid principal in policy") => Class::UnknownPrincipal,
        "MalformedPolicyDocument" => Class::Malformed,
        "LimitExceeded" => Class::Quota,
        "ExpiredToken" | "ExpiredTokenException" | "InvalidClientTokenId" | "UnrecognizedClientException" => {
            Class::Credentials
        }
        "RequestTimeout" | "RequestTimeoutException" | "ServiceFailure" | "ServiceUnavailable" | "InternalFailure" => {
            Class::ServiceFault
        }
        "SignatureDoesNotMatch" | "RequestExpired" | "InvalidSignatureException" => Class::Clock,
        _ => match status {
            Some(429) => Class::Throttled,
            Some(500 | 502 | 503 | 504) => Class::ServiceFault,
            _ => Class::Other,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_that_no_model_names_are_told_apart() {
        let cases = [
            ("Throttling", 400, Class::Throttled),
            ("TooManyRequestsException", 400, Class::Throttled),
            ("Whatever", 429, Class::Throttled),
            ("LimitExceeded", 409, Class::Quota),
            ("ConcurrentModification", 409, Class::Busy),
            ("ServiceFailure", 500, Class::ServiceFault),
            ("AccessDenied", 403, Class::Denied),
            ("ExpiredToken", 403, Class::Credentials),
            ("RequestTimeout", 400, Class::ServiceFault),
            ("RequestExpired", 400, Class::Clock),
            ("EntityTemporarilyUnmodifiable", 409, Class::Busy),
            ("RegionDisabledException", 403, Class::Other),
            ("PackedPolicyTooLarge", 400, Class::Other),
            ("UnmodifiableEntity", 400, Class::Other),
            ("ValidationError", 400, Class::Other),
        ];
        for (code, status, class) in cases {
            assert_eq!(classify(code, "", Some(status)), class, "{code}");
        }
    }

    #[test]
    fn what_a_service_says_of_its_own_trouble_leaves_the_call_in_doubt() {
        let failure = |code: &str, status| AwsFailure {
            status: Some(status),
            ..AwsFailure::ours("iam CreateRole", code, "", classify(code, "", Some(status)))
        };
        for (code, status) in [
            ("InternalFailure", 500),
            ("ServiceUnavailable", 503),
            ("RequestTimeout", 400),
            ("ServiceFailure", 500),
            ("HTTP 507", 507),
            ("NoAnswer", 200),
        ] {
            assert!(failure(code, status).in_doubt(), "{code}");
        }
        for (code, status) in [("AccessDenied", 403), ("Throttling", 400), ("LimitExceeded", 409)] {
            assert!(!failure(code, status).in_doubt(), "{code}");
        }
    }

    #[test]
    fn a_principal_that_is_not_known_yet_is_not_a_malformed_policy() {
        let message = r#"Invalid principal in policy: "AWS":"arn:aws:iam::123456789012:role/new""#;
        assert_eq!(classify("MalformedPolicyDocument", message, Some(400)), Class::UnknownPrincipal);
        let message = "Policy arn:aws:iam::aws:policy/Typo does not exist or is not attachable.";
        assert_eq!(classify("NoSuchEntity", message, Some(404)), Class::NotAttachable);
        assert_eq!(classify("MalformedPolicyDocument", "Syntax errors in policy.", Some(400)), Class::Malformed);
    }
}
