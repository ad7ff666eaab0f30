//! The two protocols on the wire: the query protocol of IAM and STS, and the JSON 1.1 of Organizations.
//!
//! All services share one endpoint, so the credential scope of the SigV4 header tells them apart. The signature itself
//! is not checked: whoever knows an access key id (and, for a session, its token) may use it.

use std::borrow::Cow;

use serde_json::{Value, json};

use super::actions::Service;
use super::refusal::Refusal;
use super::xml::Xml;

/// What of an HTTP request the sandbox looks at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Incoming<'a> {
    /// `Authorization`.
    pub authorization: Option<&'a str>,
    /// `X-Amz-Security-Token`.
    pub session_token: Option<&'a str>,
    /// `X-Amz-Target`, which names the operation in the JSON protocol.
    pub target: Option<&'a str>,
    /// The body.
    pub body: &'a [u8],
}

/// An answer, ready to be sent.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: &'static str,
    /// `x-amzn-RequestId`.
    pub request_id: String,
    /// The body.
    pub body: String,
}

/// The credential scope of a signed request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub(super) access_key: &'a str,
    pub(super) region: &'a str,
    pub(super) service: Option<Service>,
}

impl<'a> Scope<'a> {
    /// Reads `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, …`.
    pub(super) fn read(authorization: &'a str) -> Option<Self> {
        let (_, after) = authorization.split_once("Credential=")?;
        let credential = after.split([',', ' ']).next()?;
        let mut parts = credential.split('/');
        let access_key = parts.next()?;
        let (_date, region) = (parts.next()?, parts.next()?);
        Some(Self { access_key, region, service: Service::from_signing_name(parts.next()?) })
    }
}

/// The parameters of a query request, in the order they came.
#[derive(Debug, Default)]
pub(super) struct Params<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Params<'a> {
    /// Decodes a form body.
    pub(super) fn read(body: &'a [u8]) -> Self {
        Self(form_urlencoded::parse(body).collect())
    }

    /// A parameter, if it was sent.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    /// A parameter that the operation cannot do without.
    pub(super) fn required(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| {
            let mut member = name.to_owned();
            if let Some(first) = member.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            Refusal::validation(format!(
                "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
            ))
        })
    }

    /// A whole number, if it was sent.
    pub(super) fn number(&self, name: &str) -> Result<Option<i64>, Refusal> {
        let parse = |text: &str| {
            text.parse().map_err(|_| Refusal::new(400, "MalformedInput", format!("{name} is not a number: {text}")))
        };
        self.get(name).map(parse).transpose()
    }

    /// The elements of a list of strings, `NAME.member.1`, `NAME.member.2`, ….
    pub(super) fn list<'s>(&'s self, name: &'s str) -> Vec<&'s str> {
        self.members(name, "").collect()
    }

    /// The elements of a list of structures: one field of each, in order.
    pub(super) fn members<'s>(&'s self, name: &'s str, field: &'s str) -> impl Iterator<Item = &'s str> {
        (1usize..).map_while(move |n| {
            let wanted =
                if field.is_empty() { format!("{name}.member.{n}") } else { format!("{name}.member.{n}.{field}") };
            self.get(&wanted)
        })
    }

    /// `Tags.member.N.Key` and `.Value`.
    pub(super) fn tags(&self) -> Vec<(&str, &str)> {
        (1usize..)
            .map_while(|n| {
                let key = self.get(&format!("Tags.member.{n}.Key"))?;
                Some((key, self.get(&format!("Tags.member.{n}.Value")).unwrap_or_default()))
            })
            .collect()
    }
}

/// Wraps a result in the envelope of the query protocol.
pub(super) fn query_answer(service: Service, action: &str, request_id: &str, result: Option<Xml>) -> String {
    let result = result.map(Xml::finish);
    let mut xml = Xml::with_capacity(result.as_ref().map_or(0, String::len) + 3 * action.len() + 250);
    xml.raw("<").raw(action).raw("Response xmlns=\"").raw(service.namespace()).raw("\">");
    if let Some(result) = result {
        xml.raw("<").raw(action).raw("Result>").raw(&result).raw("</").raw(action).raw("Result>");
    }
    xml.within("ResponseMetadata", |xml| {
        xml.text("RequestId", request_id);
    });
    xml.raw("</").raw(action).raw("Response>");
    xml.finish()
}

/// A refusal as `service` would say it. A request that names no service is answered in XML.
pub(super) fn error_answer(service: Option<Service>, request_id: String, refusal: &Refusal) -> Answer {
    let Refusal { status, code, message } = refusal;
    if service == Some(Service::Organizations) {
        let body = json!({ "__type": code, "Message": message }).to_string();
        return Answer { status: *status, content_type: JSON, request_id, body };
    }
    let mut xml = Xml::with_capacity(message.len() + 300);
    xml.raw("<ErrorResponse xmlns=\"").raw(service.unwrap_or(Service::Iam).namespace()).raw("\">");
    xml.within("Error", |xml| {
        xml.text("Type", if *status < 500 { "Sender" } else { "Receiver" }).text("Code", code).text("Message", message);
    });
    xml.text("RequestId", &request_id).close("ErrorResponse");
    Answer { status: *status, content_type: XML, request_id, body: xml.finish() }
}

/// A result in the JSON protocol.
pub(super) fn json_answer(request_id: String, result: &Value) -> Answer {
    Answer { status: 200, content_type: JSON, request_id, body: result.to_string() }
}

/// A result in the query protocol.
pub(super) fn xml_answer(request_id: String, body: String) -> Answer {
    Answer { status: 200, content_type: XML, request_id, body }
}

const XML: &str = "text/xml";
const JSON: &str = "application/x-amz-json-1.1";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scope_tells_key_and_service() {
        let header =
            "AWS4-HMAC-SHA256 Credential=AKIA1/20261124/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0";
        let scope = Scope::read(header).unwrap();
        assert_eq!((scope.access_key, scope.service), ("AKIA1", Some(Service::Iam)));
        assert!(Scope::read("Bearer x").is_none());
    }

    #[test]
    fn lists_end_at_the_first_gap() {
        let params =
            Params::read(b"Tags.member.1.Key=a%2Bb&Tags.member.1.Value=+&TagKeys.member.1=x&TagKeys.member.3=y");
        assert_eq!(params.tags(), [("a+b", " ")]);
        assert_eq!(params.list("TagKeys"), ["x"]);
        assert_eq!(params.required("RoleName").unwrap_err().code, "ValidationError");
    }

    #[test]
    fn errors_have_the_form_of_their_protocol() {
        let refusal = Refusal::access_denied("no <way>");
        let xml = error_answer(Some(Service::Sts), "id".to_owned(), &refusal);
        assert!(xml.body.contains("<Code>AccessDenied</Code><Message>no &lt;way&gt;</Message>"), "{}", xml.body);
        let json = error_answer(Some(Service::Organizations), "id".to_owned(), &refusal);
        assert_eq!(json.body, r#"{"Message":"no <way>","__type":"AccessDenied"}"#);
    }
}
