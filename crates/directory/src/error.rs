//! Why the directory does not do something, in words for the one who asked.

use model::{EmailAddress, Text};
use store::StoreError;

use crate::names::NameError;

/// What was looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Thing {
    /// A municipality.
    Tenant,
    /// A mail domain.
    Domain,
    /// A school.
    School,
    /// A class.
    Class,
    /// An account.
    Account,
    /// An address of the account.
    Address,
    /// A function of a school.
    Function,
}

/// A directory operation did not happen.
#[derive(Clone, Debug, thiserror::Error)]
pub enum DirectoryError {
    /// There is none (that the caller may know of).
    #[error("no such {0:?}")]
    NotFound(Thing),
    /// There is one already.
    #[error("that {0:?} exists already")]
    Exists(Thing),
    /// Somebody has the address.
    #[error("the address {0} is in use")]
    AddressTaken(EmailAddress),
    /// Somebody else had it; nobody is told who.
    #[error("the address {0} was given to another account before")]
    AddressUsedBefore(EmailAddress),
    /// The local part belongs to a function.
    #[error("the address {0} is reserved for a function")]
    AddressReserved(EmailAddress),
    /// The local part is one that machines write from or look up.
    #[error("the address {0} is kept for programs")]
    AddressMechanical(EmailAddress),
    /// The local part is not one that people are given.
    #[error("the address {0} has characters that an address of ours cannot have")]
    AddressCharacters(EmailAddress),
    /// The domain belongs to somebody else or to nobody here.
    #[error("the domain of {0} is not one of this municipality")]
    ForeignDomain(EmailAddress),
    /// No address can be made of the name.
    #[error("the name gives no address")]
    NoAutomaticAddress,
    /// The first address cannot be taken away.
    #[error("the primary address cannot be removed")]
    PrimaryAddress,
    /// The account's row would become too large.
    #[error("the account has too many addresses")]
    TooManyAddresses,
    /// No word of CAPABILITY, or one without which there is no IMAP.
    #[error("“{0}” is not a capability that can be denied")]
    Capability(String),
    /// A name is not one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// A pupil without school, or a class without one.
    #[error("a pupil, and everybody with a class, has a school")]
    SchoolMissing,
    /// Under eight octets.
    #[error("the password is shorter than 8 octets")]
    PasswordTooShort,
    /// Over 1,024 octets.
    #[error("the password is longer than 1,024 octets")]
    PasswordTooLong,
    /// A control character.
    #[error("the password has a control character")]
    PasswordCharacter,
    /// Too much to do just now.
    #[error("the service is busy")]
    Busy,
    /// Reading failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl DirectoryError {
    /// A word that programs can rely on.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotFound(Thing::Tenant) => "no-municipality",
            Self::NotFound(Thing::Domain) => "no-domain",
            Self::NotFound(Thing::School) => "no-school",
            Self::NotFound(Thing::Class) => "no-class",
            Self::NotFound(Thing::Account) => "no-account",
            Self::NotFound(Thing::Address) => "no-address",
            Self::NotFound(Thing::Function) => "no-function",
            Self::Exists(_) => "exists",
            Self::AddressTaken(_) => "address-taken",
            Self::AddressUsedBefore(_) => "address-used-before",
            Self::AddressReserved(_) | Self::AddressMechanical(_) => "address-reserved",
            Self::AddressCharacters(_) => "address-characters",
            Self::ForeignDomain(_) => "foreign-domain",
            Self::NoAutomaticAddress => "no-automatic-address",
            Self::PrimaryAddress => "primary-address",
            Self::TooManyAddresses => "too-many-addresses",
            Self::Capability(_) => "capability",
            Self::Name(_) => "name",
            Self::SchoolMissing => "school-missing",
            Self::PasswordTooShort => "password-too-short",
            Self::PasswordTooLong => "password-too-long",
            Self::PasswordCharacter => "password-character",
            Self::Busy => "busy",
            Self::Store(_) => "store",
        }
    }

    /// For the reader, with what to do.
    pub fn text(&self) -> Text {
        match self {
            Self::NotFound(thing) => not_found(*thing),
            Self::Exists(thing) => exists(*thing),
            Self::Name(error) => error.text(),
            Self::Capability(word) => Text::new(
                format!(
                    "”{word}” går inte att stänga av. Skriv ett ord ur svaret på CAPABILITY, till exempel NOTIFY."
                ),
                format!(
                    "“{word}” cannot be denied. Give a word of the answer to CAPABILITY, such as NOTIFY."
                ),
            ),
            Self::AddressTaken(_)
            | Self::AddressUsedBefore(_)
            | Self::AddressReserved(_)
            | Self::AddressMechanical(_)
            | Self::AddressCharacters(_)
            | Self::ForeignDomain(_)
            | Self::NoAutomaticAddress
            | Self::PrimaryAddress
            | Self::TooManyAddresses => self.address_text(),
            Self::SchoolMissing => Text::new(
                "En elev, och den som har en klass, måste ha en skola. Ange skolenhetskod.",
                "A pupil, and everybody with a class, must have a school. Give the school code.",
            ),
            Self::PasswordTooShort => Text::new(
                "Lösenordet är för kort: minst 8 tecken (å, ä och ö räknas som två).",
                "The password is too short: at least 8 characters (å, ä and ö count as two).",
            ),
            Self::PasswordTooLong => Text::new(
                "Lösenordet är för långt: högst 1024 oktetter.",
                "The password is too long: at most 1,024 octets.",
            ),
            Self::PasswordCharacter => Text::new(
                "Lösenordet innehåller ett styrtecken. Välj ett annat.",
                "The password has a control character. Choose another.",
            ),
            Self::Busy => Text::new(
                "Tjänsten har för mycket att göra just nu. Försök igen om en stund.",
                "The service is too busy just now. Try again in a moment.",
            ),
            Self::Store(_) => Text::new(
                "Lagret går inte att läsa. Driftloggen har orsaken.",
                "The store cannot be read. The service's log has the cause.",
            ),
        }
    }

    fn address_text(&self) -> Text {
        let (sv, en) = match self {
            Self::AddressTaken(address) => (
                format!("Adressen {address} används redan. Välj en annan."),
                format!("The address {address} is in use. Choose another."),
            ),
            Self::AddressUsedBefore(address) => (
                format!(
                    "Adressen {address} har använts förut och ges aldrig till någon annan. Välj en annan."
                ),
                format!(
                    "The address {address} was used before and is never given to anybody else. Choose another."
                ),
            ),
            Self::AddressReserved(address) => (
                format!("Adressen {address} är avsedd för en funktion, inte för en person. Välj en annan."),
                format!("The address {address} is kept for a function, not for a person. Choose another."),
            ),
            Self::AddressMechanical(address) => (
                format!(
                    "Adressen {address} används av program och kan inte vara en funktion. Välj en annan."
                ),
                format!(
                    "The address {address} is used by programs and cannot be a function. Choose another."
                ),
            ),
            Self::AddressCharacters(address) => (
                format!(
                    "Adressen {address} får bara ha a–z, 0–9, punkt, bindestreck och understreck före @."
                ),
                format!(
                    "The address {address} may have only a–z, 0–9, dot, hyphen and underscore before the @."
                ),
            ),
            Self::ForeignDomain(address) => (
                format!(
                    "Domänen {} hör inte till kommunen. Lägg till den först eller välj en annan.",
                    address.domain()
                ),
                format!(
                    "The domain {} is not the municipality's. Add it first or choose another.",
                    address.domain()
                ),
            ),
            Self::NoAutomaticAddress => (
                "Namnet ger ingen adress med a–z. Ange en adress.".into(),
                "The name gives no address in a–z. Give an address.".into(),
            ),
            Self::PrimaryAddress => (
                "Kontots huvudadress går inte att ta bort. Byt den först.".into(),
                "The account's primary address cannot be removed. Change it first.".into(),
            ),
            _ => (
                "Kontot har för många adresser. Ta bort någon först.".into(),
                "The account has too many addresses. Remove one first.".into(),
            ),
        };
        Text::new(sv, en)
    }
}

