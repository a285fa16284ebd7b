//! Letters that lie in the mailboxes when the demo begins.

/// One letter: who writes (by number in the list of people), to whom, and what.
pub(super) struct Letter {
    pub(super) subject: &'static str,
    pub(super) body: &'static str,
    /// To everybody of the writer's class instead of to one.
    pub(super) to_class: bool,
}

/// Every mentor sends all of these to the own class.
pub(super) const LETTERS: [Letter; 4] = [
    Letter {
        subject: "Välkommen till din e-post",
        body: "Hej!\r\n\r\nDet här är klassens e-post. Säg till om något inte fungerar.\r\n\r\nVänliga hälsningar\r\n",
        to_class: true,
    },
    Letter {
        subject: "Utflykt på fredag: ta med matsäck",
        body: "Hej klassen!\r\n\r\nPå fredag går vi till Ängsjön. Samling 8.15 vid grinden.\r\nTa med: matsäck, regnjacka, \
               stövlar.\r\n\r\nOm det åskar blir vi kvar i skolan.\r\n",
        to_class: true,
    },
    Letter {
        subject: "Läxor vecka 48",
        body: "Matte: sidan 52–53.\r\nSvenska: läs ut kapitel 4.\r\nEngelska: glosorna på åäö-listan.\r\n",
        to_class: true,
    },
    Letter {
        subject: "Kan du komma förbi efter lunch?",
        body: "Hej!\r\n\r\nJag har rättat din uppgift och vill visa dig en sak. Det är bara bra saker.\r\n",
        to_class: false,
    },
];

/// A letter as it goes over the road: header in encoded words where it must, body in UTF-8.
pub(super) fn compose(from: (&str, &str), to: &[&str], letter: &Letter) -> Vec<u8> {
    let (name, address) = from;
    format!(
        "From: {} <{address}>\r\nTo: {}\r\nSubject: {}\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; \
         charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
        encoded(name),
        to.join(",\r\n "),
        encoded(letter.subject),
        letter.body
    )
    .into_bytes()
}

/// RFC 2047 §4.2 (Q), in words of at most 75 octets, broken between characters.
fn encoded(text: &str) -> String {
    if text.bytes().all(|octet| octet.is_ascii_alphanumeric() || octet == b' ') {
        return text.to_owned();
    }
    let (mut words, mut word) = (Vec::new(), String::new());
    for letter in text.chars() {
        let mut form = String::new();
        match letter {
            ' ' => form.push('_'),
            letter if letter.is_ascii_alphanumeric() => form.push(letter),
            letter => letter
                .encode_utf8(&mut [0; 4])
                .bytes()
                .for_each(|octet| form.push_str(&format!("={octet:02X}"))),
        }
        if word.len() + form.len() > 60 {
            words.push(std::mem::take(&mut word));
        }
        word.push_str(&form);
    }
    words.push(word);
    words.iter().map(|word| format!("=?utf-8?Q?{word}?=")).collect::<Vec<_>>().join("\r\n ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_short_and_whole() {
        assert_eq!(encoded("Hej du"), "Hej du");
        assert_eq!(encoded("Läxor"), "=?utf-8?Q?L=C3=A4xor?=");
        let long = encoded("Åäö åäö åäö åäö åäö åäö åäö åäö");
        assert!(
            long.split("\r\n ").count() > 1 && long.split("\r\n ").all(|word| word.len() <= 75),
            "{long}"
        );
    }
}
