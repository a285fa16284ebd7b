//! The language of the person at the keyboard.

use std::env;

use model::Language;

/// As POSIX says: `LC_ALL`, else `LC_MESSAGES`, else `LANG`; the first that is set decides.
pub(crate) fn of_environment() -> Language {
    let set = |name| env::var(name).ok().filter(|value| !value.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].into_iter().find_map(set);
    Language::from_locale(locale.as_deref().unwrap_or("C"))
}
