//! What lies in the body log between the bodies that rows name.

use store::StoreError;

use crate::body_log::record::{Head, MAGIC};
use crate::body_log::{BodyLog, Place};
use crate::core::io_error;

/// Records begin at a multiple of this.
const STEP: u64 = 16;
const PIECE_OCTETS: u64 = 1 << 20;
/// Holds the head of a body of 64 MiB.
const HEAD_READ_OCTETS: u64 = 4096;

/// A record that no row names at this place.
pub(crate) struct Dead {
    pub(crate) place: Place,
    pub(crate) head: Head,
}

/// Hands over every whole head outside of `live`, which is ascending.
pub(crate) fn each_dead(
    log: &BodyLog,
    live: &[Place],
    mut each: impl FnMut(Dead) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let segments = log.segments().map_err(|error| io_error("asking the body log", &error))?;
    for (segment, len) in segments {
        let first = live.partition_point(|place| place.segment < segment);
        let here = live[first..].iter().take_while(|place| place.segment == segment);
        let mut at = 0;
        for place in here {
            gap(log, segment, at..place.offset.min(len), len, &mut each)?;
            at = at.max((place.offset + place.len).next_multiple_of(STEP));
        }
        gap(log, segment, at..len, len, &mut each)?;
    }
    Ok(())
}

fn gap(
    log: &BodyLog,
    segment: u32,
    span: std::ops::Range<u64>,
    len: u64,
    each: &mut impl FnMut(Dead) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut at = span.start;
    while at < span.end {
        let place = Place { segment, offset: at, len: PIECE_OCTETS.min(span.end - at) };
        let piece = log.octets(place)?;
        let begins = |offset: &usize| piece[*offset..].starts_with(MAGIC);
        let Some(offset) = (0..piece.len()).step_by(16).find(begins) else {
            at += place.len.next_multiple_of(STEP);
            continue;
        };
        at += offset as u64;
        let step = match head_at(log, segment, at, len) {
            Some(head) => {
                let place = Place { segment, offset: at, len: head.record_len() };
                let step = place.len.next_multiple_of(STEP);
                each(Dead { place, head })?;
                step
            }
            None => STEP,
        };
        at += step;
    }
    Ok(())
}

fn head_at(log: &BodyLog, segment: u32, offset: u64, len: u64) -> Option<Head> {
    let short = Place { segment, offset, len: HEAD_READ_OCTETS.min(len - offset) };
    let whole = Place { len: len - offset, ..short };
    let head = log.head(short).or_else(|_| log.head(whole)).ok()?;
    (offset + head.record_len() <= len).then_some(head)
}
