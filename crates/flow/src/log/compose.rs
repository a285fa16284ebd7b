//! Recipients to rows.

use model::{EmailAddress, QueueId, ReversePath, TenantId};
use queue::Route;
use store::Batch;

use super::row::{Indexed, LogIndexKey, LogRow};
use super::secret::LogSecret;

/// Octets of the recipients of one row: with the longest sender a row stays below [`Batch::VALUE_OCTETS_MAX`].
const PAGE_OCTETS_MAX: usize = 3300;
/// Length, verdict.
const ENTRY_OCTETS: usize = 14;

/// Splits recipients into pages: each fits into one row, and its accounts into one route.
pub(crate) fn paginate<T>(items: Vec<T>, address: impl Fn(&T) -> &EmailAddress) -> Vec<Vec<T>> {
    let (mut pages, mut octets): (Vec<Vec<T>>, usize) = (Vec::new(), 0);
    for item in items {
        let more = address(&item).to_string().len() + ENTRY_OCTETS;
        octets += more;
        match pages.last_mut() {
            Some(page) if octets <= PAGE_OCTETS_MAX && page.len() < Route::RECIPIENTS_MAX => page.push(item),
            _ => {
                pages.push(vec![item]);
                octets = more;
            }
        }
    }
    pages
}

/// Makes a letter findable by these addresses.
pub(crate) fn index<'a>(
    batch: &mut Batch,
    secret: &LogSecret,
    tenant: TenantId,
    queue_id: QueueId,
    addresses: impl IntoIterator<Item = &'a EmailAddress>,
) {
    for address in addresses {
        batch.put(&LogIndexKey { tenant, address: secret.address(address), queue_id }, &Indexed);
    }
}

/// The addresses under which a row can be found.
pub(crate) fn addresses(row: &LogRow) -> impl Iterator<Item = &EmailAddress> {
    row.recipients.iter().map(|(address, _)| address).chain(sender(&row.from))
}

/// The sender, if there is one.
pub(crate) const fn sender(from: &ReversePath) -> Option<&EmailAddress> {
    match from {
        ReversePath::Null => None,
        ReversePath::Address(address) => Some(address),
    }
}

#[cfg(test)]
mod tests {
    use model::{AccountId, UnixMillis};
    use store::Record;

    use super::*;
    use crate::log::{Source, Verdict};

    fn longest(number: usize) -> EmailAddress {
        let domain =
            format!("{}.{}.{}.{}.test", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(50));
        format!("\"{}{number:03}\"@{domain}", "\\\"".repeat(61)).parse().unwrap()
    }

    #[test]
    fn every_page_fits_into_a_row_and_loses_nobody() {
        for (count, short) in [(0, true), (1000, true), (100, false)] {
            let address = |number: usize| {
                if short { format!("elev{number}@skola.test").parse().unwrap() } else { longest(number) }
            };
            let all: Vec<_> = (0..count).map(address).collect();
            let pages = paginate(all.clone(), |address| address);
            assert_eq!(pages.concat(), all);
            for page in pages {
                let verdict = Verdict::Refused { code: 550, enhanced: (5, 999, 999) };
                let row = LogRow {
                    at: UnixMillis(u64::MAX),
                    source: Source::Submission { account: AccountId::new(u64::MAX) },
                    from: ReversePath::Address(longest(0)),
                    size: u64::MAX,
                    message_id: Some([255; 16]),
                    recipients: page.into_iter().map(|address| (address, verdict)).collect(),
                    unlisted: u32::MAX,
                    filed: Some(UnixMillis(u64::MAX)),
                };
                assert!(row.recipients.len() <= Route::RECIPIENTS_MAX);
                assert!(row.encode().len() <= Batch::VALUE_OCTETS_MAX);
            }
        }
    }
}
