//! COMPRESS: from the tagged OK on, both directions are DEFLATE.
//!
//! RFC 4978 §3.

use model::Text;

use super::finish::{Asked, Then};
use super::{Session, Stage, Step};
use crate::command::{Request, Tag, Verb};
use crate::encode::Code;

impl Session {
    pub(super) fn compress(&mut self, tag: Tag) -> Option<Step> {
        if self.compressed {
            let text = Text::new(
                "Anslutningen är redan komprimerad.",
                "The connection is compressed already, by this command.",
            );
            return self.no(&tag, Code::CompressionActive, &text);
        }
        if !self.is_allowed("COMPRESS=DEFLATE") {
            let text = Text::new("Komprimering är avstängd.", "Compression is switched off.");
            return self.no(&tag, Code::Cannot, &text);
        }
        self.ask(Asked { tag, verb: Verb::Compress, then: Then::Compress }, Request::Compress)
    }

    /// The tagged OK is the last thing in plain text, so it is written before this step.
    pub(super) fn compress_now(&mut self) -> Step {
        self.compressed = true;
        self.stage = Stage::Command;
        Step::Compress(self.input.take_all())
    }
}
