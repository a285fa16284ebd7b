//! Reading on past a command that is refused already.
//!
//! RFC 7888 §4: the octets of a non-synchronising literal come whatever we say.

use super::{Session, Stage, Step};
use crate::splitter::{LiteralHeader, Piece};

/// What is still to be dropped, and what to say then.
#[derive(Debug)]
pub(super) struct Skip {
    left: u64,
    /// Octets of literals that may still be announced.
    room: u64,
    reply: Vec<u8>,
}

impl Skip {
    /// `None` if the literal alone is more than `max`.
    pub(super) fn new(len: u64, reply: Vec<u8>, max: u64) -> Option<Self> {
        Some(Self { left: len, room: max.checked_sub(len)?, reply })
    }
}

impl Session {
    pub(super) fn skip_on(&mut self) -> Option<Step> {
        let Stage::Skip(skip) = &mut self.stage else { return None };
        if skip.left > 0 {
            let Some(octets) = self.input.chunk(skip.left) else { return Some(Step::Read) };
            skip.left -= octets.len() as u64;
            return None;
        }
        let literal = match self.next_line() {
            Piece::More => return Some(Step::Read),
            Piece::Flood => return self.hang_up(),
            Piece::Line { literal, .. } => literal,
        };
        let Stage::Skip(skip) = &mut self.stage else { return None };
        match literal {
            Some(LiteralHeader { len, sync: false }) => match skip.room.checked_sub(len.saturating_add(1)) {
                Some(room) => {
                    (skip.left, skip.room) = (len, room);
                    None
                }
                None => self.hang_up(),
            },
            // A client that waits for "+" learns here that none comes.
            _ => {
                let reply = std::mem::take(&mut skip.reply);
                self.say(&reply)
            }
        }
    }
}
