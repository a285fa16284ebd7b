//! What others did in the selected mailbox, as untagged answers.
//!
//! RFC 3501 §7.2.6, §7.3, §7.4.

use std::io;

use imap_wire::Code;
use imap_wire::encode::{self, FetchWriter};
use mailbox::Updates;
use model::{FlagSet, Keyword, SystemFlag};

use crate::wire::Wire;

pub(crate) async fn write(news: &Updates, wire: &mut Wire) -> io::Result<()> {
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
        write_flags(keywords, &mut wire.buffer);
        write_permanent_flags(keywords, false, &mut wire.buffer);
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
pub(crate) fn write_flags(keywords: &[Keyword], out: &mut Vec<u8>) {
    out.extend_from_slice(b"* FLAGS (");
    out.extend_from_slice(SystemFlag::ALL.map(SystemFlag::name).join(" ").as_bytes());
    for keyword in keywords {
        out.push(b' ');
        out.extend_from_slice(keyword.as_str().as_bytes());
    }
    out.extend_from_slice(b")\r\n");
}

/// Every flag stays, and `\*` says that clients may make more; nothing stays in a mailbox that is only looked at.
pub(crate) fn write_permanent_flags(keywords: &[Keyword], read_only: bool, out: &mut Vec<u8>) {
    let (flags, keywords, text) = match read_only {
        true => (FlagSet::new(), Vec::new(), "Nothing can be changed here"),
        false => (SystemFlag::ALL.into_iter().collect(), keywords.to_vec(), "Flags are kept"),
    };
    encode::ok(&Code::PermanentFlags { flags, keywords, new_keywords: !read_only }, text, out);
}
