//! SSH signatures over a text, in OpenSSH's own form (`PROTOCOL.sshsig`): what `ssh-keygen -Y verify` checks, and what
//! `ssh-keygen -Y sign` makes.
//!
//! Ed25519 keys, without a passphrase. Pure: it is given keys, texts and signatures, and knows no file.

use ssh_key::{Algorithm, HashAlg, LineEnding, PrivateKey, PublicKey, SshSig};

/// What the signatures are for: one made for a commit or a mail is none for a run.
pub const NAMESPACE: &str = "rolecall-evidence";

/// Why a key cannot sign.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// It asks for a passphrase.
    #[error("is encrypted with a passphrase")]
    Encrypted,
    /// It is the half that everybody may have.
    #[error("is a public key, and signing takes the private one")]
    Public,
    /// It is of a kind that is not signed with here.
    #[error("is a key of the kind {0}, and rolecall signs with ed25519 keys")]
    Kind(String),
    /// It is nothing that OpenSSH would take for a private key.
    #[error("is not a private key in OpenSSH's format")]
    NotAKey,
}

/// Why a signature does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// It is no signature.
    #[error("is not an SSH signature")]
    NotASignature,
    /// It was made for something else.
    #[error("was made for `{0}`, and not for `{NAMESPACE}`")]
    Namespace(String),
    /// Its key is of a kind that is not checked here.
    #[error("is by a key of the kind {0}: `ssh-keygen -Y verify` can check it")]
    Kind(String),
    /// It is of another text, or is spoiled.
    #[error("does not match")]
    Mismatch,
}

/// Who made a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer(PublicKey);

/// What a file of allowed signers says of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It is allowed, as these principals.
    Allowed(String),
    /// It has a line with conditions that are not judged here.
    Conditional,
    /// It has no line.
    Unknown,
}

/// Signs `text` with the private key whose file's content is `key`, for [`NAMESPACE`].
///
/// # Errors
/// When the key cannot sign.
pub fn sign(key: &str, text: &[u8]) -> Result<(String, Signer), KeyError> {
    if PublicKey::from_openssh(key.trim()).is_ok() {
        return Err(KeyError::Public);
    }
    let key = PrivateKey::from_openssh(key).map_err(|_| KeyError::NotAKey)?;
    if key.is_encrypted() {
        return Err(KeyError::Encrypted);
    }
    let signer = Signer(PublicKey::from(key.public_key().key_data().clone()));
    if key.algorithm() != Algorithm::Ed25519 {
        return Err(KeyError::Kind(key.algorithm().to_string()));
    }
    let signed = key.sign(NAMESPACE, HashAlg::Sha512, text).and_then(|signature| signature.to_pem(LineEnding::LF));
    signed.map(|signature| (signature, signer)).map_err(|_| KeyError::NotAKey)
}

/// Who signed `text`, if the signature holds.
///
/// # Errors
/// When it does not, or cannot be judged.
pub fn check(signature: &[u8], text: &[u8]) -> Result<Signer, SignatureError> {
    let signature = SshSig::from_pem(signature).map_err(|_| SignatureError::NotASignature)?;
    if signature.namespace() != NAMESPACE {
        return Err(SignatureError::Namespace(signature.namespace().to_owned()));
    }
    let key = PublicKey::from(signature.public_key().clone());
    if key.algorithm() != Algorithm::Ed25519 {
        return Err(SignatureError::Kind(key.algorithm().to_string()));
    }
    key.verify(NAMESPACE, text, &signature).map_err(|_| SignatureError::Mismatch)?;
    Ok(Signer(key))
}

impl Signer {
    /// The key's fingerprint, as `ssh-keygen -l` shows it: `SHA256:…`.
    pub fn fingerprint(&self) -> String {
        self.0.fingerprint(HashAlg::Sha256).to_string()
    }

