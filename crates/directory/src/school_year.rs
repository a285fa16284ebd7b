//! The school year (läsår): from August to July, named after the calendar year in which it begins.

use std::fmt;

use model::UnixMillis;
use serde::{Deserialize, Serialize};

/// A school year. “4B” is another class in each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SchoolYear(pub u16);

impl SchoolYear {
    /// The school year at a moment (by UTC: the turn of July and August is in the holidays).
    pub fn at(now: UnixMillis) -> Self {
        let (year, month) = year_and_month(now.seconds() / 86_400);
        let begins = if month >= 8 { year } else { year - 1 };
        Self(u16::try_from(begins).unwrap_or(u16::MAX))
    }
}

impl fmt::Display for SchoolYear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{:02}", self.0, (u32::from(self.0) + 1) % 100)
    }
}

/// Year and month of a day since 1970-01-01 in the Gregorian calendar, by eras of 400 years that begin in March.
fn year_and_month(days: u64) -> (u64, u64) {
    let from_0000 = days + 719_468;
    let (era, day_of_era) = (from_0000 / 146_097, from_0000 % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_year_turns_in_august() {
        for (seconds, year) in [
            (1_785_542_399, 2025), // 2026-07-31T23:59:59Z
            (1_785_542_400, 2026), // 2026-08-01T00:00:00Z
            (1_798_761_600, 2026), // 2027-01-01
            (951_782_400, 1999),   // 2000-02-29
        ] {
            assert_eq!(SchoolYear::at(UnixMillis(seconds * 1000)), SchoolYear(year), "{seconds}");
        }
        assert_eq!(SchoolYear(2026).to_string(), "2026/27");
        assert_eq!(SchoolYear(2099).to_string(), "2099/00");
    }
}
