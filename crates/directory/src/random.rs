//! Random numbers and words, from the operating system.

const PROMISE: &str = "the operating system gives random numbers";

/// Eight random octets as a number that is never zero.
pub(crate) fn number() -> u64 {
    loop {
        let number = getrandom::u64().expect(PROMISE);
        if number != 0 {
            return number;
        }
    }
}

/// A random key.
pub(crate) fn key() -> [u8; 32] {
    let mut key = [0; 32];
    getrandom::fill(&mut key).expect(PROMISE);
    key
}

/// `len` letters of an alphabet of at most 256 ASCII letters, each equally likely.
pub(crate) fn letters(alphabet: &[u8], len: usize) -> String {
    let fair = 256 - 256 % alphabet.len();
    let mut word = String::with_capacity(len);
    while word.len() < len {
        let mut octet = [0];
        getrandom::fill(&mut octet).expect(PROMISE);
        let place = usize::from(octet[0]);
        if place < fair {
            word.push(char::from(alphabet[place % alphabet.len()]));
        }
    }
    word
}

#[cfg(test)]
mod tests {
    #[test]
    fn words_have_their_letters() {
        let word = super::letters(b"bc", 200);
        assert!(word.len() == 200 && word.contains('b') && word.contains('c'));
        assert_ne!(super::number(), super::number());
    }
}
