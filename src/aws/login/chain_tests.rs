//! Chains of profiles, those that lead somewhere and those that do not.

use super::*;

const KEYS: &str = "aws_access_key_id = AKIAEXAMPLE\naws_secret_access_key = secret\n";
const ROLE: &str = "role_arn = arn:aws:iam::111122223333:role/Admin\n";

async fn of(config: &str) -> Result<Option<Chain>, Mistake> {
    chain(&Profiles::parse(config).await, "a")
}

async fn refused(config: &str) -> String {
    of(config).await.unwrap_err().told
}

#[tokio::test]
async fn a_role_leads_to_its_source() {
    let config =
        format!("[profile a]\n{ROLE}source_profile = b\nmfa_serial = m\nduration_seconds = 900\n[profile b]\n{KEYS}");
    let found = of(&config).await.unwrap().unwrap();
    assert_eq!((&found.base, found.profile.as_deref()), (&Base::Keys, Some("b")));
    let [role] = found.roles.as_slice() else { panic!("{found:?}") };
    assert_eq!((role.profile.as_str(), role.mfa_serial.as_deref(), role.seconds), ("a", Some("m"), Some(900)));

    // A source's own keys go before the role that it has as well; of two roles the inner one is assumed first.
    let config = format!("[profile a]\n{ROLE}source_profile = b\n[profile b]\n{KEYS}{ROLE}source_profile = c\n");
    assert_eq!(of(&config).await.unwrap().unwrap().roles.len(), 1);
    let config =
        format!("[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = c\n[profile c]\n{KEYS}");
    let profiles: Vec<String> =
        of(&config).await.unwrap().unwrap().roles.into_iter().map(|role| role.profile).collect();
    assert_eq!(profiles, ["b", "a"]);
    let config = format!("[profile a]\n{ROLE}{KEYS}source_profile = a\n");
    assert_eq!(of(&config).await.unwrap().unwrap().base, Base::Keys);
    let config = format!("[profile a]\n{ROLE}credential_source = Ec2InstanceMetadata\n");
    assert_eq!(of(&config).await.unwrap().unwrap().base, Base::Instance);
}

#[tokio::test]
async fn each_base_is_known_by_what_the_profile_says() {
    let sso = "sso_account_id = 1\nsso_role_name = R\n";
    let named =
        format!("[profile a]\nsso_session = s\n{sso}[sso-session s]\nsso_region = us-gov-west-1\nsso_start_url = u\n");
    let found = of(&named).await.unwrap().unwrap();
    assert_eq!(found.region_elsewhere(), Some("us-gov-west-1"));
    assert!(matches!(found.base, Base::Sso { session: Some(_), .. }), "{found:?}");
    let old = format!("[profile a]\nsso_region = eu-west-1\nsso_start_url = u\n{sso}");
    let old = of(&old).await.unwrap().unwrap();
    assert_eq!(old.region_elsewhere(), None);
    assert!(matches!(old.base, Base::Sso { session: None, .. }));
    let base = async |text: &str| of(&format!("[profile a]\n{text}")).await.unwrap().map(|chain| chain.base);
    assert_eq!(base("credential_process = x y\n").await, Some(Base::Process { command: "x y".to_owned() }));
    assert!(matches!(base("login_session = arn:aws:iam::1:user/x\n").await, Some(Base::Signin { .. })));
    assert!(matches!(base(&format!("{ROLE}web_identity_token_file = f\n")).await, Some(Base::WebIdentity { .. })));
    assert_eq!(base("region = eu-west-1\n").await, None);
    assert_eq!(base("sso_session = s\n").await, None);
}

#[tokio::test]
async fn a_chain_that_leads_nowhere_says_where() {
    let circle = format!("[profile a]\n{ROLE}source_profile = b\n[profile b]\n{ROLE}source_profile = a\n");
    assert_eq!(refused(&circle).await, "the profiles a -> b -> a go round in a circle");
    let gone = format!("[profile a]\n{ROLE}source_profile = b\n");
    assert_eq!(refused(&gone).await, "the profile `b`, source_profile of `a`, is not in the AWS configuration");
    let bare = format!("[profile a]\n{ROLE}source_profile = b\n[profile b]\nregion = x\n");
    assert_eq!(refused(&bare).await, "the profile `b`, source_profile of `a`, has no credentials");
    for (text, told) in [
        (ROLE.to_owned(), "has a role_arn and neither source_profile nor credential_source"),
        (
            format!("{ROLE}source_profile = b\ncredential_source = Environment\n"),
            "both source_profile and credential_source",
        ),
        (format!("{ROLE}credential_source = Vault\n"), "is `Vault`"),
        ("role_arn = Admin\nsource_profile = b\n".to_owned(), "not the ARN of a role"),
        ("web_identity_token_file = f\n".to_owned(), "has web_identity_token_file and no role_arn"),
        ("sso_account_id = 1\n".to_owned(), "has sso_account_id and no sso_role_name"),
        ("sso_account_id = 1\nsso_role_name = R\nsso_session = s\n".to_owned(), "the section `sso-session s`"),
        ("sso_account_id = 1\nsso_role_name = R\nsso_region = r\n".to_owned(), "no sso_start_url"),
    ] {
        let refused = refused(&format!("[profile a]\n{text}")).await;
        assert!(refused.contains(told), "{refused}");
    }
}
