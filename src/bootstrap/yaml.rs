//! YAML from values of JSON: block style, every text in quotes, so that nothing is taken for something else.

use serde_json::Value;

/// The value as a YAML document.
pub(super) fn text(value: &Value) -> String {
    let mut text = String::new();
    write(value, 0, &mut text);
    text
}

/// Writes the value behind what stands on the line so far, further lines `depth` steps in.
fn write(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() => {
            for (n, (key, member)) in members.iter().enumerate() {
                if n > 0 {
                    indent(depth, text);
                }
                text.push_str(&name(key));
                text.push(':');
                below(member, depth + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    indent(depth, text);
                }
                text.push_str("- ");
                write(item, depth + 1, text);
            }
        }
        // JSON's way of writing texts, numbers and what is empty is YAML's too.
        plain => {
            text.push_str(&plain.to_string());
            text.push('\n');
        }
    }
}

/// Writes a member's value: on the same line if it is one, else on lines of its own.
fn below(value: &Value, depth: usize, text: &mut String) {
    let is_block = match value {
        Value::Object(members) => !members.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    };
    if is_block {
        text.push('\n');
        indent(depth, text);
    } else {
        text.push(' ');
    }
    write(value, depth, text);
}

fn indent(depth: usize, text: &mut String) {
    text.push_str(&"  ".repeat(depth));
}

/// A key, in quotes unless it is letters, digits and inner colons.
fn name(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key.ends_with(|c: char| c.is_ascii_alphanumeric())
        && key.chars().all(|c| c.is_ascii_alphanumeric() || c == ':');
    if plain { key.to_owned() } else { Value::from(key).to_string() }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_quoted_and_what_is_inside_stands_further_in() {
        let value = json!({
            "A": { "Fn::Sub": "arn:${AWS::Partition}:x" },
            "B": [{ "C": "no", "D": [1, "2"] }, []],
            "E": {},
            "a-b": "\"\u{1b}",
        });
        let expected = "A:\n  Fn::Sub: \"arn:${AWS::Partition}:x\"\nB:\n  - C: \"no\"\n    D:\n      - 1\n      - \"2\"\n  - []\n\
                        E: {}\n\"a-b\": \"\\\"\\u001b\"\n";
        assert_eq!(text(&value), expected);
    }
}
