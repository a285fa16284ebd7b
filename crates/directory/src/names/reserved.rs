//! Local parts that are nobody's name.

/// Functions that mail for a domain is sent to (RFC 2142), and those that every mail operator knows. They may be given
/// to a member of staff as a further address, and pass from one to the next.
const FUNCTIONS: [&str; 22] = [
    "abuse",
    "admin",
    "administrator",
    "dns",
    "ftp",
    "hostmaster",
    "info",
    "mailer-daemon",
    "marketing",
    "news",
    "noc",
    "postmaster",
    "root",
    "sales",
    "security",
    "ssladmin",
    "ssladministrator",
    "support",
    "sysadmin",
    "usenet",
    "uucp",
    "webmaster",
];

/// Functions of a school, which get shared boxes and not people.
const SCHOOL: [&str; 12] = [
    "rektor",
    "expedition",
    "elevhalsa",
    "anmal",
    "moderator",
    "noreply",
    "no-reply",
    "www",
    "autoconfig",
    "autodiscover",
    "dmarc",
    "tlsrpt",
];

/// What lists and shared boxes begin with.
const PREFIXES: [&str; 6] = ["vikarie", "klass-", "larare-", "vh-", "alla-", "personal"];

/// Is it a function that a member of staff may hold?
pub fn is_function(local_folded: &str) -> bool {
    FUNCTIONS.contains(&local_folded)
}

/// Is it a name that machines answer to, so that no school's function has it?
pub(crate) fn is_mechanical(local_folded: &str) -> bool {
    const MECHANICAL: [&str; 8] =
        ["mailer-daemon", "noreply", "no-reply", "www", "autoconfig", "autodiscover", "dmarc", "tlsrpt"];
    MECHANICAL.contains(&local_folded)
}

/// Is it never a person's own address? Also true of every [`is_function`].
pub fn is_reserved(local_folded: &str) -> bool {
    let begins = PREFIXES.iter().any(|prefix| local_folded.starts_with(prefix));
    begins || is_function(local_folded) || SCHOOL.contains(&local_folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_no_people() {
        for local in ["postmaster", "abuse", "rektor", "vikarie7", "vikarie.asa", "klass-4b", "personal"] {
            assert!(is_reserved(local), "{local}");
        }
        assert!(is_function("abuse") && !is_function("rektor") && !is_reserved("rektor.ek"));
    }
}
