//! First passwords: made to be read from paper and typed by a child.

const CONSONANTS: &[u8] = b"bdfghjklmnprstvz";
const VOWELS: &[u8] = b"aeiou";
const DIGITS: &[u8] = b"23456789";

/// `kuvora-mitesu-pilade-47`: nine syllables (16 x 5 each) and two digits, 62.9 bits.
pub(crate) fn generate() -> String {
    let mut password = String::with_capacity(24);
    for _ in 0..3 {
        for _ in 0..3 {
            password.push(one_of(CONSONANTS));
            password.push(one_of(VOWELS));
        }
        password.push('-');
    }
    password.push(one_of(DIGITS));
    password.push(one_of(DIGITS));
    password
}

/// Each equally likely: octets beyond the last whole multiple are drawn anew.
fn one_of(letters: &[u8]) -> char {
    let fair = 256 - 256 % letters.len();
    loop {
        let mut octet = [0];
        getrandom::fill(&mut octet).expect("the operating system gives random numbers");
        let place = usize::from(octet[0]);
        if place < fair {
            return char::from(letters[place % letters.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_readable_differ_and_have_over_60_bits() {
        let (one, two) = (generate(), generate());
        assert!(one != two && one.len() == 23 && one.is_ascii());
        let bits = 9.0 * f64::from(16 * 5).log2() + 2.0 * 8f64.log2();
        assert!(bits > 60.0, "{bits}");
    }
}
