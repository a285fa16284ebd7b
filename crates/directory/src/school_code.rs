//! Skolenhetskod: the eight digits by which the register of schools names a school unit.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Eight digits; leading zeros count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SchoolCode(u32);

/// The text is not a school code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a school code (skolenhetskod) has eight digits")]
pub struct SchoolCodeError;

impl FromStr for SchoolCode {
    type Err = SchoolCodeError;
    fn from_str(text: &str) -> Result<Self, SchoolCodeError> {
        if text.len() != 8 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(SchoolCodeError);
        }
        text.parse().map(Self).map_err(|_| SchoolCodeError)
    }
}

impl fmt::Display for SchoolCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08}", self.0)
    }
}

impl Serialize for SchoolCode {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SchoolCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_digits_and_nothing_else() {
        assert_eq!("00000012".parse::<SchoolCode>().unwrap().to_string(), "00000012");
        for wrong in ["", "1234567", "123456789", "1234567a", "+1234567", "١٢٣٤٥٦٧٨"] {
            assert!(wrong.parse::<SchoolCode>().is_err(), "{wrong}");
        }
    }
}
