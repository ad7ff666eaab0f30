//! Bad input ends with exit code 2, a hint, and no request to AWS.

use super::harness::Rolecall;

#[test]
fn ten_faults_in_a_csv_are_ten_messages_in_one_go() {
    let rolecall = Rolecall::new();
    let csv = "account_id,name,role_name,pass_role_to,region\n1.23457E+11,a,,,\n12345678901,b,,,\n'123456789012,c,,,\n\
               123456789012,d,,,\n123456789012,e,,,\n1234-5678-9013,f,,,\n123456789014,g,bad name,,\n\
               123456789015,h,,analyst,\n123456789016,i,,,mars\n,j,,,\n123456789017,k\n";
    std::fs::write(rolecall.path("bad.csv"), csv).unwrap();
    let ran = rolecall.run(&["apply", "--accounts", "bad.csv", "--yes"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert_eq!(ran.stderr.lines().filter(|line| line.contains("bad.csv:")).count(), 10, "{}", ran.stderr);
    assert!(ran.stderr.contains("hint: "), "{}", ran.stderr);
    assert!(!rolecall.path("reports").exists(), "nothing was begun");
}

#[test]
fn every_refusal_has_a_hint_and_exit_code_two() {
    let rolecall = Rolecall::new();
    std::fs::write(rolecall.path("ok.csv"), "account_id\n123456789012\n").unwrap();
    std::fs::write(rolecall.path("empty.csv"), "").unwrap();
    std::fs::write(rolecall.path("latin.csv"), b"account_id,name\n123456789012,caf\xe9\n").unwrap();
    let quote = "account_id,name\r\n111111111111,\"Bob\r\n222222222222,Al\r\n";
    std::fs::write(rolecall.path("quote.csv"), quote).unwrap();
    std::fs::write(rolecall.path("file"), "").unwrap();
    for (args, says) in [
        (&["apply", "nosuch", "--sandbox"][..], "there is no built-in setup `nosuch`"),
        (&["apply", "no/such.toml", "--sandbox"], "cannot read no/such.toml"),
        (&["apply", "--accounts", "nowhere.csv", "--yes"], "cannot read nowhere.csv"),
        (&["apply", "--accounts", "empty.csv", "--yes"], "no column `account_id`"),
        (&["apply", "--accounts", "latin.csv", "--yes"], "latin.csv:2:17: neither UTF-8 nor UTF-16"),
        (
            &["apply", "--accounts", "quote.csv", "--yes"],
            "quote.csv:2:2: the quote that opens this cell is never closed",
        ),
        (&["apply", "--accounts", "ok.csv", "--yes"], "no usable AWS credentials"),
        (&["apply", "--accounts", "ok.csv"], "no terminal to ask on"),
        (&["apply", "--accounts", "ok.csv", "--ou", "ou-ab12-12345678", "--yes"], "need the tree"),
        (
            &["apply", "--accounts", "ok.csv", "--yes", "--exclude", "999999999999"],
            "not in the inventory: 999999999999",
        ),
        (&["apply", "--sandbox", "--report-dir", "file/x"], "cannot write to `file/x`"),
        (&["apply", "--sandbox=mars"], "`mars` is not a sandbox world"),
    ] {
        let ran = rolecall.run(args);
        assert_eq!(ran.code, 2, "{args:?}: {ran:?}");
        assert!(ran.stderr.contains(says) && ran.stderr.contains("\nhint: "), "{args:?}: {}", ran.stderr);
        assert!(!ran.stderr.contains("panicked"), "{args:?}: {}", ran.stderr);
    }
}

#[test]
fn a_status_that_says_nothing_to_us_is_warned_of_once() {
    let rolecall = Rolecall::new();
    let csv = "account_id,status\n111111111111,odd\n222222222222,odd\n333333333333,\u{1b}[31m\n444444444444,ACTIVE\n";
    std::fs::write(rolecall.path("a.csv"), csv).unwrap();
    let ran = rolecall.run(&["apply", "--accounts", "a.csv", "--yes"]);
    let warnings: Vec<&str> = ran.stderr.lines().filter(|line| line.starts_with("warning: ")).collect();
    assert_eq!(warnings.len(), 2, "{}", ran.stderr);
    assert_eq!(warnings[0], "warning: `odd` is no state of an account that rolecall knows; its accounts are in");
    assert!(!ran.stderr.contains('\u{1b}'), "{}", ran.stderr);
}

#[test]
fn a_filter_that_names_what_is_not_there_is_an_error() {
    let ran = Rolecall::new().run(&["apply", "--sandbox", "--include", "999999999999"]);
    assert!(ran.code == 1 && ran.stderr.contains("not in the inventory: 999999999999"), "{ran:?}");
}

#[test]
fn an_endpoint_that_does_not_answer_is_said_so() {
    // Port 9 of this machine: nobody listens there, and no credentials of anybody's go out.
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_MAX_ATTEMPTS", "1")];
    let keys = keys.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let rolecall = Rolecall::new().with(keys.to_vec());
    let ran = rolecall.run(&["apply", "--organization", "--yes", "--endpoint-url", "http://127.0.0.1:9"]);
    assert!(ran.code == 1 && ran.stderr.contains("hint: check the network"), "{ran:?}");
}

#[test]
fn what_is_wrong_with_credentials_or_endpoint_is_said_in_one_line() {
    let keys = [("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE"), ("AWS_SECRET_ACCESS_KEY", "x")];
    let of = |pairs: &[(&str, &str)]| {
        let owned = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Rolecall::new().with(owned)
    };
    let live = ["plan", "--organization"];
    for (environment, more, says) in [
        (&[][..], &[][..], "error: no usable AWS credentials: there are none in the environment, a profile, SSO, a "),
        (&[], &["--profile", "nope"], "error: the profile `nope` is not in the AWS configuration"),
        (
            &[("AWS_PROFILE", "nope")],
            &[],
            "error: the profile `nope`, which AWS_PROFILE names, is not in the AWS configuration",
        ),
        (
            &[keys[0], keys[1], ("AWS_ENDPOINT_URL", "nonsense")],
            &[],
            "error: AWS_ENDPOINT_URL: `nonsense` is not the URL of an endpoint",
        ),
    ] {
        let ran = of(environment).run(&[&live[..], more].concat());
        assert_eq!(ran.code, 2, "{ran:?}");
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(lines.len() == 2 && lines[0].starts_with(says) && lines[1].starts_with("hint: "), "{}", ran.stderr);
    }
    for url in ["not a url", "ftp://x", "127.0.0.1:4599", "http://"] {
        let ran = of(&keys).run(&[&live[..], &["--endpoint-url", url]].concat());
        assert!(ran.code == 2 && ran.stderr.contains("not a URL such as"), "{url}: {ran:?}");
    }
}
