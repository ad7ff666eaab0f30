//! What IAM answers, read: every page, documents decoded, and "absent" only where IAM says so.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;
use percent_encoding::percent_decode_str;

use crate::aws::failure::{AwsFailure, Class};
use crate::ids::Arn;

/// Gathers the items of every page.
pub(super) async fn collect<T, E>(
    pages: aws_smithy_async::future::pagination_stream::PaginationStream<Result<T, E>>,
) -> Result<Vec<T>, E> {
    let mut pages = pages;
    let mut items = Vec::new();
    while let Some(item) = pages.try_next().await? {
        items.push(item);
    }
    Ok(items)
}

/// `None` where IAM says `NoSuchEntity`, and only there.
pub(super) fn absent_or<T, E>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, AwsFailure>
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) => match AwsFailure::from_sdk(operation, &error) {
            failure if failure.class == Class::NotFound => Ok(None),
            failure => Err(failure),
        },
    }
}

/// A policy document as IAM sends it, `%XX`-encoded (RFC 3986). A `+` is a plus sign, not a space.
pub(super) fn decode(operation: &'static str, text: &str) -> Result<String, AwsFailure> {
    percent_decode_str(text)
        .decode_utf8()
        .map(std::borrow::Cow::into_owned)
        .map_err(|_| unreadable(operation, "a policy document that is not UTF-8"))
}

/// An ARN in an answer.
pub(super) fn parse_arn(operation: &'static str, text: &str) -> Result<Arn, AwsFailure> {
    text.parse().map_err(|error| unreadable(operation, &format!("{error}")))
}

/// An answer that came, and makes no sense.
pub(super) fn unreadable(operation: &'static str, what: &str) -> AwsFailure {
    AwsFailure::ours(operation, "UnreadableAnswer", what, Class::Other)
}

/// The request id of an answer, or the failure.
pub(super) fn request_id<T: RequestId, E>(
    operation: &'static str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<String>, AwsFailure>
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
{
    match answer {
        Ok(answer) => Ok(answer.request_id().map(str::to_owned)),
        Err(error) => Err(AwsFailure::from_sdk(operation, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plus_in_a_policy_document_stays_a_plus() {
        assert_eq!(decode("iam GetRole", "%7B%22a%22%3A%22b+c%20d%22%7D").unwrap(), r#"{"a":"b+c d"}"#);
        assert_eq!(decode("iam GetRole", "%FF").unwrap_err().code, "UnreadableAnswer");
    }
}
