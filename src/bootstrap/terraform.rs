//! As Terraform: one file with variables, for a module or a directory of its own.

use serde_json::{Value, json};

use super::need::{Notation, policy};
use super::policies::{Blueprint, POLICY_NAME, Whose, trust};

/// References of Terraform in the place of what is not known yet.
struct References {
    /// The role's path; its name is a variable.
    path: String,
}

impl Notation for References {
    fn arn(&self, account: Option<&str>, resource: &str) -> Value {
        let account = account.unwrap_or("${data.aws_caller_identity.current.account_id}");
        json!(format!("arn:${{data.aws_partition.current.partition}}:iam::{account}:{resource}"))
    }

    fn itself(&self) -> Value {
        self.arn(None, &format!("role{}${{var.role_name}}", self.path))
    }

    fn caller(&self) -> Value {
        json!("${var.trusted_principal_arn}")
    }
}

/// The file's text.
pub(super) fn module(blueprint: &Blueprint) -> String {
    let permissions = expression(&policy(&blueprint.needs, &References { path: blueprint.role_path() }), 1);
    let trusted = blueprint.trusted.as_ref().map(ToString::to_string);
    let mut blocks = vec![
        "terraform {\n  required_providers {\n    aws = {\n      source = \"hashicorp/aws\"\n    }\n  }\n}".to_owned(),
        variable("trusted_principal_arn", "The ARN of the role or user that runs rolecall", trusted.as_deref()),
    ];
    match blueprint.whose {
        Whose::Member => {
            let id = blueprint.external_id.as_ref().map_or("", |id| id.as_str());
            blocks.push(variable("external_id", "What --external-id must say; empty for none", Some(id)));
            blocks.push(variable("role_name", "What --assume-role must say", Some(blueprint.role_name())));
            blocks.extend(DATA.map(str::to_owned));
            blocks.push(role(blueprint));
            blocks.push(format!(
                "resource \"aws_iam_role_policy\" \"rolecall\" {{\n  name = {}\n  role = aws_iam_role.rolecall.id\n  \
                 policy = jsonencode({permissions})\n}}",
                quoted(POLICY_NAME)
            ));
            blocks.push("output \"role_arn\" {\n  value = aws_iam_role.rolecall.arn\n}".to_owned());
        }
        Whose::Caller => {
            blocks.extend(DATA.first().map(|data| (*data).to_owned()));
            blocks.push(format!(
                "resource \"aws_iam_policy\" \"rolecall\" {{\n  name        = \"RolecallCaller\"\n  description = {}\n  \
                 policy = jsonencode({permissions})\n}}",
                quoted("What whoever runs rolecall needs to be allowed")
            ));
            blocks.push("output \"policy_arn\" {\n  value = aws_iam_policy.rolecall.arn\n}".to_owned());
        }
    }
    format!("# {}\n\n{}\n", blueprint.about, blocks.join("\n\n"))
}

const DATA: [&str; 2] = ["data \"aws_partition\" \"current\" {}", "data \"aws_caller_identity\" \"current\" {}"];

fn role(blueprint: &Blueprint) -> String {
    let trust = trust(json!("${var.trusted_principal_arn}"), None);
    let statement = trust.pointer("/Statement/0").cloned().unwrap_or_default();
    let lines = [
        "resource \"aws_iam_role\" \"rolecall\" {".to_owned(),
        "  name                 = var.role_name".to_owned(),
        format!("  path                 = {}", quoted(&blueprint.role_path())),
        "  description          = \"The role that rolecall assumes in this account\"".to_owned(),
        "  max_session_duration = 3600".to_owned(),
        "  assume_role_policy = jsonencode({".to_owned(),
        "    Version = \"2012-10-17\"".to_owned(),
        "    Statement = [merge(".to_owned(),
        format!("      {},", expression(&statement, 3)),
        "      # An empty external id asks for none.".to_owned(),
        "      { for key, value in {".to_owned(),
        "        Condition = { StringEquals = { \"sts:ExternalId\" = var.external_id } }".to_owned(),
        "      } : key => value if var.external_id != \"\" }".to_owned(),
        "    )]".to_owned(),
        "  })".to_owned(),
        "}".to_owned(),
    ];
    lines.join("\n")
}

fn variable(name: &str, description: &str, default: Option<&str>) -> String {
    let default = default.map(|value| format!("\n  default     = {}", quoted(value))).unwrap_or_default();
    format!(
        "variable {} {{\n  type        = string\n  description = {}{default}\n}}",
        quoted(name),
        quoted(description)
    )
}

/// A value as an expression, further lines `depth` steps in.
fn expression(value: &Value, depth: usize) -> String {
    let inner = "  ".repeat(depth + 1);
    let outer = "  ".repeat(depth);
    match value {
        Value::Object(members) => {
            let lines = members.iter().map(|(key, member)| {
                let plain = key.chars().all(|c| c.is_ascii_alphanumeric());
                let key = if plain { key.clone() } else { quoted(key) };
                format!("{inner}{key} = {}\n", expression(member, depth + 1))
            });
            format!("{{\n{}{outer}}}", lines.collect::<String>())
        }
        Value::Array(items) => {
            let lines = items.iter().map(|item| format!("{inner}{},\n", expression(item, depth + 1)));
            format!("[\n{}{outer}]", lines.collect::<String>())
        }
        plain => plain.to_string(),
    }
}

/// A text in quotes; `${…}` in it is a reference, and none of our names has one of its own.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expression_is_nested_as_the_value_is() {
        let value = json!({ "Action": ["iam:GetRole"], "a:b": { "C": "${var.x}" } });
        let expected = "{\n  Action = [\n    \"iam:GetRole\",\n  ]\n  \"a:b\" = {\n    C = \"${var.x}\"\n  }\n}";
        assert_eq!(expression(&value, 0), expected);
    }
}
