//! Passwords as octets, and as argon2id PHC strings.

use argon2::password_hash::phc;
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use model::Secret;
use unicode_normalization::UnicodeNormalization;

use super::AuthConfig;
use crate::{DirectoryError, PasswordHash};

/// Longest password, in octets.
const OCTETS_MAX: usize = 1024;
/// Shortest new password, in octets.
const OCTETS_MIN: usize = 8;

/// RFC 8265 §4.2.2: spaces of all kinds become U+0020, then NFC. A secret too long to be anybody's becomes the empty one,
/// which is nobody's either.
pub(super) fn prepare(secret: &Secret<String>) -> Secret<String> {
    let text = secret.expose();
    if text.len() > OCTETS_MAX {
        return Secret::new(String::new());
    }
    if text.is_ascii() {
        return secret.clone();
    }
    let space = |c: char| if c.is_whitespace() && !c.is_control() { ' ' } else { c };
    Secret::new(text.chars().map(space).nfc().collect())
}

/// The same, for a password that somebody chooses.
pub(super) fn check_new(secret: &Secret<String>) -> Result<Secret<String>, DirectoryError> {
    if secret.expose().len() > OCTETS_MAX {
        return Err(DirectoryError::PasswordTooLong);
    }
    let secret = prepare(secret);
    let text = secret.expose();
    if text.len() > OCTETS_MAX {
        return Err(DirectoryError::PasswordTooLong);
    }
    if text.len() < OCTETS_MIN {
        return Err(DirectoryError::PasswordTooShort);
    }
    // RFC 8265 §4.2.1: the FreeformClass has no control characters.
    if text.chars().any(char::is_control) {
        return Err(DirectoryError::PasswordCharacter);
    }
    Ok(secret)
}

/// The parameters of new hashes; impossible ones in the configuration become the default ones.
pub(super) fn params(config: &AuthConfig) -> Params {
    Params::new(config.argon2_memory_kib, config.argon2_passes, config.argon2_lanes, None).unwrap_or_else(
        |error| {
            tracing::error!(%error, "argon2 parameters are impossible, the default ones are used");
            Params::DEFAULT
        },
    )
}

/// Has the hash these parameters?
pub(super) fn has_params(hash: &PasswordHash, params: &Params) -> bool {
    let parsed = phc::PasswordHash::new(&hash.0).ok().and_then(|parsed| Params::try_from(&parsed).ok());
    parsed.is_some_and(|own| {
        (own.m_cost(), own.t_cost(), own.p_cost()) == (params.m_cost(), params.t_cost(), params.p_cost())
    })
}

/// One thread's argon2 with its memory, which is used again and again.
pub(super) struct Hasher {
    params: Params,
    blocks: Vec<Block>,
}

impl Hasher {
    pub(super) const fn new(params: Params) -> Self {
        Self { params, blocks: Vec::new() }
    }

    /// Is it the password? A hash that is not there or does not read costs the same and matches nothing.
    pub(super) fn verify(&mut self, hash: Option<&PasswordHash>, secret: &Secret<String>) -> bool {
        let parsed = hash.and_then(|hash| Parsed::of(&hash.0));
        let Some(parsed) = parsed else {
            let _ = self.run(&self.params.clone(), secret, &[0; 16]);
            return false;
        };
        let output = self.run(&parsed.params, secret, &parsed.salt);
        // `Output` compares in constant time.
        output.is_some_and(|output| output == parsed.output)
    }

    /// A new hash with a new salt.
    pub(super) fn hash(&mut self, secret: &Secret<String>) -> Option<PasswordHash> {
        let params = self.params.clone();
        let salt = phc::Salt::generate();
        let hash = phc::PasswordHash {
            algorithm: ARGON2ID_IDENT,
            version: Some(Version::V0x13.into()),
            params: phc::ParamsString::try_from(&params).ok()?,
            salt: Some(salt),
            hash: Some(self.run(&params, secret, &salt)?),
        };
        Some(PasswordHash(hash.to_string()))
    }

    fn run(&mut self, params: &Params, secret: &Secret<String>, salt: &[u8]) -> Option<phc::Output> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        self.blocks.resize(params.block_count().max(self.blocks.len()), Block::default());
        let mut output = [0; phc::Output::MAX_LENGTH];
        let output = &mut output[..params.output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN)];
        argon2
            .hash_password_into_with_memory(secret.expose().as_bytes(), salt, output, &mut self.blocks)
            .inspect_err(|error| tracing::error!(%error, "argon2"))
            .ok()?;
        phc::Output::new(output).ok()
    }
}

struct Parsed {
    params: Params,
    salt: phc::Salt,
    output: phc::Output,
}

impl Parsed {
    fn of(text: &str) -> Option<Self> {
        let hash = phc::PasswordHash::new(text).ok()?;
        if hash.algorithm != ARGON2ID_IDENT {
            return None;
        }
        Some(Self { params: Params::try_from(&hash).ok()?, salt: hash.salt?, output: hash.hash? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_hash_is_a_phc_string_that_its_password_matches() {
        let mut hasher = Hasher::new(params(&AuthConfig::default()));
        let hash = hasher.hash(&secret("sommar-lov-26")).unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert!(hasher.verify(Some(&hash), &secret("sommar-lov-26")));
        assert!(!hasher.verify(Some(&hash), &secret("sommar-lov-27")));
        assert!(!hasher.verify(None, &secret("")));
        let stronger = Params::new(19_456, 3, 1, None).unwrap();
        assert!(has_params(&hash, &params(&AuthConfig::default())) && !has_params(&hash, &stronger));
        assert!(Hasher::new(stronger).verify(Some(&hash), &secret("sommar-lov-26")));
    }

    #[test]
    fn a_password_in_two_forms_is_one() {
        let composed = prepare(&secret("Åsas lösenord"));
        assert_eq!(composed, prepare(&secret("A\u{30a}sas\u{a0}lo\u{308}senord")));
        assert!(matches!(check_new(&secret("1234567")), Err(DirectoryError::PasswordTooShort)));
        assert!(matches!(check_new(&secret("1234567\n")), Err(DirectoryError::PasswordCharacter)));
        assert!(matches!(check_new(&secret(&"x".repeat(1025))), Err(DirectoryError::PasswordTooLong)));
        assert!(check_new(&secret(&"x".repeat(1024))).is_ok());
        assert_eq!(prepare(&secret(&"x".repeat(1025))).expose(), "");
    }
}
