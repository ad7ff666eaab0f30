//! What can be used and should be looked at: wide trust, wide permissions, and what does not mean what it seems to.

use super::desired::ExtraPolicies;
use super::document::Document;
use super::file::{PassRoleResource, Source};
use super::finding::Finding;
use super::template::{Scope, fill_known};
use crate::policy::Position;
use crate::policy::json::{Member, Node, Value};

/// Managed policies that AWS has replaced.
const RETIRED: &[&str] =
    &["AmazonMachineLearningRoleforRedshiftDataSource", "AmazonMachineLearningRoleforRedshiftDataSourceV2"];
/// Condition keys that say who a principal is, whatever its account lets it do.
const OF_PRINCIPAL: &[&str] =
    &["aws:principalorgid", "aws:principalorgpaths", "aws:principalarn", "aws:principalaccount", "aws:userid"];
const EXTERNAL_ID: &str = "sts:externalid";
/// Condition keys that say for whom a service acts.
const OF_SOURCE: &[&str] = &["aws:sourceaccount", "aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths"];

/// Looks for what is doubtful, in policies with the parameters of `scope` filled in. What is the account's own stays a
/// placeholder.
pub(super) fn lint(source: &Source, scope: &Scope, findings: &mut Vec<Finding>) {
    of_file(source, findings);
    let params: Scope =
        scope.iter().filter(|(name, _)| name.starts_with("param.")).map(|(k, v)| (k.clone(), v.clone())).collect();
    let filled = |document: &Document| document.tree.as_ref().map(|tree| filled(tree, &params));
    let role = &source.file.role;
    if let Some(document) = role.trust.as_ref().and_then(|name| source.documents.get(name.get_ref())) {
        Lints { document, findings }.trust(filled(document).as_ref());
    }
    for (_, name) in &role.inline_policies {
        if let Some(document) = source.documents.get(name.get_ref()) {
            Lints { document, findings }.identity(filled(document).as_ref());
        }
    }
    for document in source.documents.values() {
        Lints { document, findings }.any();
    }
}

/// The same document, each string as it will be once these values are filled in. Whether they may be is told elsewhere.
fn filled(node: &Node, params: &Scope) -> Node {
    let value = match &node.value {
        Value::String(text) => Value::String(fill_known(text, params)),
        Value::Array(items) => Value::Array(items.iter().map(|item| filled(item, params)).collect()),
        Value::Object(members) => Value::Object(
            members.iter().map(|member| Member { node: filled(&member.node, params), ..member.clone() }).collect(),
        ),
        other => other.clone(),
    };
    Node { value, ..node.clone() }
}

fn of_file(source: &Source, findings: &mut Vec<Finding>) {
    let text = &source.text;
    let role = &source.file.role;
    for arn in &role.managed_policies {
        if let Some(name) = RETIRED.iter().find(|name| arn.get_ref().rsplit('/').next() == Some(**name)) {
            let message = format!("AWS has replaced `{name}`; accounts that do not have it yet may not get it");
            let hint = "use AmazonMachineLearningRoleforRedshiftDataSourceV3, or the setup redshift-ml";
            findings.push(Finding::lint(text.spot(arn.span()), message).hint(hint));
        }
    }
    if let Some(extra) = role.extra_policies.as_ref().filter(|extra| *extra.get_ref() == ExtraPolicies::Remove) {
        let message = "policies on the role that are not in the setup are taken off in every account";
        findings.push(Finding::lint(text.spot(extra.span()), message).hint("`rolecall plan` shows which"));
    }
    for resource in source.file.grants.iter().filter_map(|grant| grant.resource.as_ref()) {
        if *resource.get_ref() == PassRoleResource::Any {
            let message = "the grant lets every role of the account be passed";
            findings.push(Finding::lint(text.spot(resource.span()), message).hint("`role` is the setup's role alone"));
        }
    }
    for value in source.file.values() {
        if let Some(id) = account_id(value.get_ref()) {
            findings.push(literal_account(id, text.spot_of(value.span(), id)));
        }
    }
}

/// What is doubtful in one document.
struct Lints<'a> {
    document: &'a Document,
    findings: &'a mut Vec<Finding>,
}

