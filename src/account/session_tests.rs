//! The session policy names what is needed and nothing else.

use super::goal::Power;
use super::plan_tests::desired;
use super::power::SESSION_POLICY_LIMIT;
use super::session::{least_power, preflight_power};
use crate::policy::{CanonicalPolicy, PolicyKind};

#[test]
fn a_reading_session_cannot_write() {
    let policy = least_power(&desired(), Power::Read);
    assert!(policy.exact);
    for write in ["Create", "Put", "Update", "Attach", "Detach", "Delete", "Tag", "*\""] {
        assert!(!policy.text.contains(&format!("iam:{write}")), "{write}: {}", policy.text);
    }
    CanonicalPolicy::parse(PolicyKind::Identity, &policy.text, &desired().partition).unwrap();
}

#[test]
fn a_writing_session_reaches_the_role_and_the_grantee_and_nobody_else() {
    let policy = least_power(&desired(), Power::Write);
    let value: serde_json::Value = serde_json::from_str(&policy.text).unwrap();
    let mut resources = Vec::new();
    for statement in value["Statement"].as_array().unwrap() {
        resources.extend(statement["Resource"].as_array().unwrap().iter().map(|r| r.as_str().unwrap()));
    }
    assert_eq!(
        resources,
        [
            "arn:aws:iam::123456789012:role/*/AmazonMLRedshift",
            "arn:aws:iam::123456789012:role/AmazonMLRedshift",
            "arn:aws:iam::123456789012:user/*/analyst",
            "arn:aws:iam::123456789012:user/analyst",
        ]
    );
    assert!(!policy.text.contains("iam:Delete") && !policy.text.contains("iam:Detach"), "{}", policy.text);
}

#[test]
fn where_the_names_do_not_fit_the_policy_says_that_it_is_coarser() {
    let mut desired = desired();
    desired.grants[0].to = (0..60).map(|n| format!("user/somebody-with-a-long-name-{n}").parse().unwrap()).collect();
    let policy = least_power(&desired, Power::Write);
    assert!(!policy.exact && policy.text.len() <= SESSION_POLICY_LIMIT, "{}", policy.text.len());
    assert!(policy.text.contains("arn:aws:iam::123456789012:user/*"));
}

#[test]
fn a_preflight_reads_and_asks_the_simulator_about_the_assumed_role_alone() {
    let assumed = "team/Access".parse().unwrap();
    for removing in [false, true] {
        let policy = preflight_power(&desired(), removing, &assumed);
        assert!(policy.exact);
        for write in ["Create", "Put", "Update", "Attach", "Detach", "Delete", "Tag", "*\""] {
            assert!(!policy.text.contains(&format!("iam:{write}")), "{write}: {}", policy.text);
        }
        let value: serde_json::Value = serde_json::from_str(&policy.text).unwrap();
        let simulate = serde_json::json!({ "Effect": "Allow", "Action": ["iam:SimulatePrincipalPolicy"],
            "Resource": ["arn:aws:iam::123456789012:role/team/Access"] });
        assert!(value["Statement"].as_array().unwrap().contains(&simulate), "{}", policy.text);
        assert_eq!(policy.text.contains("ListInstanceProfilesForRole"), removing);
    }
}
