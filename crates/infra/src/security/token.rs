use hexpress_domain::auth::{MintedToken, TokenDigest, TokenMint, TokenSecret};
use hexpress_domain::repository::Source;
use sha2::{Digest, Sha256};

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// The bytes below this fall evenly on the 62 digits; the others are thrown away.
const EVEN: u8 = 248;

/// Makes tokens from the system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomTokenMint;

impl TokenMint for RandomTokenMint {
    fn mint(&self) -> Result<MintedToken, Source> {
        let mut text = String::from(TokenSecret::PREFIX);
        let length = text.len() + TokenSecret::RANDOM_LENGTH;
        let mut bytes = [0; 64];
        while text.len() < length {
            getrandom::fill(&mut bytes)?;
            let digits = bytes
                .iter()
                .filter(|byte| **byte < EVEN)
                .filter_map(|byte| BASE62.get(usize::from(byte % 62)))
                .map(|digit| char::from(*digit));
            text.extend(digits.take(length - text.len()));
        }
        let secret: TokenSecret = text.parse()?;
        let digest = self.digest(secret.clone());
        Ok(MintedToken { secret, digest })
    }

    fn digest(&self, secret: TokenSecret) -> TokenDigest {
        TokenDigest::new(Sha256::digest(secret.expose()).into())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn tokens_differ_and_use_every_digit() {
        let tokens: HashSet<String> = (0..1_000)
            .map(|_| RandomTokenMint.mint().unwrap().secret.expose().to_owned())
            .collect();
        assert_eq!(tokens.len(), 1_000);
        let digits: HashSet<char> = tokens
            .iter()
            .flat_map(|token| token.trim_start_matches(TokenSecret::PREFIX).chars())
            .collect();
        assert_eq!(digits.len(), 62);
    }

    #[test]
    fn the_digest_is_sha_256() {
        let secret: TokenSecret = format!("hxp_{}", "a".repeat(43)).parse().unwrap();
        let minted = RandomTokenMint.digest(secret.clone());
        let expected: [u8; 32] = Sha256::digest(secret.expose()).into();
        assert_eq!(minted.as_bytes(), &expected);
    }
}
