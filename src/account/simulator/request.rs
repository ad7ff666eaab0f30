//! What to ask IAM's policy simulator: may the role do what its policies allow, may the grantees pass it? Pure.
//!
//! A request is one statement's actions on its resources. A condition on one value is answered by that value, so that
//! what is asked is the case that the statement is meant for; other conditions and actions with wildcards cannot be
//! asked about, and are told of instead.

use std::collections::BTreeMap;

use serde_json::Value;

/// One request to the simulator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SimulationRequest {
    /// The actions, without wildcards.
    pub actions: Vec<String>,
    /// The resources.
    pub resources: Vec<String>,
    /// The context, by condition key.
    pub context: BTreeMap<String, String>,
}

/// What a policy gives rise to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct SimulationRequests {
    /// What can be asked.
    pub asked: Vec<SimulationRequest>,
    /// What cannot, in words.
    pub left_out: Vec<String>,
}

impl SimulationRequests {
    /// The requests of one policy, JSON text; `of` names it in what is left out.
    pub(crate) fn of(text: &str, of: &str) -> Self {
        let mut requests = Self::default();
        let policy: Value = serde_json::from_str(text).unwrap_or_default();
        for statement in list(policy.get("Statement")) {
            if statement.get("Effect").and_then(Value::as_str) != Some("Allow") {
                continue;
            }
            requests.add(statement, of);
        }
        requests
    }

    /// Takes in another policy's.
    pub(crate) fn extend(&mut self, other: Self) {
        self.asked.extend(other.asked);
        self.left_out.extend(other.left_out);
    }

    fn add(&mut self, statement: &Value, of: &str) {
        let mut leave_out = |why: &str| self.left_out.push(format!("not simulated: {why} in {of}"));
        let Some(context) = context(statement.get("Condition")) else {
            return leave_out("a condition that has no one value");
        };
        let resources = texts(statement.get("Resource"));
        if resources.is_empty() {
            return leave_out("a statement with NotResource");
        }
        let (patterns, actions): (Vec<String>, Vec<String>) =
            texts(statement.get("Action")).into_iter().partition(|action| action.contains(['*', '?']));
        if statement.get("NotAction").is_some() {
            leave_out("a statement with NotAction");
        }
        if !patterns.is_empty() {
            leave_out(&format!("actions with wildcards ({})", patterns.join(", ")));
        }
        if !actions.is_empty() {
            self.asked.push(SimulationRequest { actions, resources, context });
        }
    }
}

/// The context in which the condition holds; `None` where a single value does not say it.
fn context(condition: Option<&Value>) -> Option<BTreeMap<String, String>> {
    let mut context = BTreeMap::new();
    let Some(operators) = condition.and_then(Value::as_object) else { return Some(context) };
    for (operator, keys) in operators {
        let plain = ["StringEquals", "StringEqualsIgnoreCase", "StringLike", "ArnEquals", "ArnLike"];
        if !plain.contains(&operator.as_str()) {
            return None;
        }
        for (key, values) in keys.as_object()? {
            let value = texts(Some(values)).into_iter().find(|value| !value.contains(['*', '?', '$']))?;
            context.insert(key.clone(), value);
        }
    }
    Some(context)
}

/// A lone value or a list, as a list.
fn list(value: Option<&Value>) -> Vec<&Value> {
    match value {
        Some(Value::Array(items)) => items.iter().collect(),
        Some(item) => vec![item],
        None => Vec::new(),
    }
}

fn texts(value: Option<&Value>) -> Vec<String> {
    list(value).into_iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_statement_is_a_question_and_what_cannot_be_asked_is_told() {
        let policy = r#"{"Statement":[
            {"Effect":"Allow","Action":["s3:GetObject","s3:Put*"],"Resource":"arn:aws:s3:::b/*"},
            {"Effect":"Allow","Action":"iam:PassRole","Resource":["r"],
             "Condition":{"StringEquals":{"iam:PassedToService":"sagemaker.amazonaws.com"}}},
            {"Effect":"Allow","Action":"a:B","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}},
            {"Effect":"Deny","Action":"a:C","Resource":"*"},
            {"Effect":"Allow","NotAction":"a:D","Resource":"*"}]}"#;
        let requests = SimulationRequests::of(policy, "inline policy P");
        let asked: Vec<_> = requests.asked.iter().map(|q| (q.actions.join(","), q.resources.join(","))).collect();
        assert_eq!(asked, [("s3:GetObject".into(), "arn:aws:s3:::b/*".into()), ("iam:PassRole".into(), "r".into())]);
        assert_eq!(requests.asked[1].context["iam:PassedToService"], "sagemaker.amazonaws.com");
        assert_eq!(requests.left_out.len(), 3, "{:?}", requests.left_out);
        assert!(requests.left_out[0].contains("s3:Put*"));
    }
}
