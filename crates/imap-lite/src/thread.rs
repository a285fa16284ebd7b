//! THREAD.
//!
//! RFC 5256 §3, §4: ORDEREDSUBJECT and REFERENCES; REFS. What is found is what SEARCH finds.

use imap_wire::Completion;
use imap_wire::command::{Numbering, Thread, ThreadAlgorithm};
use imap_wire::encode::ThreadWriter;
use mailbox::{Selected, ThreadBy};

use crate::conversation::{Outcome, now};
use crate::search;
use crate::wire::Wire;

pub(crate) async fn thread(selected: &Selected, asked: &Thread, wire: &mut Wire) -> Outcome {
    let found = selected.search(&search::query(&asked.key, selected), now()).await?;
    let by = match asked.algorithm {
        ThreadAlgorithm::OrderedSubject => ThreadBy::Subject,
        ThreadAlgorithm::References => ThreadBy::References,
        ThreadAlgorithm::Refs => ThreadBy::ReferencesAlone,
    };
    let threads = selected.thread(found, by, now()).await?;
    let mut writer = ThreadWriter::new(&mut wire.buffer);
    for (message, children) in threads.messages() {
        let number = message.map(|(seq, uid)| match asked.numbering {
            Numbering::Sequence => seq.get(),
            Numbering::Uid => uid.get(),
        });
        writer.message(number, children, &mut wire.buffer);
        wire.send_pieces().await?;
    }
    writer.finish(&mut wire.buffer);
    Ok(Completion::ok())
}
