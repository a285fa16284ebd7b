//! What SEARCH looks for.
//!
//! RFC 3501 §6.4.4, RFC 5032, RFC 8514. NEW, OLD, UNSEEN and their kin are put together from these by the driver. Words are Unicode; they are
//! compared as [`message::fold`] says, as exact substrings.

use model::{Keyword, ModSeq, SystemFlag, UidSet, UnixMillis, Zone};

/// A day, as days since 1970-01-01.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day(pub i32);

impl Day {
    /// A day of the Gregorian calendar; `month` and `day` from one. `None` if there is no such day.
    pub fn from_ymd(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let length = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 => 28 + u8::from(leap),
            _ => return None,
        };
        if day == 0 || day > length {
            return None;
        }
        // Years from March on, so that the leap day is the last of its year.
        let (year, month) = (i32::from(year) - i32::from(month <= 2), (i32::from(month) + 9) % 12);
        let days = year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        Some(Self(days + (month * 153 + 2) / 5 + i32::from(day) - 1 - 719_468))
    }
    /// The day of a moment in UTC.
    pub fn of(moment: UnixMillis) -> Self {
        Self(i32::try_from(moment.seconds() / 86_400).unwrap_or(i32::MAX))
    }
    /// The day of a moment as it is written in a zone, such as that of INTERNALDATE.
    pub fn in_zone(moment: UnixMillis, zone: Zone) -> Self {
        let seconds = moment.seconds().cast_signed().saturating_add(i64::from(zone.minutes()) * 60);
        Self(i32::try_from(seconds.div_euclid(86_400)).unwrap_or(i32::MAX))
    }
}

/// A search.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Every message.
    All,
    /// Not those.
    Not(Box<Query>),
    /// One or the other.
    Or(Box<Query>, Box<Query>),
    /// All of these; every message if there are none.
    And(Vec<Query>),
    /// Has the flag.
    Flag(SystemFlag),
    /// Has the keyword.
    Keyword(Keyword),
    /// Has \Recent in this session.
    Recent,
    /// Closed ranges of sequence numbers, `*` resolved.
    Seqs(Vec<(u32, u32)>),
    /// UIDs.
    Uids(UidSet),
    /// More octets than this.
    Larger(u64),
    /// Fewer octets than this.
    Smaller(u64),
    /// INTERNALDATE is earlier than the day.
    Before(Day),
    /// INTERNALDATE is on the day.
    On(Day),
    /// INTERNALDATE is on the day or later.
    Since(Day),
    /// INTERNALDATE is earlier than the moment: OLDER of RFC 5032; YOUNGER is its opposite.
    ArrivedBefore(UnixMillis),
    /// Date is earlier than the day, by the writer's clock.
    SentBefore(Day),
    /// Date is on the day.
    SentOn(Day),
    /// Date is on the day or later.
    SentSince(Day),
    /// It came into this mailbox earlier than the day (RFC 8514).
    SavedBefore(Day),
    /// It came on the day.
    SavedOn(Day),
    /// It came on the day or later.
    SavedSince(Day),
    /// A field of the letter's header holds the text; with an empty text, the field is there. FROM, SUBJECT and others too.
    Header(String, String),
    /// The text is in the letter below its header.
    Body(String),
    /// The text is anywhere in the letter.
    Text(String),
    /// Its EMAILID is this (RFC 8474 §5.1).
    EmailId(String),
    /// Its THREADID is this.
    ThreadId(String),
    /// MODSEQ is this or more (RFC 7162 §3.1.5).
    ModSeq(ModSeq),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_as_the_calendar_does() {
        for (year, month, day, days) in [
            (1970, 1, 1, 0),
            (1969, 12, 31, -1),
            (2000, 2, 29, 11_016),
            (2000, 3, 1, 11_017),
            (2026, 11, 23, 20_780),
        ] {
            assert_eq!(Day::from_ymd(year, month, day), Some(Day(days)));
        }
        for (year, month, day) in [(2026, 2, 29), (1900, 2, 29), (2026, 13, 1), (2026, 4, 31), (2026, 1, 0)] {
            assert_eq!(Day::from_ymd(year, month, day), None);
        }
        assert_eq!(Day::of(UnixMillis(86_400_000)), Day(1));
        assert_eq!(Day::in_zone(UnixMillis(86_399_000), Zone::minutes_east(1)), Day(1));
        assert_eq!(Day::in_zone(UnixMillis(0), Zone::minutes_east(-1)), Day(-1));
    }
}
