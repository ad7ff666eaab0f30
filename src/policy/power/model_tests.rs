//! A second opinion: decides one request by reading the policies' JSON plainly. It shares nothing with what it judges.

use serde_json::Value;

/// One request, with the points on which IAM's documentation leaves room.
#[derive(Debug, Clone)]
pub(super) struct Asked {
    pub(super) action: String,
    pub(super) resource: String,
    /// The kind and the name of who asks.
    pub(super) principal: (String, String),
    /// Whether the asker's own account lets it ask.
    pub(super) permitted: bool,
    pub(super) context: Vec<(String, String)>,
    /// Whether a star inside an ARN reaches over a colon.
    pub(super) stars_reach: bool,
    /// What `${aws:username}` is; without, a statement that needs it says nothing.
    pub(super) username: Option<String>,
}

/// The account whose role it is.
pub(super) const HOME: &str = "111111111111";

/// Whether documents together allow the request.
pub(super) fn allowed(documents: &[Value], asked: &Asked) -> bool {
    let statements = || documents.iter().flat_map(|document| document["Statement"].as_array().unwrap());
    let says = |effect: &str| statements().any(|one| one["Effect"] == effect && concerns(one, asked));
    says("Allow") && !says("Deny")
}

fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) => items.iter().map(|item| item.as_str().unwrap().to_owned()).collect(),
        other => vec![other.as_str().unwrap().to_owned()],
    }
}

fn concerns(statement: &Value, asked: &Asked) -> bool {
    let listed = |name: &str, matches: &dyn Fn(&str) -> bool| {
        let (one, none) = (&statement[name], &statement[format!("Not{name}")]);
        match (one.is_null(), none.is_null()) {
            (false, _) => texts(one).iter().any(|text| matches(text)),
            (true, false) => !texts(none).iter().any(|text| matches(text)),
            (true, true) => true,
        }
    };
    let action = |pattern: &str| wild(&pattern.to_lowercase(), &asked.action.to_lowercase());
    let resource = |pattern: &str| filled(pattern, asked).is_some_and(|pattern| is_arn(&pattern, asked));
    let principal = || match &statement["Principal"] {
        Value::Null => true,
        Value::String(_) => asked.principal.0 == "AWS" && asked.permitted,
        Value::Object(types) => types.iter().any(|(of, names)| texts(names).iter().any(|name| meant(of, name, asked))),
        _ => panic!("{statement}"),
    };
    listed("Action", &action)
        && listed("Resource", &resource)
        && principal()
        && fulfilled(&statement["Condition"], asked)
}

fn filled(pattern: &str, asked: &Asked) -> Option<String> {
    match (&asked.username, pattern.contains("${aws:username}")) {
        (_, false) => Some(pattern.to_owned()),
        (Some(name), true) => Some(pattern.replace("${aws:username}", name)),
        (None, true) => None,
    }
}

fn is_arn(pattern: &str, asked: &Asked) -> bool {
    if asked.stars_reach || pattern == "*" {
        return wild(pattern, &asked.resource);
    }
    let (left, right): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), asked.resource.splitn(6, ':').collect());
    left.len() == right.len() && left.iter().zip(&right).all(|(pattern, field)| wild(pattern, field))
}

fn meant(of: &str, name: &str, asked: &Asked) -> bool {
    let (kind, who) = (&asked.principal.0, &asked.principal.1);
    if of != kind {
        return false;
    }
    if of != "AWS" {
        return name == who;
    }
    let account = |arn: &str| arn.split(':').nth(4).unwrap_or_default().to_owned();
    let at_home = account(who) == HOME;
    match name {
        "*" => asked.permitted,
        _ if name.ends_with(":root") => account(name) == account(who) && asked.permitted,
        _ => name == who && (at_home || asked.permitted),
    }
}

fn fulfilled(conditions: &Value, asked: &Asked) -> bool {
    let operators = conditions.as_object().into_iter().flatten();
    operators.flat_map(|(operator, keys)| keys.as_object().unwrap().iter().map(move |pair| (operator, pair))).all(
        |(operator, (key, values))| {
            let found = asked.context.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| value);
            one_condition(operator, found.map(String::as_str), &texts(values), asked)
        },
    )
}

fn one_condition(operator: &str, found: Option<&str>, values: &[String], asked: &Asked) -> bool {
    let (over, name) = operator.split_once(':').unwrap_or(("", operator));
    let (name, if_exists) = name.strip_suffix("IfExists").map_or((name, false), |name| (name, true));
    if name == "Null" {
        return values.iter().any(|value| (value == "true") == found.is_none());
    }
    let positive = name.replace("Not", "");
    let negated = positive != name;
    let Some(found) = found else {
        return if_exists || over == "ForAllValues" || (negated && over.is_empty());
    };
    let met = values.iter().filter_map(|value| filled(value, asked)).any(|value| match positive.as_str() {
        "StringEquals" => value == found,
        "StringLike" => wild(&value, found),
        "ArnLike" => {
            let asked = Asked { resource: found.to_owned(), ..asked.clone() };
            is_arn(&value, &asked)
        }
        "Bool" | "StringEqualsIgnoreCase" => value.to_lowercase() == found.to_lowercase(),
        "IpAddress" => match value.as_str() {
            "198.51.100.0/24" => found.starts_with("198.51.100."),
            exact => exact == found,
        },
        other => panic!("{other}"),
    });
    met != negated
}

/// `*` and `?`, by trying every way.
fn wild(pattern: &str, text: &str) -> bool {
    fn from(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], _) => text.is_empty(),
            ([b'*', rest @ ..], []) => from(rest, text),
            ([b'*', rest @ ..], [_, later @ ..]) => from(rest, text) || from(pattern, later),
            ([one, rest @ ..], [c, later @ ..]) => (*one == b'?' || one == c) && from(rest, later),
            (_, []) => false,
        }
    }
    from(pattern.as_bytes(), text.as_bytes())
}
