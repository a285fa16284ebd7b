//! Ids that last: of mailboxes, of letters, of conversations.
//!
//! RFC 8474 §4, §5: MAILBOXID stays through RENAME and is never given again; EMAILID is the same for equal content, so for
//! copies, and THREADID for letters of one conversation. All of lower-case hexadecimal digits behind one letter, so that no two
//! differ by case alone. What a conversation is, each letter says itself by the first Message-ID that it refers to: so the
//! id never changes, and a letter whose program cut its References begins a conversation of its own.

use std::fmt::Write;

use message::LineageView;
use model::{MailboxRef, TenantId};
use store::{BodyId, MessageEntry};

use crate::{MailboxError, Mailboxes};

/// Octets of the hash of a content that stand in an EMAILID.
const EMAIL_OCTETS: usize = 20;
/// The same of a THREADID, where a letter names no conversation.
const THREAD_OCTETS: usize = 8;

/// MAILBOXID. Names the account too, since a mailbox may be seen by others beside their own.
pub fn mailbox_id(mailbox: MailboxRef) -> String {
    format!("F{:016x}{:x}", mailbox.account.get(), mailbox.mailbox.get())
}

/// EMAILID.
pub fn email_id(body: &BodyId) -> String {
    hex('M', &body.0[..EMAIL_OCTETS])
}

/// THREADID of a letter with this lineage.
pub(crate) fn thread_id_of(lineage: &[u8], body: &BodyId) -> String {
    match LineageView::open(lineage).and_then(|lineage| lineage.root()) {
        Some(root) => format!("T{root:016x}"),
        None => hex('T', &body.0[..THREAD_OCTETS]),
    }
}

fn hex(first: char, octets: &[u8]) -> String {
    octets.iter().fold(String::from(first), |mut text, octet| {
        write!(text, "{octet:02x}").expect("a String takes everything");
        text
    })
}

impl Mailboxes {
    /// THREADID.
    ///
    /// # Errors
    /// [`MailboxError::Store`].
    pub async fn thread_id(&self, tenant: TenantId, entry: &MessageEntry) -> Result<String, MailboxError> {
        if !entry.lineage.is_empty() {
            return Ok(thread_id_of(&entry.lineage, &entry.body));
        }
        let content = self.content(tenant, entry).await?;
        let lineage = self.lineage(tenant, entry, &content).await?;
        Ok(thread_id_of(lineage.as_octets(), &entry.body))
    }
}

#[cfg(test)]
mod tests {
    use model::{AccountId, MailboxId};

    use super::*;

    #[test]
    fn ids_are_of_plain_characters_and_follow_what_they_name() {
        let mailbox = MailboxRef {
            tenant: TenantId::new(1),
            account: AccountId::new(0xab),
            mailbox: MailboxId::new(1),
        };
        assert_eq!(mailbox_id(mailbox), "F00000000000000ab1");
        let (one, other) = (BodyId([1; 32]), BodyId([2; 32]));
        assert_eq!(email_id(&one), format!("M{}", "01".repeat(20)));
        let lineage = |ids: &[u64]| ids.iter().flat_map(|id| id.to_le_bytes()).collect::<Vec<u8>>();
        let thread = |ids: &[u64], body| thread_id_of(&lineage(ids), body);
        assert_eq!(thread(&[5], &one), thread(&[6, 5, 9], &other));
        assert_eq!(thread(&[0, 5], &one), thread(&[5], &one));
        assert_ne!(thread(&[0], &one), thread(&[0], &other));
        assert_eq!(thread(&[5], &one), "T0000000000000005");
    }
}
