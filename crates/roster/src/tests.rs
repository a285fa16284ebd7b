//! The same file in many forms, and each damage by row and column.

use directory::{AuthConfig, Directory, NameTable, NewTenant};
use encoding_rs::WINDOWS_1252;
use model::{Language, Role, TenantId, UnixMillis};
use proptest::prelude::*;
use store::MemoryEngine;
use unicode_normalization::UnicodeNormalization;

use super::*;

const NOW: UnixMillis = UnixMillis(1_795_392_000_000);

const FILE: &str = "Skolenhetskod;Roll;Förnamn;Tilltalsnamn;Efternamn;Klass;E-post
99900001;elev;Åsa-Märta;Åsa;Öqvist;4B;
99900001;elev;Nils Björn;;\"af Klint; d.y.\";4B;
99900001;ELEV;Zoë;;Österlund;4b;
99900002;Lärare;Göran;;D'Angelo;;goran.x@skola.test
99900002;administratör;Élodie;;Müller;;
";

async fn directory() -> (Directory, TenantId) {
    let config = AuthConfig { verifiers: 1, ..AuthConfig::default() };
    let directory = Directory::new(MemoryEngine::store(), config);
    let new = NewTenant {
        name: "Granköpings kommun".into(),
        language: Language::Sv,
        domain: "skola.test".parse().unwrap(),
        table: NameTable::Sv,
    };
    let (tenant, batch) = directory.create_tenant(new, NOW).await.unwrap();
    directory.store().commit(batch).await.unwrap();
    for code in ["99900001", "99900002"] {
        let (_, batch) = directory.add_school(tenant, code.parse().unwrap(), "Skola", NOW).await.unwrap();
        directory.store().commit(batch).await.unwrap();
    }
    (directory, tenant)
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    let units = std::iter::once(0xfeff).chain(text.encode_utf16());
    units.flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

fn forms() -> Vec<(&'static str, Vec<u8>)> {
    let windows = |text: &str| WINDOWS_1252.encode(text).0.into_owned();
    let crlf = FILE.replace('\n', "\r\n");
    let tabs = FILE.replace("; d.y.", ", d.y.").replace(';', "\t").replace(", d.y.", "; d.y.");
    let commas = FILE.replace("; d.y.", "% d.y.").replace(';', ",").replace("% d.y.", "; d.y.");
    vec![
        ("UTF-8", FILE.as_bytes().to_vec()),
        ("UTF-8 with BOM, CRLF", ["\u{feff}", &crlf].concat().into_bytes()),
        ("UTF-16LE", utf16(&crlf, false)),
        ("UTF-16BE", utf16(FILE, true)),
        ("Unicode text", utf16(&tabs, false)),
        ("Windows-1252", windows(&crlf)),
        ("Windows-1252 with sep=", windows(&["sep=,\r\n", &commas].concat())),
        ("UTF-8, NFD", FILE.nfd().collect::<String>().into_bytes()),
    ]
}

#[tokio::test]
async fn eight_forms_of_one_file_are_one_plan() {
    let (directory, tenant) = directory().await;
    for (name, bytes) in forms() {
        let file = read(&bytes, &Limits::default());
        assert_eq!(file.problems, [], "{name}");
        let plan = plan(&directory, tenant, &file, NOW).await.unwrap();
        assert_eq!(plan.problems, [], "{name}");
        let made: Vec<_> = plan.create.iter().map(|p| (p.row.role, p.address.to_string())).collect();
        let expected = [
            (Role::Pupil, "asa.oqvist@skola.test"),
            (Role::Pupil, "nilsbjorn.af-klint-dy@skola.test"),
            (Role::Pupil, "zoe.osterlund@skola.test"),
            (Role::Teacher, "goran.x@skola.test"),
            (Role::Secretary, "elodie.muller@skola.test"),
        ];
        assert_eq!(made, expected.map(|(role, address)| (role, address.to_owned())), "{name}");
        assert_eq!(file.samples[0], "Åsa Öqvist", "{name}");
    }
}

#[tokio::test]
async fn a_second_import_makes_nobody() {
    let (directory, tenant) = directory().await;
    let file = read(FILE.as_bytes(), &Limits::default());
    let first = plan(&directory, tenant, &file, NOW).await.unwrap();
    for planned in &first.create {
        let new = planned.new_account();
        let made = directory.plan_account(tenant, new, &mut directory::Draft::default(), NOW).await.unwrap();
        directory.store().commit(made.batch).await.unwrap();
    }
    let second = plan(&directory, tenant, &file, NOW).await.unwrap();
    assert_eq!((second.create.len(), second.present.len()), (0, 5));
    assert!(second.problems.is_empty());
}

/// Problems of a file with one row, as `row column`.
fn problems(row: &str) -> Vec<String> {
    let file = read(
        format!("Skolenhetskod;Roll;Förnamn;Efternamn;Klass;E-post;Skydd\n{row}").as_bytes(),
        &Limits::default(),
    );
    file.problems.iter().map(|p| format!("{} {}", p.row, p.column.clone().unwrap_or_default())).collect()
}

#[test]
fn each_damage_stands_at_its_row_and_column() {
    for (row, problem) in [
        ("99900001;elev;Åsa;Ek;4B;;;;;;", ""),
        ("9990001;elev;Åsa;Ek;4B;;", "2 Skolenhetskod"),
        ("9,99E+07;elev;Åsa;Ek;4B;;", "2 Skolenhetskod"),
        ("99900001;elv;Åsa;Ek;4B;;", "2 Roll"),
        ("99900001;elev;Ã…sa;Ek;4B;;", "2 Förnamn"),
        ("99900001;elev;?sa;Ek;4B;;", "2 Förnamn"),
        ("99900001;elev;\u{fffd}sa;Ek;4B;;", "2 Förnamn"),
        ("99900001;elev;\u{410}nna;Ek;4B;;", "2 Förnamn"),
        ("99900001;elev;Anna;E\u{200b}k;4B;;", "2 Efternamn"),
        ("99900001;elev;;Ek;4B;;", "2 Förnamn"),
        ("99900001;elev;Anna;#SAKNAS!;4B;;", "2 Efternamn"),
        ("99900001;elev;Anna;Ek;;;", "2 Klass"),
        ("99900001;elev;Anna;Ek;4B;anna;", "2 E-post"),
        ("99900001;elev;Anna;Ek;4B;;kanske", "2 Skydd"),
        ("99900001;elev;Anna;Ek", "2 "),
        ("99900001;elev;Anna;Ek;4B;;;x", "2 "),
        ("99900001;elev;\"Anna;Ek;4B;;", "2 "),
        ("Skolenhetskod;Roll;Förnamn;Efternamn;Klass;E-post;Skydd", "2 "),
        ("99900001;elev;Anna;Ek;4B;;\n99900001;elev;ANNA;ek;4b;;", "3 "),
        ("99900001;elev;\u{a0}Anna\u{a0};Ek;4B;;\n;;;;;;\n", ""),
    ] {
        let expected: Vec<String> = if problem.is_empty() { Vec::new() } else { vec![problem.into()] };
        assert_eq!(problems(row), expected, "{row}");
    }
}

#[test]
fn files_that_are_wrong_as_a_whole() {
    let wrong = |bytes: &[u8]| read(bytes, &Limits::default()).problems;
    for bytes in [
        &b""[..],
        b"\n\n",
        b"Skolenhetskod;Roll;F\xc3\xb6rnamn;Efternamn\n",
        b"a\0b",
        b"\xef\xbb\xbf\xff",
        b"\xff\xfe\x00\xd8",
        b"PK\x03\x04\0",
    ] {
        assert_eq!(wrong(bytes).len(), 1, "{bytes:?}");
    }
    let lacking = wrong(b"Skolenhetskod;Roll;Efternamn\n1;2;3\n");
    assert!(lacking[0].text.sv.contains("Förnamn") && lacking[0].row == 1);
    // Mac Roman: ö is 9A.
    let mac = wrong(b"Skolenhetskod;Roll;F\x9arnamn;Efternamn;Klass\n99900001;elev;Bj\x9arn;Ek;4B\n");
    assert_eq!((mac[0].row, mac[0].column.is_some()), (1, true));
    let mac = wrong(b"Skola;Roll;Tilltalsnamn;Efternamn;Klass\n99900001;elev;Bj\x9arn;Ek;4B\n");
    assert_eq!((mac[0].row, mac[0].column.as_deref()), (2, Some("Tilltalsnamn")));
}

#[tokio::test]
async fn what_the_directory_refuses_stands_at_its_row() {
    let (directory, tenant) = directory().await;
    for (row, column) in [
        ("99900009;elev;Anna;Ek;4B;", Some("Skolenhetskod")),
        ("99900001;elev;Анна;Ек;4B;", Some("E-post")),
        ("99900001;elev;Anna;Ek;4B;rektor@skola.test", Some("E-post")),
        ("99900001;elev;Anna;Ek;4B;anna@elsewhere.test", Some("E-post")),
    ] {
        let text = format!("Skolenhetskod;Roll;Förnamn;Efternamn;Klass;E-post\n{row}\n");
        let file = read(text.as_bytes(), &Limits::default());
        assert_eq!(file.problems, [], "{row}");
        let plan = plan(&directory, tenant, &file, NOW).await.unwrap();
        assert_eq!((plan.problems.len(), plan.create.len()), (1, 0), "{row}");
        assert_eq!((plan.problems[0].row, plan.problems[0].column.as_deref()), (2, column), "{row}");
    }
}

#[test]
fn protected_rows_are_counted_and_never_named() {
    let text = "Skolenhetskod;Roll;Förnamn;Efternamn;Klass;Skydd\n99900001;elev;?sa;Hemlig;4B;S\nx;y;Z;Hemlig;4B;f\n";
    let file = read(text.as_bytes(), &Limits::default());
    assert_eq!((file.held, file.rows.len()), (2, 0));
    assert!(!format!("{file:?}").contains("Hemlig"));
}

proptest! {
    #[test]
    fn no_octets_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, &Limits::default());
    }
    #[test]
    fn no_row_panics(row in "[\\PC;\"\n]{0,80}") {
        let file = read(format!("Skola;Roll;Förnamn;Efternamn;Klass;E-post\n{row}").as_bytes(), &Limits::default());
        prop_assert!(file.rows.iter().all(|row| row.line >= 2));
    }
}
