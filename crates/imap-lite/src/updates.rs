//! What others did in the selected mailbox, as untagged answers.
//!
//! RFC 3501 §7.2.6, §7.3, §7.4. RFC 7162 §3.2.4 (UID and MODSEQ in every FETCH once CONDSTORE is on), §3.2.10 (VANISHED),
//! §3.2 and §6 (HIGHESTMODSEQ while expunges wait). RFC 9051 §7.3.2: no RECENT.

use std::io;

use imap_wire::Code;
use imap_wire::encode::{self, FetchWriter};
use mailbox::{MessageRow, Selected, Updates, permitted_flags};
use model::{Keyword, Right, Rights, SeqNo, SystemFlag};

use crate::wire::Wire;

pub(crate) async fn write(news: &Updates, wire: &mut Wire) -> io::Result<()> {
    write_expunges(news, wire).await?;
    let rev2 = wire.enabled.imap4rev2;
    if let Some(messages) = news.exists {
        encode::exists(messages, &mut wire.buffer);
    }
    if let Some(messages) = news.recent.filter(|_| !rev2) {
        encode::recent(messages, &mut wire.buffer);
    }
    if let Some(keywords) = &news.keywords {
        write_flags(keywords, &mut wire.buffer);
        write_permanent_flags(keywords, news.changeable, &mut wire.buffer);
    }
    for update in &news.flags {
        let condstore = wire.enabled.condstore;
        let mut fetch = FetchWriter::new(update.seq, &mut wire.buffer);
        if condstore {
            fetch.uid(update.uid);
        }
        fetch.flags(&update.flags, update.recent && !rev2);
        if condstore {
            fetch.mod_seq(update.mod_seq);
        }
        fetch.finish();
        wire.send_pieces().await?;
    }
    Ok(())
}

async fn write_expunges(news: &Updates, wire: &mut Wire) -> io::Result<()> {
    if wire.enabled.qresync {
        encode::vanished(false, &news.vanished, &mut wire.buffer);
        return wire.send_pieces().await;
    }
    for place in &news.expunged {
        encode::expunge(*place, &mut wire.buffer);
        wire.send_pieces().await?;
    }
    Ok(())
}

/// What of a message is told without being asked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tell {
    pub(crate) uid: bool,
    pub(crate) flags: bool,
    pub(crate) mod_seq: bool,
}

impl Tell {
    pub(crate) fn write(self, place: SeqNo, row: MessageRow<'_>, selected: &Selected, wire: &mut Wire) {
        let recent = selected.is_recent(row.uid) && !wire.enabled.imap4rev2;
        let mut fetch = FetchWriter::new(place, &mut wire.buffer);
        if self.uid {
            fetch.uid(row.uid);
        }
        if self.flags {
            fetch.flags(row.flags, recent);
        }
        if self.mod_seq {
            fetch.mod_seq(row.mod_seq);
        }
        fetch.finish();
    }
}

/// HIGHESTMODSEQ while the client may not yet hear what went: it must come back for that if the line breaks now.
pub(crate) fn write_held_back(selected: &Selected, wire: &mut Wire) {
    if wire.enabled.qresync && selected.has_untold_expunges() {
        let code = Code::HighestModSeq(selected.highest_mod_seq());
        encode::ok(&code, "Expunges wait", &mut wire.buffer);
    }
}

/// `* FLAGS (…)`: the system flags and keywords in use, of which a mailbox may have more than a message.
pub(crate) fn write_flags(keywords: &[Keyword], out: &mut Vec<u8>) {
    out.extend_from_slice(b"* FLAGS (");
    out.extend_from_slice(SystemFlag::ALL.map(SystemFlag::name).join(" ").as_bytes());
    for keyword in keywords {
        out.push(b' ');
        out.extend_from_slice(keyword.as_str().as_bytes());
    }
    out.extend_from_slice(b")\r\n");
}

/// The flags that may be changed under some rights (RFC 4314 §4), and `\*` where clients may make more.
pub(crate) fn write_permanent_flags(keywords: &[Keyword], rights: Rights, out: &mut Vec<u8>) {
    let flags = permitted_flags(&SystemFlag::ALL.into_iter().collect(), rights);
    let new_keywords = rights.has(Right::Write);
    let keywords = if new_keywords { keywords.to_vec() } else { Vec::new() };
    let text = if flags.is_empty() { "Nothing can be changed here" } else { "Flags are kept" };
    encode::ok(&Code::PermanentFlags { flags, keywords, new_keywords }, text, out);
}
