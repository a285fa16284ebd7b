//! Trigrams: three octets of folded text in a row, hashed to sixteen bits.

/// Where a trigram stands. Names of people are in every letter's text; what stands in the field itself is kept apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Field {
    /// Anywhere in the letter.
    Any = 0,
    Subject = 1,
    From = 2,
    To = 3,
    Cc = 4,
    Bcc = 5,
}

impl Field {
    /// Those that are kept apart, with their folded names.
    pub(crate) const NAMED: [(Self, &'static str); 5] = [
        (Self::Subject, "subject"),
        (Self::From, "from"),
        (Self::To, "to"),
        (Self::Cc, "cc"),
        (Self::Bcc, "bcc"),
    ];

    /// The place to look for a header field's text.
    pub(crate) fn named(name: &str) -> Self {
        Self::NAMED.into_iter().find(|(_, known)| *known == name).map_or(Self::Any, |(field, _)| field)
    }

    /// The columns of a text's trigrams, with repetitions.
    pub(crate) fn columns(self, text: &[u8]) -> impl Iterator<Item = u16> + '_ {
        let salt = u32::from(self as u8) << 24;
        text.windows(3).map(move |three| {
            let gram = u32::from(three[0]) | u32::from(three[1]) << 8 | u32::from(three[2]) << 16 | salt;
            // Fibonacci hashing: the upper half of the product.
            (gram.wrapping_mul(0x9e37_79b1) >> 16) as u16
        })
    }
}

/// The columns that a letter must have all set to hold a word.
#[derive(Clone, Debug)]
pub(crate) struct Grams(Vec<u16>);

impl Grams {
    /// More of them rule out hardly more.
    const MAX: usize = 12;

    /// Those of a folded word; `None` if it is too short to have any.
    pub(crate) fn of(field: Field, word: &[u8]) -> Option<Self> {
        let mut all: Vec<u16> = Vec::new();
        for column in field.columns(word) {
            if !all.contains(&column) {
                all.push(column);
            }
            if all.len() >= 64 {
                break;
            }
        }
        let step = all.len().div_ceil(Self::MAX).max(1);
        let some: Vec<u16> = all.into_iter().step_by(step).collect();
        (!some.is_empty()).then_some(Self(some))
    }
    pub(crate) fn columns(&self) -> &[u16] {
        &self.0
    }
}
