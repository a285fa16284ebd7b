use std::collections::HashMap;

use proptest::prelude::*;

use super::*;

/// `id refs subject sent`: refs with commas, `-` for none; the subject with `Re:` in front for a reply.
fn forest(algorithm: fn(&[Threadable<'_>]) -> Forest, messages: &[(u64, &[u64], &str, i64)]) -> String {
    let mut subjects: HashMap<String, u32> = HashMap::from([(String::new(), 0)]);
    let list: Vec<Threadable<'_>> = messages
        .iter()
        .zip(0..)
        .map(|((id, references, subject, sent), arrived)| {
            let base = crate::base_subject(subject.as_bytes());
            let next = u32::try_from(subjects.len()).unwrap();
            Threadable {
                id: Some(*id).filter(|id| *id != 0),
                references,
                sent: *sent,
                arrived,
                subject: *subjects.entry(base.text).or_insert(next),
                is_reply: base.is_reply,
            }
        })
        .collect();
    told(&algorithm(&list))
}

/// As THREAD writes it, messages counted from one.
fn told(forest: &Forest) -> String {
    let mut out = String::new();
    // Children to come of each open bracket; those behind an only child share its bracket.
    let mut open: Vec<u32> = Vec::new();
    let mut alone = false;
    for (message, children) in forest.nodes() {
        if !alone {
            let nested = out.ends_with(|c: char| c.is_ascii_digit());
            out += if nested { " (" } else { "(" };
            open.last_mut().into_iter().for_each(|left| *left -= 1);
            open.push(0);
        }
        if let Some(place) = message {
            out += &format!("{}{}", if alone { " " } else { "" }, place + 1);
        }
        alone = children == 1;
        if children > 1 {
            *open.last_mut().unwrap() = children;
        } else if children == 0 {
            while open.pop_if(|left| *left == 0).is_some() {
                out.push(')');
            }
        }
    }
    out
}

#[test]
fn ordered_subject_has_two_levels() {
    let messages: &[(u64, &[u64], &str, i64)] = &[
        (1, &[], "b", 5),
        (2, &[], "Re: a", 3),
        (3, &[], "a", 1),
        (4, &[], "Re: b", 2),
        (5, &[], "[x] a", 9),
    ];
    assert_eq!(forest(by_subject, messages), "(3 (2)(5))(4 1)");
    assert_eq!(forest(by_subject, &[]), "");
}

#[test]
fn references_make_chains_and_branches() {
    let messages: &[(u64, &[u64], &str, i64)] = &[
        (1, &[], "a", 1),
        (2, &[1], "Re: a", 2),
        (3, &[1, 2], "Re: a", 3),
        (4, &[1], "Re: a", 4),
        (5, &[], "other", 0),
    ];
    assert_eq!(forest(by_references, messages), "(5)(1 (2 3)(4))");
    assert_eq!(forest(by_references_alone, messages), "(1 (2 3)(4))(5)");
}

#[test]
fn absent_messages_hold_their_answers_together() {
    // Only replies are here; what they answer is not.
    let siblings: &[(u64, &[u64], &str, i64)] = &[(2, &[1], "Re: a", 2), (3, &[1], "Re: b", 1)];
    assert_eq!(forest(by_references_alone, siblings), "((2)(1))");
    // One child moves up, also through several levels of absent ones.
    assert_eq!(forest(by_references_alone, &[(5, &[1, 2, 3], "x", 1)]), "(1)");
    let deep: &[(u64, &[u64], &str, i64)] =
        &[(5, &[1, 2, 3], "x", 1), (6, &[1, 2, 4], "x", 2), (7, &[1, 5], "x", 3)];
    assert_eq!(forest(by_references_alone, deep), "((1 3)(2))");
    // An absent one between two that are there is passed over.
    assert_eq!(forest(by_references_alone, &[(1, &[], "x", 1), (3, &[1, 2], "x", 2)]), "(1 2)");
}

#[test]
fn subjects_join_what_references_do_not() {
    // A reply joins the original.
    assert_eq!(forest(by_references, &[(1, &[], "a", 1), (2, &[], "Re: a", 2)]), "(1 2)");
    // Also when the reply is older by its date.
    assert_eq!(forest(by_references, &[(1, &[], "a", 2), (2, &[], "Re: a", 1)]), "(1 2)");
    // Two originals, or two replies, become siblings.
    assert_eq!(
        forest(by_references, &[(1, &[], "a", 1), (2, &[], "A", 2)]),
        "(1)(2)",
        "the caller folds case"
    );
    assert_eq!(
        forest(by_references, &[(1, &[], "a", 1), (2, &[], "a", 2), (3, &[], "Re: a", 3)]),
        "((1)(2)(3))"
    );
    assert_eq!(forest(by_references, &[(1, &[], "Re: a", 1), (2, &[], "Re: a", 2)]), "((1)(2))");
    // No subject joins nothing.
    assert_eq!(forest(by_references, &[(1, &[], "", 1), (2, &[], "Re:", 2)]), "(1)(2)");
    // Two groups below absent messages become one, a single message joins them.
    let groups: &[(u64, &[u64], &str, i64)] = &[
        (11, &[1], "Re: a", 1),
        (12, &[1], "Re: a", 2),
        (21, &[2], "Re: a", 3),
        (22, &[2], "Re: a", 4),
        (30, &[], "a", 5),
    ];
    assert_eq!(forest(by_references, groups), "((1)(2)(3)(4)(5))");
    // Swedish marks are part of the subject.
    assert_eq!(forest(by_references, &[(1, &[], "a", 1), (2, &[], "SV: a", 2)]), "(1)(2)");
}

#[test]
fn odd_identifiers_do_no_harm() {
    // Loops, oneself, the same identifier twice, none at all.
    assert_eq!(forest(by_references_alone, &[(1, &[2], "x", 1), (2, &[1], "y", 2)]), "(2 1)");
    assert_eq!(forest(by_references_alone, &[(1, &[1], "x", 1)]), "(1)");
    assert_eq!(
        forest(by_references_alone, &[(1, &[], "x", 1), (1, &[], "y", 2), (2, &[1], "z", 3)]),
        "(2)(1 3)"
    );
    assert_eq!(forest(by_references_alone, &[(0, &[], "x", 1), (0, &[7, 7], "y", 2)]), "(1)(2)");
    // A cut References of another message does not decide the parent.
    let cut: &[(u64, &[u64], &str, i64)] =
        &[(9, &[1, 3], "x", 9), (1, &[], "x", 1), (2, &[1], "x", 2), (3, &[1, 2], "x", 3)];
    assert_eq!(forest(by_references_alone, cut), "(2 3 4 1)");
}

#[test]
fn long_chains_need_no_stack_and_no_square_time() {
    let ids: Vec<[u64; 1]> = (1..=200_000).map(|id| [id]).collect();
    let message = |id: usize| Threadable {
        id: Some(id as u64 + 2),
        references: &ids[id],
        sent: 0,
        arrived: 0,
        subject: 0,
        is_reply: false,
    };
    for reversed in [false, true] {
        let mut list: Vec<_> = (0..ids.len()).map(message).collect();
        if reversed {
            list.reverse();
        }
        let nodes: Vec<_> = by_references(&list).nodes().collect();
        assert_eq!(nodes.iter().filter(|(_, children)| *children == 1).count(), ids.len() - 1, "one chain");
    }
}

proptest! {
    #[test]
    fn every_message_is_told_once(
        ids in prop::collection::vec((0u64..12, prop::collection::vec(1u64..15, 0..5), 0u32..4, any::<bool>(), 0i64..6), 0..14)
    ) {
        let list: Vec<_> = ids.iter().map(|(id, references, subject, is_reply, sent)| Threadable {
            id: Some(*id).filter(|id| *id != 0), references, sent: *sent, arrived: 0, subject: *subject, is_reply: *is_reply,
        }).collect();
        for algorithm in [by_subject, by_references, by_references_alone] {
            let forest = algorithm(&list);
            let mut left = 0_i64;
            for (_, children) in forest.nodes() {
                left = (left - 1).max(0) + i64::from(children);
            }
            prop_assert_eq!(left, 0);
            let mut told: Vec<u32> = forest.nodes().filter_map(|(message, _)| message).collect();
            told.sort_unstable();
            prop_assert_eq!(told, places(&list));
        }
    }

    /// Who belongs together does not depend on the order in which messages came.
    #[test]
    fn order_does_not_decide_who_belongs_together(
        parents in prop::collection::vec(any::<prop::sample::Index>(), 1..14), shuffle in any::<u64>()
    ) {
        let references: Vec<Vec<u64>> = parents.iter().enumerate().map(|(place, index)| {
            if place == 0 { Vec::new() } else { vec![index.index(place) as u64 + 1] }
        }).collect();
        let mut order: Vec<usize> = (0..parents.len()).collect();
        order.sort_by_key(|place| (*place as u64 + 1).wrapping_mul(shuffle | 1).rotate_left(17));
        let list: Vec<_> = order.iter().map(|place| Threadable {
            id: Some(*place as u64 + 1), references: &references[*place], sent: *place as i64, arrived: 0, subject: 0, is_reply: false,
        }).collect();
        let forest = by_references(&list);
        let children: usize = forest.nodes().map(|(_, children)| children as usize).sum();
        prop_assert_eq!(children, forest.nodes().count() - 1, "all but one are below another");
    }
}
