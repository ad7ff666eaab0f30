//! One request, as proof that something is allowed.

use std::fmt;

use super::condition::Context;
use crate::policy::document::PrincipalType;

/// A single request: what decides it is all here.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// In lower case, such as `s3:getobject`.
    pub action: String,
    /// The resource's ARN; empty where somebody asks for the role itself.
    pub resource: String,
    /// Who asks, where a trust policy decides.
    pub principal: Option<(PrincipalType, String)>,
    /// Condition keys in lower case, each with its one value. Others are not in the request.
    pub context: Context,
}

/// `s3:getobject on arn:aws:s3:::b/any with aws:sourceip 198.51.100.1`, in the spelling of the request.
impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.action)?;
        if let Some((of, name)) = &self.principal {
            write!(f, " by {} `{name}`", of.as_str())?;
        } else {
            write!(f, " on `{}`", self.resource)?;
        }
        for (index, (key, value)) in self.context.iter().enumerate() {
            f.write_str(if index == 0 { " with " } else { ", " })?;
            write!(f, "{key} `{value}`")?;
        }
        Ok(())
    }
}
