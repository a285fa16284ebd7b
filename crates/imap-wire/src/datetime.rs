//! Dates as IMAP writes them, without a calendar library.
//!
//! RFC 3501 §9: date, date-time. Days are counted in the proleptic Gregorian calendar; leap seconds are read as second 59.

use std::fmt;

use model::UnixMillis;

/// A day, as SEARCH names it: `1-Feb-1994`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date {
    year: u16,
    month: u8,
    day: u8,
}

/// A moment with the writer's distance from UTC, as INTERNALDATE: `"17-Jul-1996 02:44:25 -0700"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DateTime {
    /// Seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
    /// Minutes that the writer's clock is ahead of UTC.
    pub zone_minutes: i16,
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const DAY_SECONDS: i64 = 86_400;

impl Date {
    /// `None` for a day that does not exist.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            2 => 28 + u8::from(leap),
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => return None,
        };
        (1..=days).contains(&day).then_some(Self { year, month, day })
    }
    /// The day that is `days` after 1970-01-01; `None` outside the years 0 to 9999.
    pub fn from_unix_days(days: i64) -> Option<Self> {
        // Years begin in March, so that the leap day is the last; 146,097 days make 400 years.
        let shifted = days.checked_add(719_468)?;
        let era = shifted.div_euclid(146_097);
        let of_era = shifted.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let month = if month < 10 { month + 3 } else { month - 9 };
        let year = year_of_era + era * 400 + i64::from(month <= 2);
        let year = u16::try_from(year).ok().filter(|year| *year <= 9999)?;
        Self::new(year, month as u8, day as u8)
    }
    /// Days since 1970-01-01.
    pub fn unix_days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let year_of_era = year.rem_euclid(400);
        let month = (i64::from(self.month) + 9) % 12;
        let of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + of_year - 719_468
    }
    /// Its first second, in UTC.
    pub fn unix_seconds(self) -> i64 {
        self.unix_days() * DAY_SECONDS
    }
    /// Reads `1-Feb-1994` or ` 1-Feb-1994`; months in any case.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (date, rest) = Self::parse_front(text)?;
        rest.is_empty().then_some(date)
    }

    fn parse_front(text: &[u8]) -> Option<(Self, &[u8])> {
        let text = text.strip_prefix(b" ").unwrap_or(text);
        let digits = text.iter().take_while(|octet| octet.is_ascii_digit()).count();
        let (day, rest) = text.split_at(digits);
        let (month, rest) = rest.strip_prefix(b"-")?.split_at_checked(3)?;
        let (year, rest) = rest.strip_prefix(b"-")?.split_at_checked(4)?;
        let month = MONTHS.iter().position(|name| name.as_bytes().eq_ignore_ascii_case(month))? as u8 + 1;
        Some((Self::new(decimal(year)?, month, u8::try_from(decimal(day)?).ok()?)?, rest))
    }
}

/// One to four digits.
fn decimal(digits: &[u8]) -> Option<u16> {
    let fits = (1..=4).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
    fits.then(|| digits.iter().fold(0, |number, digit| number * 10 + u16::from(digit - b'0')))
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}-{:04}", self.day, MONTHS[usize::from(self.month) - 1], self.year)
    }
}

