//! DATA, and the end of every message.
//!
//! RFC 5321 §4.1.1.4, §4.5.2. A message with a fault is read to its true end and thrown away: what its sender hid
//! behind a false end is never read as a command.

use model::QueueId;

use super::state::{Open, Stage, State};
use super::{Advance, Question, Session};
use crate::body::{Body, Piece};
use crate::replies;

/// `.` CRLF
const END_BYTES: usize = 3;

impl Session {
    pub(super) fn data(&mut self) {
        if !matches!(self.stage(), Some(Stage::Recipients(..))) {
            let reply = self.out_of_order();
            return self.refuse(&reply);
        }
        let body = self.body();
        self.set_stage(Stage::Data(body));
        self.say(&replies::start_data());
    }

    pub(super) fn read_data(&mut self) -> Advance {
        let State::Open { stage: Stage::Data(body), .. } = &mut self.state else { return Advance::Starved };
        let sound = body.fault().is_none();
        match body.next_piece(self.input.as_slice()) {
            Piece::Text(count) => {
                self.forget |= sound && body.fault().is_some();
                if body.fault().is_none() {
                    return Advance::Spool(self.input.take(count));
                }
                self.input.skip(count);
            }
            Piece::Dot => self.input.skip(1),
            Piece::End => {
                self.input.skip(END_BYTES);
                self.end_of_data();
            }
            Piece::More => return Advance::Starved,
        }
        Advance::On
    }

    /// All octets have come.
    pub(super) fn end_of_data(&mut self) {
        let Some(stage) = self.stage() else { return };
        if let Stage::Data(body) | Stage::Chunks(body) | Stage::Chunk(body, _) =
            std::mem::replace(stage, Stage::Ready)
        {
            match body.fault() {
                Some(_) => self.refuse_content(&body),
                None => self.ask(Open::End, Question::EndOfData { size: body.size() }),
            }
        }
    }

    /// The driver has forgotten the message already, when the fault was found.
    pub(super) fn refuse_content(&mut self, body: &Body) {
        let limits = &self.config.limits;
        if let Some(fault) = body.fault() {
            let reply = replies::fault(fault, limits.message_bytes_max, limits.body_line_bytes_max);
            self.refuse(&reply);
        }
        self.utf8 = false;
    }

    pub(super) fn message_accepted(&mut self, id: Option<QueueId>) {
        self.tally.idle_commands = 0;
        self.say(&id.map_or_else(|| replies::fine(0, 0, "Taken"), replies::queued));
        self.utf8 = false;
    }
}
