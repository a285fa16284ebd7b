//! THREAD.
//!
//! RFC 5256 §3, §4: ORDEREDSUBJECT and REFERENCES; REFS. What is found is what SEARCH finds.

use imap_wire::Completion;
use imap_wire::command::{Thread, ThreadAlgorithm};
use imap_wire::encode::ThreadWriter;
use mailbox::{Progress, Selected, ThreadBy};

use crate::conversation::{Outcome, now};
use crate::esearch;
use crate::wire::Wire;
use crate::{Limits, search};

pub(crate) async fn thread(selected: &Selected, asked: &Thread, limits: &Limits, wire: &mut Wire) -> Outcome {
    let found = search::find(selected, &search::query(&asked.key, selected), limits, wire).await?;
    let by = match asked.algorithm {
        ThreadAlgorithm::OrderedSubject => ThreadBy::Subject,
        ThreadAlgorithm::References => ThreadBy::References,
        ThreadAlgorithm::Refs => ThreadBy::ReferencesAlone,
    };
    let threads = selected.thread(found, by, now());
    let threads = search::watched(threads, &Progress::default(), limits, wire).await?;
    let mut writer = ThreadWriter::new(&mut wire.buffer);
    for (message, children) in threads.messages() {
        let number = message.map(|message| esearch::number(asked.numbering, message));
        writer.message(number, children, &mut wire.buffer);
        wire.send_pieces().await?;
    }
    writer.finish(&mut wire.buffer);
    Ok(Completion::ok())
}
