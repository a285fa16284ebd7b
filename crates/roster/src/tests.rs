//! The same file in many forms, and each damage by row and column.

use directory::{AuthConfig, Directory, NameTable, NewTenant};
use encoding_rs::WINDOWS_1252;
use model::{Language, Role, TenantId, UnixMillis};
use proptest::prelude::*;
use store::MemoryEngine;
use unicode_normalization::UnicodeNormalization;

use super::*;

const NOW: UnixMillis = UnixMillis(1_795_392_000_000);

/// Twenty people whose names Windows-1252 can hold.
const FILE: &str = "Skolenhetskod;Roll;Förnamn;Tilltalsnamn;Efternamn;Klass;E-post
99900001;elev;Åsa-Märta;Åsa;Öqvist;4B;
99900001;elev;Nils Björn;;\"af Klint; d.y.\";4B;
99900001;ELEV;Zoë;;Österlund;4b;
99900001;elev;Gina;;D'Angelo;4B;
99900001;elev;Ronja;;;4B;ronja.fyra@skola.test
99900001;elev;X;;Æ;5A;
99900001;elev;Tomáš;;Škoda;5A;
99900001;elev;Anna;;Ek;4B;
99900001;elev;Anna;;Ek;5A;
99900001;elev;Inés;;de la Cruz;5A;
99900001;elev;Þór;;Guðmundsson;5A;
99900001;elev;Åke;;Långnamnaåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäöåäö;5A;
99900001;elev;\"Bo \"\"Bosse\"\"\";Bo;Ek-Ö;5A;
99900002;Lärare;Göran;;D’Angelo;;goran.x@skola.test
99900002;administratör;Élodie;;Müller;;
99900002;mentor;Jörg;;Straße;;
99900002;rektor;Søren;;Ås;;
99900002;elevhälsa;Märta;;Öqvist;;
99900002;övrig;Ture;;Ñandú;;
99900002;lärare;Ivar;;Ek;;
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
    let parted = |by: &str| FILE.replace("; d.y.", "% d.y.").replace(';', by).replace("% d.y.", "; d.y.");
    let (tabs, commas) = (parted("\t"), parted(","));
    vec![
        ("UTF-8", FILE.as_bytes().to_vec()),
        ("UTF-8 with BOM, CRLF", ["\u{feff}", &crlf].concat().into_bytes()),
        ("UTF-16LE", utf16(&crlf, false)),
        ("UTF-16BE", utf16(FILE, true)),
        ("Unicode text", utf16(&tabs, false)),
        ("Windows-1252", windows(&crlf)),
        ("Windows-1252 with sep=", windows(&["sep=,\r\n", &commas].concat())),
        ("old Mac line ends", FILE.replace('\n', "\r").into_bytes()),
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
        let made: Vec<_> =
            plan.create.iter().map(|p| (p.row.line, p.row.role, p.address.to_string())).collect();
        assert_eq!(made.len(), 20, "{name}");
        for (line, role, address) in [
            (2, Role::Pupil, "asa.oqvist"),
            (3, Role::Pupil, "nilsbjorn.af-klint-dy"),
            (4, Role::Pupil, "zoe.osterlund"),
            (5, Role::Pupil, "gina.dangelo"),
            (6, Role::Pupil, "ronja.fyra"),
            (8, Role::Pupil, "tomas.skoda"),
            (11, Role::Pupil, "ines.de-la-cruz"),
            (15, Role::Teacher, "goran.x"),
            (16, Role::Secretary, "elodie.muller"),
            (19, Role::Elevhalsa, "marta.oqvist"),
            (20, Role::Staff, "ture.nandu"),
        ] {
            assert!(made.contains(&(line, role, format!("{address}@skola.test"))), "{name} {address}");
        }
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
    assert_eq!((second.create.len(), second.present.len(), second.differing.len()), (0, 20, 0));
    assert!(second.problems.is_empty());

    // Åsa moves, one of two Annas too; Göran is a mentor; Ivar has an address now. Nobody is made twice.
    let moved = FILE
        .replace("Åsa;Öqvist;4B;", "Åsa;Öqvist;5A;")
        .replace("Anna;;Ek;4B", "Anna;;Ek;6C")
        .replace("Lärare;Göran", "Mentor;Göran")
        .replace("Ivar;;Ek;;", "Ivar;;Ek;;ivar.ny@skola.test");
    let third = plan(&directory, tenant, &read(moved.as_bytes(), &Limits::default()), NOW).await.unwrap();
    let differing: Vec<_> = third.differing.iter().map(|d| (d.line, d.differs.clone())).collect();
    let class = |has: &str, says: &str| Difference::Class { has: Some(has.into()), says: Some(says.into()) };
    let role = Difference::Role { has: Role::Teacher, says: Role::Mentor };
    let expected = [(2, class("4B", "5A")), (9, class("4B", "6C")), (15, role), (21, Difference::Address)];
    assert_eq!((third.create.len(), third.present.len(), third.problems.len()), (0, 20, 0));
    assert_eq!(differing, expected.map(|(line, what)| (line, vec![what])));
    let told = "Rad 2: finns redan, men med annan klass (4B, filen säger 5A): inte ändrad.";
    assert_eq!(third.differing[0].text().sv, told);

    // Both moved: which is which, nobody knows.
    let both = "Skolenhetskod;Roll;Förnamn;Efternamn;Klass\n99900001;elev;Anna;Ek;7A\n";
    let fourth = plan(&directory, tenant, &read(both.as_bytes(), &Limits::default()), NOW).await.unwrap();
    assert_eq!((fourth.create.len(), fourth.present.len(), fourth.problems[0].row), (0, 0, 2));

    // Somebody else's address.
    let taken = "Skolenhetskod;Roll;Förnamn;Efternamn;E-post\n99900002;lärare;Eva;Ek;Goran.X@skola.test\n";
    let fifth = plan(&directory, tenant, &read(taken.as_bytes(), &Limits::default()), NOW).await.unwrap();
    assert_eq!((fifth.create.len(), fifth.present.len(), fifth.problems[0].row), (0, 0, 2));
}

