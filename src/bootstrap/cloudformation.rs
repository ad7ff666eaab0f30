//! As a CloudFormation template: of the role for a service-managed StackSet, of the caller for a stack of its own.

use serde_json::{Value, json};

use super::need::{Notation, policy};
use super::policies::{Blueprint, POLICY_NAME, Whose, trust};
use super::yaml;

/// Functions of CloudFormation in the place of what is not known yet.
struct Functions {
    /// The role's path; its name is a parameter.
    path: String,
}

impl Notation for Functions {
    fn arn(&self, account: Option<&str>, resource: &str) -> Value {
        let account = account.unwrap_or("${AWS::AccountId}");
        json!({ "Fn::Sub": format!("arn:${{AWS::Partition}}:iam::{account}:{resource}") })
    }

    fn itself(&self) -> Value {
        self.arn(None, &format!("role{}${{RoleName}}", self.path))
    }

    fn caller(&self) -> Value {
        json!({ "Ref": "TrustedPrincipalArn" })
    }
}

/// The template's text.
pub(super) fn template(blueprint: &Blueprint) -> String {
    let head = match blueprint.whose {
        Whose::Member => {
            "# For a service-managed StackSet over the organization, or a stack in one account. It needs the\n\
             # capability CAPABILITY_NAMED_IAM.\n"
        }
        Whose::Caller => {
            "# For a stack in the account that rolecall is run from. Attach the policy to whoever runs it.\n"
        }
    };
    format!("# {}\n{head}{}", blueprint.about, yaml::text(&value(blueprint)))
}

pub(super) fn value(blueprint: &Blueprint) -> Value {
    let description = match blueprint.whose {
        Whose::Member => "The role that rolecall assumes in this account",
        Whose::Caller => "What whoever runs rolecall needs to be allowed",
    };
    let mut trusted = json!({
        "Type": "String",
        "Description": "The ARN of the role or user that runs rolecall",
        "AllowedPattern": match blueprint.whose {
            Whose::Member => "^arn:[a-z-]+:iam::[0-9]{12}:(root|(role|user)/[A-Za-z0-9/_+=,.@-]+)$",
            Whose::Caller => "^arn:[a-z-]+:iam::[0-9]{12}:(role|user)/[A-Za-z0-9/_+=,.@-]+$",
        },
    });
    if let (Some(arn), Some(members)) = (&blueprint.trusted, trusted.as_object_mut()) {
        members.insert("Default".to_owned(), json!(arn.to_string()));
    }
    let permissions = policy(&blueprint.needs, &Functions { path: blueprint.role_path() });
    match blueprint.whose {
        Whose::Member => {
            let no_value = json!({ "Ref": "AWS::NoValue" });
            let asks = json!({ "StringEquals": { "sts:ExternalId": { "Ref": "ExternalId" } } });
            let condition = json!({ "Fn::If": ["AsksForExternalId", asks, no_value] });
            json!({
                "AWSTemplateFormatVersion": "2010-09-09",
                "Description": description,
                "Parameters": {
                    "TrustedPrincipalArn": trusted,
                    "ExternalId": {
                        "Type": "String",
                        "Description": "What --external-id must say; empty for none",
                        "AllowedPattern": "^([A-Za-z0-9_+=,.@:/-]{2,1224})?$",
                        "Default": blueprint.external_id.as_ref().map_or("", |id| id.as_str()),
                    },
                    "RoleName": {
                        "Type": "String",
                        "Description": "What --assume-role must say",
                        "AllowedPattern": "^[A-Za-z0-9_+=,.@-]{1,64}$",
                        "Default": blueprint.role_name(),
                    },
                },
                "Conditions": {
                    "AsksForExternalId": { "Fn::Not": [{ "Fn::Equals": [{ "Ref": "ExternalId" }, ""] }] },
                },
                "Resources": {
                    "Role": {
                        "Type": "AWS::IAM::Role",
                        "Properties": {
                            "RoleName": { "Ref": "RoleName" },
                            "Path": blueprint.role_path(),
                            "Description": description,
                            "MaxSessionDuration": 3600,
                            "AssumeRolePolicyDocument":
                                trust(json!({ "Ref": "TrustedPrincipalArn" }), Some(condition)),
                            "Policies": [{ "PolicyName": POLICY_NAME, "PolicyDocument": permissions }],
                        },
                    },
                },
                "Outputs": { "RoleArn": { "Value": { "Fn::GetAtt": ["Role", "Arn"] } } },
            })
        }
        Whose::Caller => json!({
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": description,
            "Parameters": { "TrustedPrincipalArn": trusted },
            "Resources": {
                "Policy": {
                    "Type": "AWS::IAM::ManagedPolicy",
                    "Properties": { "Description": description, "PolicyDocument": permissions },
                },
            },
            "Outputs": { "PolicyArn": { "Value": { "Ref": "Policy" } } },
        }),
    }
}
