//! Dates of a header: written, and read from senders who write them in many ways.
//!
//! RFC 5322 §3.3 (date-time), §4.3 (years of two and three digits, named zones; military letters count as -0000);
//! RFC 3501 §6.4.4 (SENTON and its kin compare the day as written, without regard to time and zone).

use model::{UnixMillis, Zone};

use crate::header::field;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// 1970-01-01 was a Thursday.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];

/// The Date field, read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// The day that is written there, as days since 1970-01-01; its zone does not move it.
    pub day: i32,
}

/// `Mon, 7 Sep 2026 08:00:00 +0200`
pub fn rfc5322_date(at: UnixMillis, zone: Zone) -> String {
    let seconds = i64::try_from(at.seconds()).unwrap_or(i64::MAX / 2) + i64::from(zone.minutes()) * 60;
    let (day, time) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, date) = civil_of(day);
    let weekday = DAYS[usize::try_from(day.rem_euclid(7)).unwrap_or(0)];
    let month = MONTHS[month - 1];
    let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
    let sign = if zone.minutes() < 0 { '-' } else { '+' };
    let (zone_hours, zone_minutes) = (zone.minutes().abs() / 60, zone.minutes().abs() % 60);
    format!(
        "{weekday}, {date} {month} {year:04} {hour:02}:{minute:02}:{second:02} {sign}{zone_hours:02}{zone_minutes:02}"
    )
}

/// The header's Date; none without one that can be read.
pub(crate) fn sent(header: &[u8]) -> Option<Sent> {
    let value = field(header, "date")?.unfolded().into_owned();
    parse(&String::from_utf8_lossy(&value))
}

/// Reads a date-time. RFC 5256 §2.2: a time that cannot be is midnight, a zone that cannot be is UTC.
pub(crate) fn parse(text: &str) -> Option<Sent> {
    let plain = without_comments(text).replace(',', " ");
    let mut words = plain.split_ascii_whitespace().peekable();
    words.next_if(|word| !word.starts_with(|c: char| c.is_ascii_digit())); // The weekday says nothing.
    // `7-Sep-2026`, too.
    let mut date: Vec<&str> = words.next()?.split('-').collect();
    while date.len() < 3 {
        date.push(words.next()?);
    }
    let [date, month, year] = date[..] else { return None };
    let date: i64 = date.parse().ok().filter(|date| (1..=31).contains(date))?;
    let month = MONTHS
        .iter()
        .position(|name| month.get(..3).is_some_and(|start| start.eq_ignore_ascii_case(name)))?
        + 1;
    let year = match (year.len(), year.parse::<i64>().ok()?) {
        (2, year @ 0..50) => year + 2000,
        (2 | 3, year) => year + 1900,
        (4, year) => year,
        _ => return None,
    };
    let day = day_of(year, month, date);
    let sound = (1900..=9999).contains(&year) && civil_of(day) == (year, month, date);
    let time = words.next().and_then(time_of).unwrap_or(0);
    let zone = words.next().map_or(0, zone_of);
    let day32 = i32::try_from(day).ok()?;
    sound.then_some(Sent { unix_seconds: day * 86_400 + time - zone * 60, day: day32 })
}

/// `08:00` or `08:00:59`; a leap second is taken.
fn time_of(word: &str) -> Option<i64> {
    let mut units = word.split(':').map(|unit| unit.parse::<i64>().ok());
    let (hour, minute, second) = (units.next()??, units.next()??, units.next().unwrap_or(Some(0))?);
    let sound = (0..24).contains(&hour) && (0..60).contains(&minute) && (0..=60).contains(&second);
    (sound && units.next().is_none()).then(|| hour * 3600 + minute * 60 + second)
}

