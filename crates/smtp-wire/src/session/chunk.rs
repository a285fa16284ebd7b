//! BDAT: a message in chunks of announced length.
//!
//! RFC 3030 §2: each good chunk gets 250; a refused chunk is read and thrown away before its reply, and so are those
//! that the client had already sent after it (they find no message and get 503); DATA and BDAT do not mix. Lines are
//! as strict as in DATA; a CR LF pair may be cut by a chunk's end.

use bytes::Bytes;

use super::state::{Stage, State};
use super::{Advance, Session};
use crate::body::Body;
use crate::replies;
use crate::reply::Reply;

/// The chunk that is coming.
#[derive(Clone, Copy, Debug)]
pub(super) struct Chunk {
    size: u64,
    left: u64,
    last: bool,
}

/// A refused chunk that is still coming.
#[derive(Debug)]
pub(super) struct Skip {
    left: u64,
    reply: Reply,
}

impl Session {
    pub(super) fn bdat(&mut self, size: u64, last: bool) {
        let fresh = self.body();
        let mut body = match self.stage() {
            Some(stage @ (Stage::Recipients(..) | Stage::Chunks(_))) => {
                match std::mem::replace(stage, Stage::Ready) {
                    Stage::Chunks(body) => body,
                    _ => fresh,
                }
            }
            _ => {
                self.skip = Some(Skip { left: size, reply: self.out_of_order() });
                return;
            }
        };
        body.announce(size);
        self.forget |= body.fault().is_some();
        self.set_stage(Stage::Chunk(body, Chunk { size, left: size, last }));
    }

    pub(super) fn skip_chunk(&mut self) -> Advance {
        let Some(mut skip) = self.skip.take() else { return Advance::On };
        let count = up_to(skip.left, self.input.as_slice().len());
        self.input.skip(count);
        skip.left -= count as u64;
        if skip.left > 0 {
            self.skip = Some(skip);
            return Advance::Starved;
        }
        self.refuse(&skip.reply);
        Advance::On
    }

    pub(super) fn read_chunk(&mut self) -> Advance {
        let State::Open { stage: Stage::Chunk(body, chunk), .. } = &mut self.state else {
            return Advance::Starved;
        };
        if chunk.left == 0 {
            return self.end_of_chunk();
        }
        let count = up_to(chunk.left, self.input.as_slice().len());
        if count == 0 {
            return Advance::Starved;
        }
        chunk.left -= count as u64;
        let sound = body.fault().is_none();
        body.read_chunk(&self.input.as_slice()[..count]);
        self.forget |= sound && body.fault().is_some();
        if body.fault().is_none() {
            return Advance::Spool(self.input.take(count));
        }
        self.input.skip(count);
        Advance::On
    }

    fn end_of_chunk(&mut self) -> Advance {
        let Some(stage @ Stage::Chunk(..)) = self.stage() else { return Advance::Starved };
        let Stage::Chunk(body, chunk) = std::mem::replace(stage, Stage::Ready) else {
            return Advance::Starved;
        };
        match body.fault() {
            Some(_) => self.refuse_content(&body),
            None if chunk.last => return self.end_of_chunks(body),
            None => {
                self.set_stage(Stage::Chunks(body));
                self.say(&replies::fine(0, 0, format!("{} octets", chunk.size)));
            }
        }
        Advance::On
    }

    fn end_of_chunks(&mut self, mut body: Body) -> Advance {
        let unfinished = body.finish();
        self.forget |= body.fault().is_some();
        self.set_stage(Stage::Chunks(body));
        self.end_of_data();
        if unfinished { Advance::Spool(Bytes::from_static(b"\r\n")) } else { Advance::On }
    }
}

/// As many as are wanted and there.
fn up_to(wanted: u64, there: usize) -> usize {
    usize::try_from(wanted).map_or(there, |wanted| wanted.min(there))
}