impl DateTime {
    /// Reads `17-Jul-1996 02:44:25 -0700`, without the quotes.
    pub fn parse(text: &[u8]) -> Option<Self> {
        let (date, rest) = Date::parse_front(text)?;
        let [b' ', h1, h2, b':', m1, m2, b':', s1, s2, b' ', sign, z @ ..] = rest else { return None };
        let (hour, minute, second) = (decimal(&[*h1, *h2])?, decimal(&[*m1, *m2])?, decimal(&[*s1, *s2])?);
        let zone = if z.len() == 4 { decimal(z)? } else { return None };
        let zone_ok = zone / 100 < 24 && zone % 100 < 60;
        if hour > 23 || minute > 59 || second > 60 || !zone_ok {
            return None;
        }
        let minutes = i16::try_from(zone / 100 * 60 + zone % 100).ok()?;
        let zone_minutes = match sign {
            b'+' => minutes,
            b'-' => -minutes,
            _ => return None,
        };
        let of_day = i64::from(hour) * 3600 + i64::from(minute) * 60 + i64::from(second.min(59));
        Some(Self { unix_seconds: date.unix_seconds() + of_day - i64::from(zone_minutes) * 60, zone_minutes })
    }
    /// For the store; what lies before 1970 becomes 1970.
    pub fn to_unix_millis(self) -> UnixMillis {
        UnixMillis(u64::try_from(self.unix_seconds).unwrap_or(0) * 1000)
    }
    /// A stored moment, shown in UTC.
    pub fn utc(at: UnixMillis) -> Self {
        Self { unix_seconds: i64::try_from(at.seconds()).unwrap_or(i64::MAX), zone_minutes: 0 }
    }
    /// Appends `"17-Jul-1996 02:44:25 -0700"` with its quotes; a year over 9999 is shown as 9999.
    pub fn write(self, out: &mut Vec<u8>) {
        const LAST: Date = Date { year: 9999, month: 12, day: 31 };
        let local = self.unix_seconds.saturating_add(i64::from(self.zone_minutes) * 60);
        let date = Date::from_unix_days(local.div_euclid(DAY_SECONDS)).unwrap_or(LAST);
        let second = local.rem_euclid(DAY_SECONDS) as u32;
        let zone = u32::from(self.zone_minutes.unsigned_abs());
        out.push(b'"');
        out.push(if date.day < 10 { b' ' } else { b'0' + date.day / 10 });
        out.push(b'0' + date.day % 10);
        out.push(b'-');
        out.extend_from_slice(MONTHS[usize::from(date.month) - 1].as_bytes());
        out.push(b'-');
        two_digits(u32::from(date.year) / 100, out);
        two_digits(u32::from(date.year), out);
        for (mark, number) in [(b' ', second / 3600), (b':', second / 60 % 60), (b':', second % 60)] {
            out.push(mark);
            two_digits(number, out);
        }
        out.extend_from_slice(if self.zone_minutes < 0 { b" -" } else { b" +" });
        two_digits(zone / 60, out);
        two_digits(zone % 60, out);
        out.push(b'"');
    }
}

fn two_digits(number: u32, out: &mut Vec<u8>) {
    let number = (number % 100) as u8;
    out.extend_from_slice(&[b'0' + number / 10, b'0' + number % 10]);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(moment: DateTime) -> String {
        let mut out = Vec::new();
        moment.write(&mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn every_day_of_ten_thousand_years() {
        let (first, last) = (Date::new(0, 1, 1).unwrap(), Date::new(9999, 12, 31).unwrap());
        let mut before = None;
        for days in first.unix_days()..=last.unix_days() {
            let date = Date::from_unix_days(days).unwrap();
            assert_eq!(date.unix_days(), days);
            assert!(before < Some(date));
            before = Some(date);
        }
        assert_eq!(Date::from_unix_days(last.unix_days() + 1), None);
        assert_eq!(Date::from_unix_days(first.unix_days() - 1), None);
    }

    #[test]
    fn known_moments() {
        let moment = DateTime::parse(b"17-Jul-1996 02:44:25 -0700").unwrap();
        assert_eq!((moment.unix_seconds, moment.zone_minutes), (837_596_665, -420));
        assert_eq!(written(moment), "\"17-Jul-1996 02:44:25 -0700\"");
        assert_eq!(written(DateTime::utc(UnixMillis(0))), "\" 1-Jan-1970 00:00:00 +0000\"");
        assert_eq!(DateTime::parse(b" 1-jan-1970 00:00:00 +0130").unwrap().unix_seconds, -5400);
        assert_eq!(DateTime::parse(b"29-Feb-2024 23:59:60 +0000").unwrap().unix_seconds, 1_709_251_199);
        assert_eq!(Date::parse(b"1-Feb-1994").unwrap().unix_days(), 8797);
        written(DateTime { unix_seconds: i64::MAX, zone_minutes: i16::MAX });
        written(DateTime { unix_seconds: i64::MIN, zone_minutes: i16::MIN });
    }

    #[test]
    fn what_is_no_date() {
        for text in [
            "30-Feb-2024",
            "29-Feb-2023",
            "0-Jan-2024",
            "1-Foo-2024",
            "1-Jan-24",
            "1-Jan-2024 ",
            "",
            "-Jan-2024",
        ] {
            assert_eq!(Date::parse(text.as_bytes()), None, "{text}");
        }
        for text in [
            "1-Jan-2024",
            "1-Jan-2024 24:00:00 +0000",
            "1-Jan-2024 00:00:00 0000",
            "1-Jan-2024 00:00:00 +2400",
        ] {
            assert_eq!(DateTime::parse(text.as_bytes()), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn print_and_parse(unix_seconds in -62_000_000_000i64..253_000_000_000, zone_minutes in -1439i16..1440) {
            let moment = DateTime { unix_seconds, zone_minutes };
            let text = written(moment);
            prop_assert_eq!(DateTime::parse(text.trim_matches('"').as_bytes()), Some(moment));
        }
    }
}
