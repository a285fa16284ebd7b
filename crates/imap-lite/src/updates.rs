//! What others did in the selected mailbox, as untagged answers.
//!
//! RFC 3501 §7.2.6, §7.3, §7.4.

use std::io;

use imap_wire::Code;
use imap_wire::encode::{self, FetchWriter};
use mailbox::Updates;
use model::{FlagSet, Keyword, SystemFlag};

use crate::wire::Wire;

pub(crate) async fn write(news: &Updates, keywords_max: usize, wire: &mut Wire) -> io::Result<()> {
    for place in &news.expunged {
        encode::expunge(*place, &mut wire.buffer);
        wire.send_pieces().await?;
    }
    if let Some(messages) = news.exists {
        encode::exists(messages, &mut wire.buffer);
    }
    if let Some(messages) = news.recent {
        encode::recent(messages, &mut wire.buffer);
    }
    if let Some(keywords) = &news.keywords {
        let keywords: Vec<&Keyword> = keywords.iter().collect();
        write_flags(&keywords, keywords_max, &mut wire.buffer);
        write_permanent_flags(&keywords, false, &mut wire.buffer);
    }
    for update in &news.flags {
        let mut fetch = FetchWriter::new(update.seq, &mut wire.buffer);
        fetch.flags(&update.flags, update.recent);
        fetch.finish();
        wire.send_pieces().await?;
    }
    Ok(())
}

/// `* FLAGS (…)`: the system flags and keywords in use, of which a mailbox may have more than a message.
pub(crate) fn write_flags(keywords: &[&Keyword], keywords_max: usize, out: &mut Vec<u8>) {
    out.extend_from_slice(b"* FLAGS (");
    out.extend_from_slice(SystemFlag::ALL.map(SystemFlag::name).join(" ").as_bytes());
    for keyword in keywords.iter().take(keywords_max) {
        out.push(b' ');
        out.extend_from_slice(keyword.as_str().as_bytes());
    }
    out.extend_from_slice(b")\r\n");
}

/// Every flag stays, and `\*` says that clients may make more; nothing stays in a mailbox that is only looked at.
pub(crate) fn write_permanent_flags(keywords: &[&Keyword], read_only: bool, out: &mut Vec<u8>) {
    let mut flags = FlagSet::new();
    if !read_only {
        flags = SystemFlag::ALL.into_iter().collect();
        // As many as one set holds; the others are covered by `\*`.
        let room = keywords.iter().take(FlagSet::KEYWORDS_MAX);
        room.for_each(|keyword| flags.insert_keyword((*keyword).clone()).unwrap_or_default());
    }
    let (code, text) = match read_only {
        true => (Code::PermanentFlags { flags, new_keywords: false }, "Nothing can be changed here"),
        false => (Code::PermanentFlags { flags, new_keywords: true }, "Flags are kept"),
    };
    encode::ok(&code, text, out);
}
