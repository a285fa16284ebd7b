//! Parameters of MAIL.
//!
//! RFC 5321 §4.1.2 (form), RFC 1870 §4 (SIZE), RFC 6152 §2 (BODY), RFC 6531 §3.4 (SMTPUTF8), RFC 4954 §5 (AUTH:
//! taken and ignored on submission, because we trust no client's word about another's log-in).

use std::fmt;

use model::BodyType;

use super::CommandError;
use crate::session::Service;

/// What followed the path of MAIL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct MailParams {
    pub(crate) size: Option<u64>,
    pub(crate) body: Option<BodyType>,
    pub(crate) smtputf8: bool,
}

impl MailParams {
    pub(crate) fn parse(text: &str, service: Service) -> Result<Self, CommandError> {
        let mut params = Self::default();
        for param in text.split_ascii_whitespace() {
            let (keyword, value) = match param.split_once('=') {
                Some((keyword, value)) => (keyword, Some(value)),
                None => (param, None),
            };
            params.set(&keyword.to_ascii_uppercase(), value, service)?;
        }
        Ok(params)
    }

    fn set(&mut self, keyword: &str, value: Option<&str>, service: Service) -> Result<(), CommandError> {
        let twice = match keyword {
            "SIZE" => self.size.replace(size(value)?).is_some(),
            "BODY" => self.body.replace(body(value)?).is_some(),
            "SMTPUTF8" if value.is_none() => std::mem::replace(&mut self.smtputf8, true),
            "SMTPUTF8" => true,
            "AUTH" if service == Service::Submission => value.is_none_or(str::is_empty),
            _ => return Err(CommandError::UnknownParameter),
        };
        if twice { Err(CommandError::BadParameter) } else { Ok(()) }
    }
}

/// RFC 1870 §4: one to twenty digits. What does not fit into our number is too large anyway.
fn size(value: Option<&str>) -> Result<u64, CommandError> {
    let digits = value
        .filter(|value| (1..=20).contains(&value.len()) && value.bytes().all(|octet| octet.is_ascii_digit()));
    Ok(digits.ok_or(CommandError::BadParameter)?.parse().unwrap_or(u64::MAX))
}

fn body(value: Option<&str>) -> Result<BodyType, CommandError> {
    match value.map(str::to_ascii_uppercase).as_deref() {
        Some("7BIT") => Ok(BodyType::SevenBit),
        Some("8BITMIME") => Ok(BodyType::EightBitMime),
        _ => Err(CommandError::BadParameter),
    }
}

/// Each with a space before it.
impl fmt::Display for MailParams {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(size) = self.size {
            write!(f, " SIZE={size}")?;
        }
        match self.body {
            Some(BodyType::SevenBit) => f.write_str(" BODY=7BIT")?,
            Some(BodyType::EightBitMime) => f.write_str(" BODY=8BITMIME")?,
            None => {}
        }
        f.write_str(if self.smtputf8 { " SMTPUTF8" } else { "" })
    }
}
