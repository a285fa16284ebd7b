//! Names under which programs create their own copy of a special mailbox.
//!
//! RFC 6154 tells programs which mailbox is which; some create one in their own language all the same, and the account
//! then has two of a kind. We refuse the second with words that name the first. We do not answer OK and keep nothing: a
//! program would then select what is not there. `Archives` is not on the list, since Thunderbird files into `Archives/2026`
//! whatever we say, and a refusal would stop its archiving. Only CREATE at the top is checked; RENAME is a person's own
//! wish.

use model::{MailboxName, SpecialUse};

const NAMES: [(SpecialUse, &[&str]); 5] = [
    (SpecialUse::Archive, &["archive", "arkiv"]),
    (
        SpecialUse::Drafts,
        &["drafts", "draft", "utkast", "utkast och mallar", "kladdar", "luonnokset", "entwürfe"],
    ),
    (
        SpecialUse::Junk,
        &["junk", "spam", "junk e-mail", "junk mail", "skräp", "skräppost", "roskaposti", "spam-e-post"],
    ),
    (
        SpecialUse::Sent,
        &[
            "sent",
            "sent items",
            "sent messages",
            "sent mail",
            "skickat",
            "skickade",
            "skickade objekt",
            "skickade meddelanden",
            "skickad e-post",
            "lähetetyt",
            "gesendet",
            "gesendete elemente",
        ],
    ),
    (
        SpecialUse::Trash,
        &[
            "trash",
            "deleted",
            "deleted items",
            "deleted messages",
            "bin",
            "borttaget",
            "borttagna",
            "borttagna objekt",
            "borttagna meddelanden",
            "papperskorg",
            "papperskorgen",
            "roskakori",
            "gelöschte elemente",
            "papierkorb",
        ],
    ),
];

/// What a program means by this name, if it is a usual word for a special mailbox.
pub(crate) fn meant(name: &MailboxName) -> Option<SpecialUse> {
    let name = message::fold(name.as_str());
    NAMES.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(special, _)| *special)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_words_are_known_in_any_case_and_only_as_whole_names() {
        let meant = |name: &str| super::meant(&MailboxName::parse(name).unwrap());
        assert_eq!(meant("Skickat"), Some(SpecialUse::Sent));
        assert_eq!(meant("SKRA\u{308}PPOST"), Some(SpecialUse::Junk));
        assert_eq!(meant("Deleted Messages"), Some(SpecialUse::Trash));
        for name in ["Läxor/Skickat", "Skickat 2026", "Archives", "INBOX"] {
            assert_eq!(meant(name), None, "{name}");
        }
    }
}
