//! Where mailboxes of others appear, and who may share.
//!
//! RFC 2342 (other users' and shared namespaces), RFC 4314 §3.1 (a site may say who may be named).

use model::{MailboxName, Role};
use serde::Deserialize;

/// How mailboxes are shared.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sharing {
    /// Above the mailboxes of functions, as in `Delade/expedition@skola.example`. Default Delade.
    pub functions_prefix: String,
    /// Above the mailboxes that people share, as in `Andra/asa.oqvist@skola.example`. Default Andra.
    pub people_prefix: String,
    /// Who may share own mailboxes, and with whom: `staff` (staff with staff) or `nobody`. Default staff.
    pub people: WhoShares,
}

/// Who may share own mailboxes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WhoShares {
    /// Staff, with other staff of the municipality.
    Staff,
    /// Nobody; what was shared before stays as it is.
    Nobody,
}

impl WhoShares {
    /// May somebody in this role share, or be shared with?
    pub const fn allows(self, role: Role) -> bool {
        matches!(self, Self::Staff) && role.is_staff()
    }
}

impl Default for Sharing {
    fn default() -> Self {
        Self { functions_prefix: "Delade".into(), people_prefix: "Andra".into(), people: WhoShares::Staff }
    }
}

impl Sharing {
    /// Is it a name of mailboxes of others, or that of the place above them? INBOX and empty prefixes are none.
    pub fn is_others(&self, name: &MailboxName) -> bool {
        self.prefixes().any(|prefix| below(name.as_str(), prefix).is_some())
    }
    /// Both prefixes.
    pub fn prefixes(&self) -> impl Iterator<Item = &str> {
        [&*self.functions_prefix, &*self.people_prefix].into_iter().filter(|prefix| !prefix.is_empty())
    }
}

/// What of a name stands below a prefix: nothing for the prefix itself; `None` if it is not below it.
pub fn below<'n>(name: &'n str, prefix: &str) -> Option<&'n str> {
    match name.strip_prefix(prefix)? {
        "" => Some(""),
        rest => rest.strip_prefix(model::HIERARCHY_DELIMITER),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_below_a_prefix() {
        assert_eq!(below("Delade/a@b.test/Sent", "Delade"), Some("a@b.test/Sent"));
        assert_eq!(below("Delade", "Delade"), Some(""));
        assert_eq!(below("Deladeras", "Delade"), None);
        let sharing = Sharing::default();
        let is_others = |name: &str| sharing.is_others(&MailboxName::parse(name).unwrap());
        assert!(
            is_others("Andra/x") && is_others("Delade") && !is_others("INBOX") && !is_others("Andra skolor")
        );
    }
}