/// Problems of a file with one row, as `row column`.
fn problems(row: &str) -> Vec<String> {
    let file = read(
        format!("Skolenhetskod;Roll;Förnamn;Efternamn;Klass;E-post;Personnummer\n{row}").as_bytes(),
        &Limits::default(),
    );
    for problem in &file.problems {
        let text = format!("{}", problem.text);
        assert!(problem.text.sv.contains(". ") || problem.text.sv.contains(": "), "no remedy: {text}");
        assert!(!text.contains("Anna") && !text.contains("nna"), "a name: {text}");
    }
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
        ("99900001;elev;Anna;Ek;4B;;2,01601E+11", "2 Personnummer"),
        ("99900001;elev;Anna;Ek;4B;;101011234", "2 Personnummer"),
        ("99900001;elev;Anna;Ek;4B;;20160101TF01", ""),
        ("99900001;vikarie;Anna;Ek;;;", "2 Roll"),
        ("99900001;elev;\u{202e}Anna;Ek;4B;;", "2 Förnamn"),
        ("99900001;elev;Anna;Ek;#REF!;;", "2 Klass"),
        ("99900001;elev;Anna;Ek;4B;;1601010001\n99900002;elev;Anna;Ek;4B;;20160101-0001", "3 "),
        ("99900001;elev;Anna;Ek;4B;a@x.test;\n99900001;elev;Eva;Ek;4B;A@x.test;", "3 "),
        ("99900001;elev;Anna;Ek;4B;a@x.test;\n99900001;elev;Anna;Ek;4B;;", "3 "),
        ("99900001;elev;Anna;Ek;4B;a@x.test;\n99900001;elev;Anna;Ek;4B;b@x.test;", ""),
        ("99900001;elev;Anna;Ek", "2 "),
        ("99900001;elev;Anna;Ek;4B;;;x", "2 "),
        ("99900001;elev;\"Anna;Ek;4B;;", "2 "),
        ("Enhet;Roll;Förnamn;Efternamn;Grupp;E-post;PNR", "2 "),
        ("99900001;elev;Anna;Ek;4B;;\n99900001;elev;ANNA;ek;4b;;", "3 "),
        ("99900001;elev;\u{a0}Anna\u{a0};Ek;4B;;\n;;;;;;\n", ""),
    ] {
        let expected: Vec<String> = if problem.is_empty() { Vec::new() } else { vec![problem.into()] };
        assert_eq!(problems(row), expected, "{row}");
    }
}

#[test]
fn headers_in_other_words() {
    for email in ["adress", "E-postadress", "epost", "email", "E-mail", "mail", "Address"] {
        let text = format!(
            "School code;Role;First name;Last name;Class;{email}\n99900001;pupil;Åsa;Ek;4B;a@skola.test\n"
        );
        let file = read(text.as_bytes(), &Limits::default());
        assert_eq!(file.problems, [], "{email}");
        assert!(file.rows[0].address.is_some() && file.rows[0].role == Role::Pupil, "{email}");
    }
    for role in ["school_admin", "region_admin", "central_admin"] {
        let text = format!("School code;Role;First name;Last name\n99900001;{role};Åsa;Ek\n");
        assert_eq!(read(text.as_bytes(), &Limits::default()).problems.len(), 1, "{role}");
    }
    // Addresses under a header that nobody knows are not passed over.
    let text = "Skola;Roll;Förnamn;Efternamn;Klass;Brevlåda\n99900001;elev;Åsa;Ek;4B;a@skola.test\n";
    let hidden = read(text.as_bytes(), &Limits::default()).problems;
    assert_eq!((hidden.len(), hidden[0].row, hidden[0].column.as_deref()), (1, 1, Some("Brevlåda")));
}

#[test]
fn how_a_file_was_read_and_who_has_one_name() {
    let file = read(&WINDOWS_1252.encode(FILE).0, &Limits::default());
    assert_eq!(file.read_as, "Excel (Windows-1252), semikolon");
    let notes: Vec<_> = file.notes.iter().map(|note| note.sv.as_str()).collect();
    assert_eq!(notes, ["Rad 6: saknar efternamn. Stämmer det?"]);
}

