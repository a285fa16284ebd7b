//! Where the service stands in time: the zone by its name, with the rules that it has had and will have.
//!
//! The rules come with the program (IANA time zone database, in `jiff`), so that a machine without them is no different.

use jiff::Timestamp;
use jiff::tz;
use model::{LocalZone, UnixMillis, Zone};
use serde::Deserialize;

/// A zone by its name.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct TimeZone(tz::TimeZone);

impl TryFrom<String> for TimeZone {
    /// What to write instead.
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let unknown = |_| format!("“{name}” is no time zone: say one as Europe/Stockholm, or UTC");
        tz::TimeZone::get(&name).map(Self).map_err(unknown)
    }
}

impl Default for TimeZone {
    fn default() -> Self {
        Self(tz::TimeZone::get("Europe/Stockholm").expect("the database that comes with us has it"))
    }
}

impl TimeZone {
    /// For those who write dates.
    pub(crate) fn local(&self) -> LocalZone {
        let zone = self.0.clone();
        LocalZone::new(move |moment| at(&zone, moment))
    }
}

fn at(zone: &tz::TimeZone, moment: UnixMillis) -> Zone {
    let moment = i64::try_from(moment.0).ok().and_then(|millis| Timestamp::from_millisecond(millis).ok());
    let seconds = moment.map_or(0, |moment| zone.to_offset(moment).seconds());
    i16::try_from(seconds / 60).map_or(Zone::UTC, Zone::minutes_east)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_and_winter() {
        let zone = TimeZone::default().local();
        assert_eq!(zone.at(UnixMillis(1_768_478_400_000)), Zone::minutes_east(60), "15 January 2026");
        assert_eq!(zone.at(UnixMillis(1_784_116_800_000)), Zone::minutes_east(120), "15 July 2026");
        assert_eq!(zone.at(UnixMillis(u64::MAX)), Zone::UTC);
    }

    #[test]
    fn an_unknown_name_says_what_to_write() {
        let error = TimeZone::try_from("Europe/Granköping".to_owned()).unwrap_err();
        assert!(error.contains("Europe/Stockholm"));
        assert!(TimeZone::try_from("UTC".to_owned()).is_ok());
    }
}