impl Lints<'_> {
    fn any(&mut self) {
        let document = self.document;
        for text in document.texts() {
            if let Some(id) = account_id(text.text) {
                let token = document.file.token(text.at);
                self.findings.push(literal_account(id, document.file.spot_of(token.span, id)));
            }
        }
        let version = document.tree.as_ref().and_then(|tree| member(tree, "Version"));
        let new = version.is_some_and(|version| version.node.value == Value::String("2012-10-17".to_owned()));
        if let Some(text) = document.texts().find(|text| !new && text.text.contains("${")) {
            let message = "`${…}` is plain text in a policy of version 2008-10-17, which is the default";
            self.say(text.at, message, "write \"Version\": \"2012-10-17\" if a variable is meant");
        }
    }

    fn trust(&mut self, tree: Option<&Node>) {
        for statement in allowing(tree) {
            let keys = condition_keys(statement);
            let narrowed = |known: &[&str]| keys.iter().any(|key| known.contains(&key.as_str()));
            let Some(principal) = member(statement, "Principal") else { continue };
            for (name, at) in texts(&principal.node).into_iter().chain(of_type(&principal.node, "AWS")) {
                let whole_account = account_id(name) == Some(name) || name.ends_with(":root");
                if name == "*" && !narrowed(OF_PRINCIPAL) {
                    let hint = "name the principals, or add a condition on aws:PrincipalOrgID";
                    self.say(at, "everybody in AWS may assume the role", hint);
                } else if whole_account
                    && !name.contains("{{account_id}}")
                    && !narrowed(OF_PRINCIPAL)
                    && !narrowed(&[EXTERNAL_ID])
                {
                    let message = "whoever another account lets may assume the role, without an external id";
                    self.say(at, message, "name a role of that account, or add a condition on sts:ExternalId");
                }
            }
            if let Some((service, at)) = of_type(&principal.node, "Service").first().filter(|_| !narrowed(OF_SOURCE)) {
                let message = format!("`{service}` may assume the role on behalf of any account's resources");
                let hint = "add a condition on aws:SourceAccount = {{account_id}}, if the service sends that key";
                self.say(*at, message, hint);
            }
        }
    }

    fn identity(&mut self, tree: Option<&Node>) {
        for statement in allowing(tree) {
            let of = |name| member(statement, name).map(|member| texts(&member.node)).unwrap_or_default();
            let everywhere = of("Resource").iter().any(|(resource, _)| *resource == "*");
            for (action, at) in of("Action") {
                let pass_role = action.eq_ignore_ascii_case("iam:PassRole");
                if action == "*" || action == "*:*" {
                    self.say(at, "the role may do everything", "list the actions that it needs");
                } else if everywhere && pass_role {
                    let hint = "name the roles in Resource, and the service in a condition on iam:PassedToService";
                    self.say(at, "the role may pass every role of the account", hint);
                } else if everywhere && action.ends_with(":*") {
                    let message =
                        format!("the role may do everything of `{}`, to everything", action.trim_end_matches(":*"));
                    self.say(at, message, "list the actions that it needs, or name the resources");
                }
            }
        }
    }

    fn say(&mut self, at: Position, message: impl Into<String>, hint: &str) {
        self.findings.push(Finding::lint(self.document.file.token(at), message).hint(hint));
    }
}

fn literal_account(id: &str, spot: super::finding::Spot) -> Finding {
    Finding::lint(spot, format!("the account {id} is written out, and is the same in every account"))
        .hint("write {{account_id}} if the account itself is meant")
}

/// The first twelve digits that stand alone.
fn account_id(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_alphanumeric()).find(|word| word.len() == 12 && word.bytes().all(|b| b.is_ascii_digit()))
}

fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Member> {
    let Value::Object(members) = &node.value else { return None };
    members.iter().find(|member| member.key == name)
}

/// The statements that allow something.
fn allowing(tree: Option<&Node>) -> Vec<&Node> {
    let statement = tree.and_then(|tree| member(tree, "Statement"));
    let statements: Vec<&Node> = match statement.map(|member| &member.node) {
        Some(Node { value: Value::Array(items), .. }) => items.iter().collect(),
        Some(one) => vec![one],
        None => Vec::new(),
    };
    let allows = |node: &&Node| {
        member(node, "Effect").is_some_and(|effect| texts(&effect.node).iter().any(|(e, _)| *e == "Allow"))
    };
    statements.into_iter().filter(allows).collect()
}

/// A lone text, or those of a list.
fn texts(node: &Node) -> Vec<(&str, Position)> {
    match &node.value {
        Value::String(text) => vec![(text, node.at)],
        Value::Array(items) => items.iter().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

/// The principals of one type.
fn of_type<'a>(principal: &'a Node, name: &str) -> Vec<(&'a str, Position)> {
    member(principal, name).map(|member| texts(&member.node)).unwrap_or_default()
}

/// The keys of a statement's conditions, in lower case.
fn condition_keys(statement: &Node) -> Vec<String> {
    let Some(Member { node: Node { value: Value::Object(operators), .. }, .. }) = member(statement, "Condition") else {
        return Vec::new();
    };
    let keys = operators.iter().filter_map(|operator| match &operator.node.value {
        Value::Object(keys) => Some(keys),
        _ => None,
    });
    keys.flatten().map(|member| member.key.to_ascii_lowercase()).collect()
}
