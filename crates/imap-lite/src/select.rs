//! SELECT and EXAMINE.
//!
//! RFC 3501 §6.3.1, §6.3.2. RFC 7162 §3.1.2 (HIGHESTMODSEQ, always), §3.2.5 (QRESYNC). RFC 8474 §4.2 (MAILBOXID). RFC 9051
//! §6.3.2: neither RECENT nor UNSEEN. The tagged answer's READ-WRITE or READ-ONLY is the session's.

use imap_wire::Code;
use imap_wire::command::Select;
use imap_wire::encode::{self, Attributes};
use mailbox::Selected;
use model::{Keyword, Right};

use crate::conversation::{Trouble, now};
use crate::folders::Folders;
use crate::wire::Wire;
use crate::{resync, updates};

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
    if wire.enabled.imap4rev2 {
        // RFC 9051 §6.3.2: the mailbox is told by its name.
        encode::list(&asked.mailbox, &Attributes::default(), wire.enabled, out);
    } else {
        encode::recent(selected.recent_count(), out);
        if let Some(first) = selected.first_unseen() {
            encode::ok(&Code::Unseen(first), "First unseen", out);
        }
    }
    encode::ok(&Code::UidValidity(selected.uid_validity()), "UIDs valid", out);
    encode::ok(&Code::UidNext(selected.uid_next()), "Predicted next UID", out);
    encode::ok(&Code::MailboxId(mailbox::mailbox_id(mailbox)), "Stays", out);
    encode::ok(&Code::HighestModSeq(selected.highest_mod_seq()), "Highest", out);
    updates::write_permanent_flags(&keywords, selected.changeable(), out);
    wire.send_pieces().await?;
    if let Some(known) = &asked.qresync {
        resync::resync(&selected, known, wire).await?;
    }
    Ok(selected)
}
