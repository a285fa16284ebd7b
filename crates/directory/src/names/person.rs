//! A person's name, and the shorter names of schools, classes and municipalities.

use unicode_normalization::UnicodeNormalization;

use super::{NameError, screen};

/// First and last name: NFC, no spaces at the ends, one between words.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PersonName {
    first: String,
    last: String,
}

impl PersonName {
    /// Longest of the two names, in characters.
    pub const CHARACTERS_MAX: usize = 100;

    /// Reads a name; the last name may be empty, the first may not.
    ///
    /// # Errors
    /// See [`NameError`].
    pub fn parse(first: &str, last: &str) -> Result<Self, NameError> {
        let last = tidy(last, Self::CHARACTERS_MAX)?;
        let first = tidy(first, Self::CHARACTERS_MAX)?;
        if first.is_empty() {
            return Err(NameError::Empty);
        }
        Ok(Self { first, last })
    }
    /// First name (tilltalsnamn).
    pub fn first(&self) -> &str {
        &self.first
    }
    /// Last name, maybe empty.
    pub fn last(&self) -> &str {
        &self.last
    }
}

/// The name of a school or municipality.
///
/// # Errors
/// See [`NameError`].
pub(crate) fn title(text: &str) -> Result<String, NameError> {
    match tidy(text, 200)? {
        name if name.is_empty() => Err(NameError::Empty),
        name => Ok(name),
    }
}

/// The label of a class.
///
/// # Errors
/// See [`NameError`].
pub fn class_label(text: &str) -> Result<String, NameError> {
    match tidy(text, 40)? {
        name if name.is_empty() => Err(NameError::Empty),
        name => Ok(name),
    }
}

/// NFC, white space (also the kinds that do not break) as single spaces, then screened.
fn tidy(text: &str, max: usize) -> Result<String, NameError> {
    // Bounded before anything is done with it: nothing grows when it is composed.
    if text.chars().take(4 * max + 1).count() > 4 * max {
        return Err(NameError::TooLong { max });
    }
    screen(text)?;
    let composed: String = text.nfc().collect();
    let name = composed.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.chars().count() > max {
        return Err(NameError::TooLong { max });
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_composed_and_tidy() {
        let name = PersonName::parse("\u{a0}A\u{30a}sa  Ma\u{308}rta ", " Öqvist").unwrap();
        assert_eq!((name.first(), name.last()), ("Åsa Märta", "Öqvist"));
        assert_eq!(PersonName::parse("Zlatan", " ").unwrap().last(), "");
        assert_eq!(PersonName::parse(" ", "Öqvist"), Err(NameError::Empty));
        assert_eq!(PersonName::parse("Åsa", &"x".repeat(101)), Err(NameError::TooLong { max: 100 }));
        assert_eq!(class_label("4B").as_deref(), Ok("4B"));
        assert_eq!(title(""), Err(NameError::Empty));
    }
}