    /// What a file in OpenSSH's format of allowed signers (`ssh-keygen(1)`) says of the key.
    pub fn standing(&self, allowed_signers: &str) -> Standing {
        let mut standing = Standing::Unknown;
        for line in allowed_signers.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
            let Some((principals, options)) = self.line(line) else { continue };
            match options {
                Options::Allow => return Standing::Allowed(principals.to_owned()),
                Options::Unjudged => standing = Standing::Conditional,
                Options::Other => {}
            }
        }
        standing
    }

    /// The principals and the options of a line, if it is about this key.
    fn line<'l>(&self, line: &'l str) -> Option<(&'l str, Options)> {
        let (principals, rest) = line.split_once(char::is_whitespace)?;
        let words: Vec<&str> = rest.split_whitespace().collect();
        let at = words.iter().position(|word| *word == Algorithm::Ed25519.as_str())?;
        let key = PublicKey::from_openssh(&words.get(at..at + 2)?.join(" ")).ok()?;
        let options = words.get(..at).unwrap_or_default();
        (key.key_data() == self.0.key_data()).then(|| (principals, Options::of(options)))
    }
}

/// What the options of a line come to.
enum Options {
    Allow,
    /// For another namespace, or for what the key certifies.
    Other,
    Unjudged,
}

impl Options {
    fn of(words: &[&str]) -> Self {
        match words {
            [] => Self::Allow,
            [one] => {
                match one.to_ascii_lowercase().strip_prefix("namespaces=\"").and_then(|list| list.strip_suffix('"')) {
                    Some(list) if list.split(',').any(|name| name == NAMESPACE) => Self::Allow,
                    Some(list) if !list.contains(['*', '?', '!']) => Self::Other,
                    _ if one.eq_ignore_ascii_case("cert-authority") => Self::Other,
                    _ => Self::Unjudged,
                }
            }
            _ => Self::Unjudged,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made with `ssh-keygen -t ed25519 -N '' -C tester` for these tests alone.
    const KEY: &str = include_str!("../tests/it/keys/signer");
    const PUBLIC: &str = include_str!("../tests/it/keys/signer.pub");
    const ENCRYPTED: &str = include_str!("../tests/it/keys/encrypted");
    const RSA: &str = include_str!("../tests/it/keys/rsa");
    /// Made with `printf text | ssh-keygen -Y sign -n rolecall-evidence -f signer`.
    const OPENSSH: &[u8] = include_bytes!("../tests/it/keys/text.sig");

    #[test]
    fn a_signature_holds_for_its_text_alone_and_is_openssh_s_to_the_byte() {
        let (signature, signer) = sign(KEY, b"text").unwrap();
        assert_eq!(check(signature.as_bytes(), b"text"), Ok(signer.clone()));
        assert_eq!(check(signature.as_bytes(), b"texT"), Err(SignatureError::Mismatch));
        assert_eq!(check(OPENSSH, b"text"), Ok(signer));
        assert_eq!(signature.as_bytes(), OPENSSH);
        assert_eq!(check(b"text", b"text"), Err(SignatureError::NotASignature));
    }

    #[test]
    fn what_is_no_key_says_why() {
        let why = |key: &str| sign(key, b"").unwrap_err();
        assert_eq!(why(PUBLIC), KeyError::Public);
        assert_eq!(why(ENCRYPTED), KeyError::Encrypted);
        assert_eq!(why(RSA), KeyError::Kind("ssh-rsa".into()));
        assert_eq!(
            [why(""), why("text"), why(&KEY.replace('A', "B"))],
            [KeyError::NotAKey, KeyError::NotAKey, KeyError::NotAKey]
        );
    }

    #[test]
    fn a_key_stands_as_its_line_says() {
        let (_, signer) = sign(KEY, b"").unwrap();
        let key = PUBLIC.rsplit_once(' ').unwrap().0;
        let stands = |text: &str| signer.standing(text);
        let allowed = Standing::Allowed("audit@example.com".into());
        assert_eq!(stands(&format!("# them\n\naudit@example.com {key} comment")), allowed);
        assert_eq!(stands(&format!("audit@example.com namespaces=\"git,rolecall-evidence\" {key}")), allowed);
        assert_eq!(stands(&format!("audit@example.com namespaces=\"git\" {key}")), Standing::Unknown);
        assert_eq!(stands(&format!("audit@example.com cert-authority {key}")), Standing::Unknown);
        assert_eq!(stands(&format!("audit@example.com valid-before=\"20260101\" {key}")), Standing::Conditional);
        assert_eq!(stands("audit@example.com ssh-ed25519 AAAA"), Standing::Unknown);
        assert_eq!(stands(""), Standing::Unknown);
    }
}
