//! Who calls, and where: profiles, logins, the expected organization, and what is said where there is no way to AWS.

use std::fs;

use super::harness::{Rolecall, Server};

/// A home whose AWS configuration is this text, on a served world.
struct Desk {
    rolecall: Rolecall,
    server: Server,
    _home: Rolecall,
}

impl Desk {
    fn new(world: &str, environment: &[(&str, &str)]) -> Self {
        let home = Rolecall::new();
        let server = Server::start(&home, world);
        let own = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Self { rolecall: Rolecall::new().with(own), server, _home: home }
    }

    fn value(&self, name: &str) -> String {
        self.server.environment.iter().find(|(known, _)| known == name).unwrap().1.clone()
    }

    /// Writes the configuration; `KEYS` stands for good keys, `HERE` for the endpoint.
    fn configure(&self, text: &str) {
        let keys = format!(
            "aws_access_key_id = {}\naws_secret_access_key = {}\nregion = eu-west-1",
            self.value("AWS_ACCESS_KEY_ID"),
            self.value("AWS_SECRET_ACCESS_KEY")
        );
        let text = text.replace("KEYS", &keys).replace("HERE", &self.value("AWS_ENDPOINT_URL"));
        fs::create_dir_all(self.rolecall.path(".aws")).unwrap();
        fs::write(self.rolecall.path(".aws/config"), text).unwrap();
    }

    /// Runs `accounts` over the organization, on the world's endpoint.
    fn accounts(&self, more: &[&str]) -> super::harness::Ran {
        let endpoint = self.value("AWS_ENDPOINT_URL");
        self.rolecall.run(&[&["accounts", "--organization", "--endpoint-url", &endpoint], more].concat())
    }
}

const ELSE: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "AKIAELSEWHERE000000"), ("AWS_SECRET_ACCESS_KEY", "x")];

#[test]
fn a_profile_that_is_named_goes_before_keys_in_the_environment_and_one_in_the_environment_does_not() {
    let desk = Desk::new("healthy", &ELSE);
    desk.configure("[profile ops]\nKEYS\n[profile bare]\nregion = eu-west-1\n");
    let named = desk.accounts(&["--profile", "ops"]);
    assert_eq!(named.code, 0, "{named:?}");
    // The environment's keys are nobody's here.
    let none = desk.accounts(&[]);
    assert!(none.code == 1 && none.stderr.contains("InvalidClientTokenId"), "{none:?}");
    for (more, told) in [
        (["--profile", "nosuch"], "the profile `nosuch` is not in the AWS configuration"),
        (["--profile", "bare"], "the profile `bare` says nothing about credentials"),
    ] {
        let refused = desk.accounts(&more);
        assert!(
            refused.code == 2 && refused.stderr.contains(told) && refused.stderr.contains("\nhint: "),
            "{refused:?}"
        );
    }
    let variable = Desk::new("healthy", &[&ELSE[..], &[("AWS_PROFILE", "ops")]].concat());
    variable.configure("[profile ops]\nKEYS\n");
    assert!(variable.accounts(&[]).stderr.contains("InvalidClientTokenId"), "as with the AWS CLI");
    variable.configure("[profile other]\nKEYS\n");
    let gone = variable.accounts(&[]);
    assert!(gone.code == 2 && gone.stderr.contains("the profile `ops`, which AWS_PROFILE names, is not"), "{gone:?}");
    let alone = Desk::new("healthy", &[("AWS_PROFILE", "ops"), ("AWS_ACCESS_KEY_ID", ""), ("AWS_REGION", "")]);
    alone.configure("[profile ops]\nKEYS\n");
    assert_eq!(alone.accounts(&[]).code, 0, "what is set and empty is not set");
}