fn not_found(thing: Thing) -> Text {
    match thing {
        Thing::Tenant => Text::new("Kommunen finns inte.", "There is no such municipality."),
        Thing::Domain => Text::new("Domänen finns inte här.", "There is no such domain here."),
        Thing::School => Text::new(
            "Ingen skola har den skolenhetskoden. Lägg till skolan först.",
            "No school has this school code. Add the school first.",
        ),
        Thing::Class => Text::new("Klassen finns inte.", "There is no such class."),
        Thing::Account => Text::new("Kontot finns inte.", "There is no such account."),
        Thing::Address => {
            Text::new("Kontot har inte den adressen.", "The account does not have this address.")
        }
        Thing::Function => Text::new(
            "Ingen funktion har den adressen. ”skolpost function list” visar dem som finns.",
            "No function has this address. “skolpost function list” shows those that exist.",
        ),
    }
}

fn exists(thing: Thing) -> Text {
    match thing {
        Thing::Tenant => Text::new("Kommunen finns redan.", "The municipality exists already."),
        Thing::Domain => Text::new("Domänen är redan upptagen.", "The domain is taken already."),
        Thing::School => Text::new(
            "En skola med den skolenhetskoden finns redan.",
            "A school with this school code exists already.",
        ),
        Thing::Class => Text::new("Klassen finns redan.", "The class exists already."),
        Thing::Account => Text::new("Kontot finns redan.", "The account exists already."),
        Thing::Address => {
            Text::new("Kontot har redan den adressen.", "The account has this address already.")
        }
        Thing::Function => Text::new("Funktionen finns redan.", "The function exists already."),
    }
}