#[tokio::test]
async fn what_to_look_at_before_it_is_done() {
    let (directory, tenant) = directory().await;
    let header = "Skolenhetskod;Roll;Förnamn;Efternamn;Klass\n";
    let file = |rows: &str| read([header, rows].concat().as_bytes(), &Limits::default());
    let first = plan(&directory, tenant, &file("99900001;elev;Anna;Ek;4B\n"), NOW).await.unwrap();
    let school = first.create[0].school;
    let told = |plan: Plan, only| {
        let directory = &directory;
        async move {
            let notes = notes(directory, tenant, &plan, only, NOW).await.unwrap();
            notes.into_iter().map(|note| note.sv).collect::<Vec<_>>()
        }
    };
    let new = first.create[0].new_account();
    assert_eq!(told(first, None).await, ["Nya klasser: 4B (skola 99900001) – stämmer det?"]);
    let made = directory.plan_account(tenant, new, &mut directory::Draft::default(), NOW).await.unwrap();
    directory.store().commit(made.batch).await.unwrap();

    let rows = "99900001;elev;Bo;Ek;4b\n99900001;elev;Bo;Al;9Z\n99900001;lärare;Anna;Ek;\n99900002;elev;Anna;Ek;4B\n";
    let file = file(rows);
    let second = || async { plan(&directory, tenant, &file, NOW).await.unwrap() };
    let expected = [
        "Nya klasser: 9Z (skola 99900001) – stämmer det?",
        "Nya klasser: 4B (skola 99900002) – stämmer det?",
        "Rad 4: någon med samma namn finns redan i skolan (elev). Ett nytt konto skapas: är det samma person?",
        "Rad 5: någon med samma namn finns redan på annat håll (elev). Ett nytt konto skapas: är det samma person?",
    ];
    assert_eq!(told(second().await, None).await, expected);
    // Who may not know of other schools hears nothing of them.
    let other = directory.school_by_code(tenant, "99900002".parse().unwrap()).await.unwrap();
    assert!(other.is_some() && other != Some(school));
    assert_eq!(told(second().await, other).await, expected[..2]);
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
    let text = "Skolenhetskod;Roll;Förnamn;Efternamn;Klass;PNR;Skydd
99900001;elev;?sa;Hemlig;4B;;S
x;y;Z;Hemlig;4B;;f
99900001;elev;Å;Hemlig;4B;1601010001;kanske
99900001;elev;å;HEMLIG;5A;;
99900002;elev;Hemlig;Nu;5A;160101-0001;nej
99900002;elev;Åsa;Ek;4B;;
";
    let file = read(text.as_bytes(), &Limits::default());
    assert_eq!((file.held, file.rows.len(), file.problems.len()), (5, 1, 0));
    let code = |code: &str| Some(code.parse().unwrap());
    let by_school = [(None, 1), (code("99900001"), 3), (code("99900002"), 1)];
    assert_eq!(file.held_by_school.clone().into_iter().collect::<Vec<_>>(), by_school);
    assert!(!format!("{file:?}").to_lowercase().contains("hemlig"));
    // A mark under another name is not passed over.
    let marked = read("Skola;Roll;Förnamn;Efternamn;Sekretess\n".as_bytes(), &Limits::default());
    assert_eq!((marked.problems[0].row, marked.problems[0].column.as_deref()), (1, Some("5")));
}

#[test]
fn bounds_hold() {
    let limits = Limits { rows_max: 3, problems_max: 2, file_octets_max: 200, ..Limits::default() };
    let file = |rows: usize| {
        let text = format!("Skola;Roll;Förnamn;Efternamn\n{}", "1;elv;A;B\n".repeat(rows));
        read(text.as_bytes(), &limits).problems
    };
    assert_eq!(file(1).len(), 2);
    // Two are told, the last says how many more.
    assert_eq!(file(3).len(), 3);
    assert_eq!((file(4).len(), file(20).len()), (1, 1));
}

proptest! {
    #[test]
    fn no_octets_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let _ = read(&bytes, &Limits::default());
    }
    #[test]
    fn no_rows_panic(rows in "([a-zÅÄÖåäö0-9 \"?#Ã;\u{300}\u{200b}]{0,30}[;,\t\n]){0,30}") {
        let file = read(format!("Skola;Roll;Förnamn;Efternamn;Klass;Id;Skydd\n{rows}").as_bytes(), &Limits::default());
        prop_assert!(file.problems.is_empty() || file.problems.iter().all(|p| !p.text.sv.is_empty()));
    }
    #[test]
    fn no_row_panics(row in "[\\PC;\"\n]{0,80}") {
        let file = read(format!("Skola;Roll;Förnamn;Efternamn;Klass;E-post\n{row}").as_bytes(), &Limits::default());
        prop_assert!(file.rows.iter().all(|row| row.line >= 2));
    }
}