#[test]
fn the_organization_and_the_account_are_those_that_are_expected() {
    let desk = Desk::new("healthy", &[]);
    desk.configure("[profile ops]\nKEYS\n");
    // What it is, the refusal tells.
    let wrong = desk.accounts(&["--profile", "ops", "--expect-organization", "o-anotherone00"]);
    let organization = wrong.stderr.split_whitespace().find(|word| word.starts_with("o-")).unwrap();
    let organization = organization.trim_end_matches(',').to_owned();
    let ran = desk.accounts(&["--profile", "ops", "--expect-organization", &organization]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let ran = desk.accounts(&["--profile", "ops", "--expect-organization", "o-anotherone00"]);
    assert!(
        ran.code == 1 && ran.stderr.contains(&format!("the organization is {organization}, not o-anotherone00")),
        "{ran:?}"
    );
    let ran = desk.accounts(&["--profile", "ops", "--expect-account", "111122223333"]);
    assert!(ran.code == 1 && ran.stderr.contains("is not of the account 111122223333"), "{ran:?}");
    let ran = desk.accounts(&["--profile", "ops", "--expect-organization", "nonsense"]);
    assert_eq!(ran.code, 2, "{ran:?}");
}

#[test]
fn who_lists_may_be_another_than_who_assumes() {
    let desk = Desk::new("healthy", &ELSE);
    desk.configure("[profile lists]\nKEYS\n");
    let ran = desk.accounts(&["--list-profile", "lists"]);
    assert!(ran.code == 1 && ran.stderr.contains("sts GetCallerIdentity"), "who assumes is still nobody: {ran:?}");
    desk.configure("[profile ops]\nKEYS\n[profile lists]\naws_access_key_id = AKIANOBODY\naws_secret_access_key = x\n");
    let ran = desk.accounts(&["--profile", "ops", "--list-profile", "lists"]);
    assert!(ran.code == 1 && ran.stderr.contains("organizations "), "{ran:?}");
}

#[test]
fn each_link_that_fails_is_one_line_with_its_fix() {
    let desk = Desk::new("healthy", &[]);
    let role = "role_arn = arn:aws:iam::111122223333:role/Admin";
    let sso = "sso_account_id = 111122223333\nsso_role_name = R\nsso_region = eu-west-1\nsso_start_url = https://x.awsapps.com/start";
    for (profile, code, told, fix) in [
        (
            "credential_process = sh -c 'echo no licence >&2; exit 3'".to_owned(),
            2,
            "credential_process `sh` of the profile `a` failed: exit status: 3: no licence",
            "run the command by hand",
        ),
        (
            "credential_process = echo hello".to_owned(),
            2,
            "credential_process `echo` of the profile `a` did not print credentials",
            "one JSON object",
        ),
        (
            "credential_process = echo '{\"Version\":1}'".to_owned(),
            2,
            "did not print credentials: Expected field `AccessKeyId`",
            "one JSON object",
        ),
        (sso.to_owned(), 2, "SSO of the profile `a` failed: failed to", "aws sso login --profile a"),
        (
            "login_session = arn:aws:iam::111122223333:user/x".to_owned(),
            2,
            "`aws login` of the profile `a` failed",
            "aws login --profile a",
        ),
        (
            format!("{role}\nsource_profile = b"),
            2,
            "the profile `b`, source_profile of `a`, is not in the AWS configuration",
            "source_profile",
        ),
        (
            format!("{role}\nsource_profile = a2\n[profile a2]\n{role}\nsource_profile = a"),
            2,
            "the profiles a -> a2 -> a go round in a circle",
            "source_profile",
        ),
        (
            format!("{role}\nsource_profile = good\n[profile good]\nKEYS"),
            1,
            "the profile `a` could not assume arn:aws:iam::111122223333:role/Admin: sts AssumeRole: AccessDenied",
            "trust policy",
        ),
        (
            format!("{role}\nweb_identity_token_file = /no/such/token"),
            2,
            "the token in `/no/such/token` cannot be read",
            "web_identity_token_file",
        ),
        (
            format!("{role}\nmfa_serial = arn:aws:iam::1:mfa/me\nsource_profile = good\n[profile good]\nKEYS"),
            2,
            "needs a code of the MFA device arn:aws:iam::1:mfa/me, and there is no terminal",
            "aws configure export-credentials --profile a",
        ),
        (
            "aws_access_key_id = AKIAEXAMPLE".to_owned(),
            2,
            "the profile `a` has no aws_secret_access_key",
            "aws configure --profile a",
        ),
        (
            "KEYS\nendpoint_url = localhost:4566".to_owned(),
            2,
            "endpoint_url of the profile `a`: `localhost:4566` is not the URL of an endpoint",
            "http://",
        ),
        ("KEYS\nmax_attempts = many".to_owned(), 2, "max_attempts of the profile `a` is `many`", "correct it"),
    ] {
        desk.configure(&format!("[profile a]\n{profile}\n"));
        let endpoint = desk.value("AWS_ENDPOINT_URL");
        let more = if told.contains("endpoint_url of") { vec![] } else { vec!["--endpoint-url", endpoint.as_str()] };
        let ran = desk.rolecall.run(&[&["accounts", "--organization", "--profile", "a"], &more[..]].concat());
        assert!(ran.code == code && ran.stderr.contains(told) && ran.stderr.contains(fix), "{profile}: {ran:?}");
        assert_eq!(ran.stderr.lines().count(), 2, "{profile}: {ran:?}");
    }
}

#[test]
fn a_key_with_a_line_break_is_told_and_never_shown() {
    let desk =
        Desk::new("healthy", &[("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE\n"), ("AWS_SECRET_ACCESS_KEY", "very-secret")]);
    let ran = desk.accounts(&[]);
    assert!(
        ran.code == 2 && ran.stderr.contains("the access key of the environment has a line break in it"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains("secret-"), "{ran:?}");
}

#[test]
fn proxies_and_certificates_that_are_none_name_their_variable() {
    for (variable, value, told) in [
        ("AWS_CA_BUNDLE", "/no/such.pem", "AWS_CA_BUNDLE: `/no/such.pem` cannot be read"),
        ("AWS_CA_BUNDLE", "/etc/hostname", "AWS_CA_BUNDLE: `/etc/hostname` holds no certificate in PEM"),
        ("HTTPS_PROXY", "socks5://127.0.0.1:1", "HTTPS_PROXY names a SOCKS proxy"),
        ("https_proxy", "ftp://x", "https_proxy is not the URL of a proxy"),
        ("AWS_ENDPOINT_URL_IAM", "x", "AWS_ENDPOINT_URL_IAM: `x` is not the URL of an endpoint"),
    ] {
        let rolecall = Rolecall::new().with(vec![(variable.to_owned(), value.to_owned())]);
        let ran = rolecall.run(&["accounts", "--organization"]);
        assert!(ran.code == 2 && ran.stderr.contains(told), "{variable}={value}: {ran:?}");
    }
    // A port that nothing listens on any more.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let proxy = format!("http://me:secret@{closed}");
    let with = [("HTTPS_PROXY", proxy.as_str()), ELSE[0], ELSE[1], ("AWS_MAX_ATTEMPTS", "1")];
    let rolecall = Rolecall::new().with(with.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    let ran = rolecall.run(&["accounts", "--organization", "--region", "eu-west-1"]);
    let told = format!("https://sts.eu-west-1.amazonaws.com through the proxy http://me:***@{closed} (HTTPS_PROXY)");
    assert!(ran.code == 1 && ran.stderr.contains(&told), "{ran:?}");
    assert!(ran.stderr.contains("hint: check the proxy in HTTPS_PROXY") && !ran.stderr.contains("secret"), "{ran:?}");
}

#[test]
fn a_credential_process_is_run_once() {
    let desk = Desk::new("healthy", &[]);
    let keys = format!(
        "echo x >> {}; printf '{{\"Version\":1,\"AccessKeyId\":\"{}\",\"SecretAccessKey\":\"{}\"}}'",
        desk.rolecall.path("asked").display(),
        desk.value("AWS_ACCESS_KEY_ID"),
        desk.value("AWS_SECRET_ACCESS_KEY")
    );
    fs::write(desk.rolecall.path("login.sh"), keys).unwrap();
    desk.configure(&format!("[profile a]\ncredential_process = sh {}\n", desk.rolecall.path("login.sh").display()));
    let ran = desk.accounts(&["--profile", "a"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(fs::read_to_string(desk.rolecall.path("asked")).unwrap().lines().count(), 1);
}
