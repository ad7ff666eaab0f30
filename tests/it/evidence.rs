//! `rolecall evidence`: a run is signed, checked, spoiled and checked again.

use std::fs;
use std::path::{Path, PathBuf};

use super::harness::Rolecall;

fn key(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/keys").join(name)
}

fn verified() -> Rolecall {
    let rolecall = Rolecall::new();
    let ran = rolecall.run(&["verify", "--sandbox", "--pass-role-to", "user/analyst", "--quiet"]);
    assert!(ran.code == 3 || ran.code == 1, "{ran:?}");
    let public = fs::read_to_string(key("signer.pub")).unwrap();
    fs::write(rolecall.path("signers"), format!("audit@example.com {public}")).unwrap();
    rolecall
}

const SIGNER: &str = "SHA256:";

fn sign(rolecall: &Rolecall, with: &str) -> super::harness::Ran {
    rolecall.run(&["evidence", "sign", "latest", "--key", key(with).to_str().unwrap()])
}

#[test]
fn what_was_signed_fits_until_a_byte_is_changed() {
    let rolecall = verified();
    let check = |args: &[&str]| rolecall.run(&[&["evidence", "check", "latest"], args].concat());
    let unsigned = check(&[]);
    assert!(unsigned.code == 0 && unsigned.stdout.contains("run.json        not signed\n"), "{unsigned:?}");
    assert_eq!(check(&["--allowed-signers", "signers"]).code, 1);

    let signed = sign(&rolecall, "signer");
    assert!(signed.code == 0 && signed.stdout.contains(SIGNER), "{signed:?}");
    let whole = check(&["--allowed-signers", "signers"]);
    assert_eq!(whole.code, 0, "{whole:?}");
    assert!(whole.stdout.contains(", audit@example.com\n"), "{whole:?}");
    for file in [
        "accounts.csv    intact\n",
        "changes.csv     intact\n",
        "evidence.jsonl  intact\n",
        "report.html     intact\n",
        "journal.jsonl   intact, ",
    ] {
        assert!(whole.stdout.contains(file), "{file}: {whole:?}");
    }
    fs::write(rolecall.path("others"), "# nobody\n").unwrap();
    let stranger = check(&["--allowed-signers", "others"]);
    assert!(stranger.code == 1 && stranger.stdout.contains("none of the allowed signers"), "{stranger:?}");

    // An archive has another name.
    let folder = fs::canonicalize(rolecall.path("reports/latest")).unwrap();
    let archive = rolecall.path("q3");
    let copy = || {
        let _ = fs::remove_dir_all(&archive);
        fs::create_dir(&archive).unwrap();
        for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), archive.join(entry.file_name())).unwrap();
        }
    };
    for (file, said) in [
        ("run.json", "run.json        its signature does not match\n"),
        ("accounts.csv", "accounts.csv    changed after the run\n"),
        ("changes.csv", "changes.csv     changed after the run\n"),
        ("evidence.jsonl", "evidence.jsonl  changed after the run\n"),
        ("report.html", "report.html     changed after the run\n"),
        ("journal.jsonl", "journal.jsonl   "),
        ("run.json.sig", "run.json        its signature "),
    ] {
        copy();
        let whole = rolecall.run(&["evidence", "check", "q3"]);
        assert_eq!(whole.code, 0, "{whole:?}");
        let mut bytes = fs::read(archive.join(file)).unwrap();
        // Inside a word, so that JSON stays JSON.
        let at = bytes.windows(8).position(|eight| eight.iter().all(u8::is_ascii_lowercase)).unwrap_or(100) + 4;
        bytes[at] = if bytes[at] == b'x' { b'y' } else { b'x' };
        fs::write(archive.join(file), bytes).unwrap();
        let spoiled = rolecall.run(&["evidence", "check", "q3"]);
        assert!(spoiled.code == 1 || spoiled.code == 2, "{file}: {spoiled:?}");
        if file != "run.json" || spoiled.code == 1 {
            assert!(spoiled.stdout.contains(said), "{file}: {spoiled:?}");
        }
        fs::remove_file(archive.join(file)).unwrap();
        assert_eq!(
            rolecall.run(&["evidence", "check", "q3", "--allowed-signers", "signers"]).code,
            if file == "run.json" { 2 } else { 1 }
        );
    }
}

#[test]
fn what_is_not_as_the_run_left_it_is_not_signed() {
    let rolecall = verified();
    assert_eq!(sign(&rolecall, "signer").code, 0);
    let twice = sign(&rolecall, "signer");
    assert!(twice.code == 2 && twice.stderr.contains("is there already\nhint: "), "{twice:?}");
    let signer = key("signer");
    let again = ["evidence", "sign", "latest", "--force", "--key", signer.to_str().unwrap()];
    assert_eq!(rolecall.run(&again).code, 0);
    let csv = rolecall.path("reports/latest/accounts.csv");
    fs::write(&csv, fs::read_to_string(&csv).unwrap().replace("drifted", "compliant")).unwrap();
    let ran = rolecall.run(&again);
    assert!(ran.code == 1 && ran.stderr.contains("not signed: a file is not what the run left"), "{ran:?}");
}

#[test]
fn a_key_that_cannot_sign_is_one_clear_line_with_its_fix() {
    let rolecall = verified();
    fs::write(rolecall.path("text"), "no key").unwrap();
    for (file, why, fix) in [
        (key("encrypted"), "is encrypted with a passphrase", "ssh-keygen -Y sign -n rolecall-evidence"),
        (key("rsa"), "is a key of the kind ssh-rsa", "ssh-keygen -Y sign -n rolecall-evidence"),
        (key("signer.pub"), "is a public key", "without `.pub`"),
        (rolecall.path("text"), "is not a private key", "ssh-keygen -t ed25519"),
        (rolecall.path("nowhere"), "cannot read", "check the path"),
    ] {
        let ran = rolecall.run(&["evidence", "sign", "latest", "--key", file.to_str().unwrap()]);
        let (error, hint) = ran.stderr.split_once("\nhint: ").unwrap();
        assert!(ran.code == 2 && error.contains(why) && hint.contains(fix), "{ran:?}");
        assert!(!rolecall.path("reports/latest/run.json.sig").exists());
    }
    let none = rolecall.run(&["evidence", "check", "nowhere"]);
    assert!(none.code == 2 && none.stderr.contains("hint: "), "{none:?}");
    let cut_off = rolecall.path("reports/latest/run.json");
    let mut record: serde_json::Value = serde_json::from_slice(&fs::read(&cut_off).unwrap()).unwrap();
    record["ended"] = serde_json::Value::Null;
    fs::write(&cut_off, record.to_string()).unwrap();
    let ran = sign(&rolecall, "signer");
    assert!(ran.code == 2 && ran.stderr.contains("has not come to its end"), "{ran:?}");
}
