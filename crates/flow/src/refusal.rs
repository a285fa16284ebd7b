//! What we say when we do not take something.
//!
//! RFC 5321 §4.2.2, §4.2.3 (codes), RFC 3463 (enhanced status). Every sentence says what to do; none tells a stranger more
//! than the address that he named.

use message::FromError;
use model::{EmailAddress, Text};
use store::{CommitError, Health};

/// A reply that is no 250.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{code} {}.{}.{} {text}", .enhanced.0, .enhanced.1, .enhanced.2)]
pub struct Refusal {
    /// 4xx: the same may work later; 5xx: it never will.
    pub code: u16,
    /// Class, subject, detail (RFC 3463).
    pub enhanced: (u8, u16, u16),
    /// What the reader can do.
    pub text: Text,
}

impl Refusal {
    fn new(code: u16, enhanced: (u8, u16, u16), sv: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, enhanced, text: Text::new(sv, en) }
    }

    pub(crate) fn unknown_recipient(to: &EmailAddress) -> Self {
        Self::new(
            550,
            (5, 1, 1),
            format!("Adressen {to} finns inte. Kontrollera hur den stavas."),
            format!("There is no address {to}. Check how it is spelt."),
        )
    }
    pub(crate) fn locked_recipient(to: &EmailAddress) -> Self {
        Self::new(
            550,
            (5, 2, 1),
            format!("Brevlådan {to} är stängd och tar inte emot brev."),
            format!("The mailbox {to} is closed and takes no mail."),
        )
    }
    pub(crate) fn nobody_yet(to: &EmailAddress) -> Self {
        Self::new(
            450,
            (4, 2, 1),
            format!("Ingen läser {to} ännu. Försök igen senare."),
            format!("Nobody reads {to} yet. Try again later."),
        )
    }
    pub(crate) fn closed_account() -> Self {
        Self::new(
            550,
            (5, 7, 1),
            "Ditt konto är stängt och kan inte skicka brev. Fråga skolans administratör.",
            "Your account is closed and cannot send mail. Ask your school's administrator.",
        )
    }
    pub(crate) fn relay(to: &EmailAddress) -> Self {
        Self::new(
            550,
            (5, 7, 1),
            format!("Vi förmedlar inte brev till {}. Logga in på port 465 för att skicka.", to.domain()),
            format!("We do not relay mail to {}. Log in on port 465 to send.", to.domain()),
        )
    }
    pub(crate) fn no_way_out(to: &EmailAddress) -> Self {
        Self::new(
            550,
            (5, 7, 1),
            format!("Den här tjänsten skickar ännu inte brev till adresser utanför kommunen, som {to}."),
            format!(
                "This service does not yet send mail to addresses outside the municipality, such as {to}."
            ),
        )
    }
    pub(crate) fn mailbox_full(to: &EmailAddress) -> Self {
        Self::new(
            452,
            (4, 2, 2),
            format!("Brevlådan {to} är full. Försök igen senare."),
            format!("The mailbox {to} is full. Try again later."),
        )
    }
    pub(crate) fn never_fits(to: &EmailAddress) -> Self {
        Self::new(
            552,
            (5, 2, 2),
            format!("Brevet är större än hela brevlådan {to}. Skicka det utan bilagor."),
            format!("The letter is larger than the whole mailbox {to}. Send it without attachments."),
        )
    }
    pub(crate) fn too_many_recipients(most: usize) -> Self {
        Self::new(
            452,
            (4, 5, 3),
            format!("Ett brev tar högst {most} mottagare. Skicka till de övriga i ett brev till."),
            format!("A letter takes at most {most} recipients. Send to the others in another letter."),
        )
    }
    pub(crate) fn too_many_tenants() -> Self {
        Self::new(
            452,
            (4, 5, 3),
            "Brevet går redan till många kommuner här. Skicka till de övriga i ett brev till.",
            "The letter already goes to many municipalities here. Send to the others in another letter.",
        )
    }
    pub(crate) fn no_recipients() -> Self {
        Self::new(554, (5, 5, 1), "Brevet har ingen mottagare.", "The letter has no recipients.")
    }
    pub(crate) fn too_large(most: u64) -> Self {
        let size = shown_size(most);
        Self::new(
            552,
            (5, 3, 4),
            format!("Brevet är för stort: högst {size} tas emot."),
            format!("The letter is too large: at most {size} is taken."),
        )
    }
    pub(crate) fn header_too_large(most: usize) -> Self {
        let size = shown_size(most as u64);
        Self::new(
            552,
            (5, 3, 4),
            format!("Brevets huvud är för stort: högst {size} tas emot."),
            format!("The header of the letter is too large: at most {size} is taken."),
        )
    }
    pub(crate) fn loops(hops: usize) -> Self {
        Self::new(
            554,
            (5, 4, 6),
            format!("Brevet går runt: det har redan passerat {hops} servrar."),
            format!("The letter goes round in circles: it has passed {hops} servers already."),
        )
    }
    pub(crate) fn not_your_address(from: &EmailAddress) -> Self {
        Self::new(
            550,
            (5, 7, 1),
            format!(
                "Du får inte skicka som {from}. Välj en av dina egna adresser som avsändare i e-postprogrammet."
            ),
            format!(
                "You may not send as {from}. Choose one of your own addresses as the sender in your mail program."
            ),
        )
    }
    /// A member of a function who may not answer for it.
    pub(crate) fn only_reads(function: &EmailAddress) -> Self {
        Self::new(
            550,
            (5, 7, 1),
            format!(
                "Din behörighet till {function} är bara att läsa, inte att skicka. Fråga skolans administratör om du ska kunna svara."
            ),
            format!(
                "Your membership of {function} is for reading only, not for sending. Ask your school's administrator if you should be able to answer."
            ),
        )
    }
    /// A function that has no room for its copy of what is sent: its members can make some.
    pub(crate) fn or_full_function(self, function: &EmailAddress) -> Self {
        if self.enhanced != (4, 2, 2) {
            return self;
        }
        Self::new(
            452,
            (4, 2, 2),
            format!(
                "Brevlådan {function} är full och kan inte spara det som skickas. Den som har behörigheten ”allt” där kan ta bort brev och tömma papperskorgen; skolans administratör kan ge mer plats."
            ),
            format!(
                "The mailbox {function} is full and cannot keep what is sent. A member with the right “everything” there can delete letters and empty the trash; your school's administrator can give more room."
            ),
        )
    }
    pub(crate) fn several_functions() -> Self {
        Self::new(
            550,
            (5, 7, 1),
            "Ett brev kan bara ha en funktion som avsändare. Välj en av dem.",
            "A letter can have one function as its sender. Choose one of them.",
        )
    }
    /// An address in a display name, which may not be used, is told as such; what failed here stays as it is.
    pub(crate) fn or_name_of_another(self, shown: &EmailAddress) -> Self {
        if self.code == 550 { Self::name_of_another(shown) } else { self }
    }
    pub(crate) fn name_of_another(shown: &EmailAddress) -> Self {
        Self::new(
            550,
            (5, 7, 1),
            format!("Avsändarens namn får inte innehålla {shown}. Skriv ditt eget namn i e-postprogrammet."),
            format!("The sender's name may not contain {shown}. Enter your own name in your mail program."),
        )
    }
    pub(crate) fn own_sender(from: &EmailAddress) -> Self {
        Self::new(
            550,
            (5, 7, 1),
            format!("Bara den som har loggat in får skicka som {from}. Logga in på port 465 för att skicka."),
            format!("Only who has logged in may send as {from}. Log in on port 465 to send."),
        )
    }
    pub(crate) fn author(error: FromError) -> Self {
        let (sv, en) = match error {
            FromError::Missing => (
                "Brevet saknar avsändare (From). Ange din egen adress i e-postprogrammet.".to_owned(),
                "The letter has no From. Enter your own address in your mail program.".to_owned(),
            ),
            FromError::Repeated(field) => (
                format!("Brevet har fältet {} flera gånger. Det får stå en gång.", field.name()),
                format!("The letter has the field {} more than once. It may stand there once.", field.name()),
            ),
            FromError::Unclear(field) => (
                format!(
                    "Adressen i fältet {} går inte att läsa säkert. Skriv den som namn@domän.",
                    field.name()
                ),
                format!(
                    "The address in the field {} cannot be read for certain. Write it as name@domain.",
                    field.name()
                ),
            ),
            FromError::Header => (
                "Brevets huvud är felaktigt uppbyggt. Uppdatera eller byt e-postprogram.".to_owned(),
                "The header of the letter is malformed. Update or change your mail program.".to_owned(),
            ),
        };
        Self::new(550, (5, 6, 0), sv, en)
    }
    pub(crate) fn gone_meanwhile(to: &[EmailAddress]) -> Self {
        let names = to.iter().take(5).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        Self::new(
            550,
            (5, 2, 1),
            format!(
                "Brevet skickades inte: {names} tar inte längre emot brev. Ta bort mottagaren och skicka igen."
            ),
            format!(
                "The letter was not sent: {names} no longer takes mail. Remove the recipient and send again."
            ),
        )
    }
    pub(crate) fn full() -> Self {
        Self::new(
            452,
            (4, 3, 1),
            "Tjänsten har ont om utrymme och tar inte emot brev just nu. Försök igen senare.",
            "The service is short of space and takes no mail just now. Try again later.",
        )
    }
    pub(crate) fn read_only() -> Self {
        Self::new(
            451,
            (4, 3, 0),
            "Tjänsten kan inte spara brev just nu. Försök igen senare.",
            "The service cannot store mail just now. Try again later.",
        )
    }
    pub(crate) fn try_again() -> Self {
        Self::new(
            451,
            (4, 3, 0),
            "Något gick fel hos oss. Brevet är inte mottaget; försök igen senare.",
            "Something went wrong here. The letter was not taken; try again later.",
        )
    }

    /// What a sender is told of the state of the store; `None` while it takes letters.
    pub(crate) fn of_health(health: &Health) -> Option<Self> {
        match health {
            Health::Writable => None,
            Health::Full => Some(Self::full()),
            Health::ReadOnly(_) => Some(Self::read_only()),
        }
    }
    /// Nothing was acknowledged; the cause is for our own log.
    pub(crate) fn of_commit(error: &CommitError) -> Self {
        match error {
            CommitError::Full | CommitError::Store(store::StoreError::Full) => Self::full(),
            CommitError::ReadOnly => Self::read_only(),
            _ => Self::try_again(),
        }
    }
    pub(crate) fn of_store(error: &store::StoreError) -> Self {
        match error {
            store::StoreError::Full => Self::full(),
            _ => Self::try_again(),
        }
    }
}

fn shown_size(octets: u64) -> String {
    if octets >= 1 << 20 { format!("{} MiB", octets >> 20) } else { format!("{} KiB", octets.div_ceil(1024)) }
}