/// Minutes east; an unknown zone is UTC (RFC 5322 §4.3).
fn zone_of(word: &str) -> i64 {
    let sign = if word.starts_with('-') { -1 } else { 1 };
    let digits = word.strip_prefix(['+', '-']).filter(|digits| digits.len() == 4);
    if let Some(number) = digits.and_then(|digits| digits.parse::<i64>().ok()) {
        let sound = number / 100 < 24 && number % 100 < 60;
        return if sound { sign * (number / 100 * 60 + number % 100) } else { 0 };
    }
    let hours = match word.to_ascii_uppercase().as_str() {
        "EDT" => -4,
        "EST" | "CDT" => -5,
        "CST" | "MDT" => -6,
        "MST" | "PDT" => -7,
        "PST" => -8,
        _ => 0,
    };
    hours * 60
}

fn without_comments(text: &str) -> String {
    let mut depth = 0_usize;
    let outside = |c: &char| {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => return depth == 0,
        }
        false
    };
    text.chars().filter(outside).collect()
}

/// Days since 1970 of a date in the Gregorian calendar.
fn day_of(year: i64, month: usize, date: i64) -> i64 {
    // Years that begin in March put the leap day at the end.
    let month = i64::try_from(month).unwrap_or(1);
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    year * 365 + year.div_euclid(4) - year.div_euclid(100)
        + year.div_euclid(400)
        + (153 * month + 2) / 5
        + date
        - 719_469
}

fn civil_of(day: i64) -> (i64, usize, i64) {
    let mut year =
        (day + 719_469).div_euclid(146_097) * 400 + (day + 719_469).rem_euclid(146_097) * 400 / 146_097;
    let mut month = 12;
    while day_of(year, 1, 1) > day {
        year -= 1;
    }
    while day_of(year + 1, 1, 1) <= day {
        year += 1;
    }
    while month > 1 && day_of(year, month, 1) > day {
        month -= 1;
    }
    (year, month, day - day_of(year, month, 1) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written() {
        let at = UnixMillis(1_788_760_800_000);
        assert_eq!(rfc5322_date(at, Zone::minutes_east(120)), "Mon, 7 Sep 2026 08:00:00 +0200");
        assert_eq!(rfc5322_date(at, Zone::minutes_east(-570)), "Sun, 6 Sep 2026 20:30:00 -0930");
        assert_eq!(rfc5322_date(UnixMillis(0), Zone::UTC), "Thu, 1 Jan 1970 00:00:00 +0000");
    }

    #[test]
    fn what_is_written_is_read() {
        for days in 0..60_000 {
            let seconds = days * 86_400 + days % 86_400;
            let text = rfc5322_date(UnixMillis(seconds * 1000), Zone::minutes_east(-90));
            assert_eq!(parse(&text).map(|sent| sent.unix_seconds), Some(seconds.cast_signed()), "{text}");
        }
    }

    #[test]
    fn dates_of_all_kinds() {
        for (text, seconds, day) in [
            ("Thu, 1 Jan 1970 01:00:00 +0200", -3600, 0),
            ("3 Jan 1970 00:00 GMT", 172_800, 2),
            ("Sat , 3 (three) January 70 00:00:00 EST", 190_800, 2),
            ("3-Jan-1970 00:00:01 -0000 (UTC)", 172_801, 2),
            ("29 Feb 2024 12:00:00 +0100", 1_709_204_400, 19_782),
            ("2 Jan 1970 25:00 +9999", 86_400, 1),
            // Numbers that no calculation holds.
            ("2 Jan 1970 5555555555555555:00:00 +0000", 86_400, 1),
            ("2 Jan 1970 00:9223372036854775807 -9999", 86_400, 1),
        ] {
            assert_eq!(parse(text), Some(Sent { unix_seconds: seconds, day }), "{text}");
        }
        for text in [
            "i dag",
            "",
            "30 Feb 2024 12:00:00 +0100",
            "0 Jan 2024",
            "9223372036854775807 Jan 2024",
            "1 Foo 2024",
            "åäö",
            "1 Må",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
