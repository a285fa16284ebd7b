//! SELECT and EXAMINE.
//!
//! RFC 3501 §6.3.1, §6.3.2. The tagged answer's READ-WRITE or READ-ONLY is the session's.

use imap_wire::command::Select;
use imap_wire::{Code, encode};
use mailbox::Selected;
use model::{Keyword, Right};

use crate::conversation::{Trouble, now};
use crate::folders::Folders;
use crate::updates;
use crate::wire::Wire;

pub(crate) async fn select(
    folders: &Folders<'_>,
    asked: &Select,
    wire: &mut Wire,
) -> Result<Selected, Trouble> {
    let mailbox = folders.open(&asked.mailbox, &[Right::Read]).await?;
    let selected = folders.mailboxes.select_as(mailbox, folders.account.id, asked.read_only, now()).await?;
    let out = &mut wire.buffer;
    let keywords: Vec<Keyword> = selected.keywords().cloned().collect();
    updates::write_flags(&keywords, out);
    encode::exists(selected.exists(), out);
    encode::recent(selected.recent_count(), out);
    if let Some(first) = selected.first_unseen() {
        encode::ok(&Code::Unseen(first), "First unseen", out);
    }
    encode::ok(&Code::UidValidity(selected.uid_validity()), "UIDs valid", out);
    encode::ok(&Code::UidNext(selected.uid_next()), "Predicted next UID", out);
    encode::ok(&Code::MailboxId(mailbox::mailbox_id(mailbox)), "Stays", out);
    encode::ok(&Code::HighestModSeq(selected.highest_mod_seq()), "Highest", out);
    updates::write_permanent_flags(&keywords, selected.is_read_only(), out);
    wire.send_pieces().await?;
    Ok(selected)
}
