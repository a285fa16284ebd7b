//! Local parts that are nobody's name.

/// Functions that mail for a domain is sent to (RFC 2142), beside those of [`is_operators`]. They may be given to a member
/// of staff as a further address, and pass from one to the next.
const FUNCTIONS: [&str; 6] = ["info", "mailer-daemon", "marketing", "sales", "support", "usenet"];

/// Who reads these speaks for the whole domain: operators write to them (RFC 2142), and certificates are given to who
/// answers from some of them (CA/Browser Forum baseline requirements §3.2.2.4.4).
const OPERATORS: [&str; 16] = [
    "abuse",
    "admin",
    "administrator",
    "dns",
    "ftp",
    "hostmaster",
    "news",
    "noc",
    "postmaster",
    "root",
    "security",
    "ssladmin",
    "ssladministrator",
    "sysadmin",
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
    FUNCTIONS.contains(&local_folded) || OPERATORS.contains(&local_folded)
}

/// Does whoever reads it speak for the whole domain? Hyphens and dots make no difference.
pub fn is_operators(local_folded: &str) -> bool {
    OPERATORS.contains(&&*local_folded.replace(['-', '_', '.'], ""))
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
        for local in ["postmaster", "host-master", "admin", "abuse", "ssladmin", "noc", "root", "dns"] {
            assert!(is_operators(local), "{local}");
        }
        assert!(!is_operators("info") && !is_operators("expedition") && !is_operators("administration"));
        assert!(is_function("abuse") && !is_function("rektor") && !is_reserved("rektor.ek"));
    }
}
