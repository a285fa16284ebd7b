//! Who may know whom: `cargo metadata` against the crate table in `crates/README.md`.
//!
//! The table has three columns: crate, responsibility, may use. A crate may use `model` and what stands in its last
//! column; that must stand above it, so there are no cycles. `–` is nothing, `all` is everything above, `wires` is every
//! crate above whose name ends in `-wire`. A row marked `(later)` has no crate yet. Dev-dependencies are free.

use std::collections::BTreeSet;
use std::fs;

use crate::harness::{metadata, workspace};

/// One of our crates, with the names of our crates that it needs to be built.
struct Member {
    name: String,
    uses: BTreeSet<String>,
}

struct Row {
    name: String,
    later: bool,
    allowed: BTreeSet<String>,
}

#[test]
fn crates_use_only_what_the_table_allows() {
    let page = workspace().join("crates/README.md");
    let text = fs::read_to_string(&page).unwrap_or_else(|error| panic!("{}: {error}", page.display()));
    let rows = read_table(&text).unwrap_or_else(|error| panic!("crates/README.md: {error}"));
    let findings = compare(&rows, &members(&metadata()));
    assert!(findings.is_empty(), "crates/README.md and the manifests disagree:\n{}", findings.join("\n"));
}

/// The packages below `crates/`; the tests' own package stands outside the rule.
fn members(metadata: &serde_json::Value) -> Vec<Member> {
    let packages = metadata["packages"].as_array().expect("cargo metadata lists packages");
    let crates = workspace().join("crates");
    packages
        .iter()
        .filter(|package| {
            let manifest = package["manifest_path"].as_str().expect("each package has a manifest");
            std::path::Path::new(manifest).starts_with(&crates)
        })
        .map(|package| Member {
            name: package["name"].as_str().expect("each package has a name").to_owned(),
            uses: local_dependencies(package),
        })
        .collect()
}

fn local_dependencies(package: &serde_json::Value) -> BTreeSet<String> {
    let dependencies = package["dependencies"].as_array().expect("each package lists its dependencies");
    dependencies
        .iter()
        .filter(|dependency| dependency["path"].is_string() && dependency["kind"] != "dev")
        .map(|dependency| dependency["name"].as_str().expect("a dependency has a name").to_owned())
        .collect()
}

/// The rows below the heading `| crate | … | may use |`, in order.
fn read_table(page: &str) -> Result<Vec<Row>, String> {
    let mut lines = page.lines().skip_while(|line| !is_heading(line));
    lines.next().ok_or("no table with the columns crate, responsibility, may use")?;
    let rule = lines.next().unwrap_or_default();
    if cells(rule).is_none_or(|cells| cells.iter().any(|cell| !cell.chars().all(|c| c == '-'))) {
        return Err(format!("a table's second line is |---|---|---|, not {rule:?}"));
    }
    let mut rows: Vec<Row> = Vec::new();
    for line in lines.take_while(|line| line.starts_with('|')) {
        let row = read_row(line, &rows)?;
        if rows.iter().any(|above| above.name == row.name) {
            return Err(format!("{} stands in the table twice", row.name));
        }
        rows.push(row);
    }
    Ok(rows)
}

fn is_heading(line: &str) -> bool {
    cells(line).is_some_and(|[name, what, uses]| {
        name == "crate" && what.ends_with("responsibility") && uses == "may use"
    })
}

fn cells(line: &str) -> Option<[&str; 3]> {
    let inner = line.strip_prefix('|')?.trim_end().strip_suffix('|')?;
    let cells: Vec<&str> = inner.split('|').map(str::trim).collect();
    cells.try_into().ok()
}

fn read_row(line: &str, above: &[Row]) -> Result<Row, String> {
    let [name, what, uses] = cells(line).ok_or(format!("not three columns: {line:?}"))?;
    let (name, later) = match name.strip_suffix(" (later)") {
        Some(name) => (name, true),
        None => (name, false),
    };
    let name = name.strip_prefix('`').and_then(|name| name.strip_suffix('`'));
    let name = name.ok_or(format!("the first column is a `name` in backticks: {line:?}"))?;
    if what.is_empty() {
        return Err(format!("{name} has no responsibility"));
    }
    Ok(Row { name: name.to_owned(), later, allowed: allowed(name, uses, above)? })
}

fn allowed(name: &str, uses: &str, above: &[Row]) -> Result<BTreeSet<String>, String> {
    let names_above = || above.iter().map(|row| row.name.clone());
    if uses == "all" {
        return Ok(names_above().collect());
    }
    let mut allowed: BTreeSet<String> = names_above().filter(|above| above == "model").collect();
    for word in uses.split(',').map(str::trim).filter(|word| *word != "–") {
        let word = word.trim_matches('`');
        if word == "wires" {
            allowed.extend(names_above().filter(|above| above.ends_with("-wire")));
        } else if names_above().any(|above| above == word) {
            allowed.insert(word.to_owned());
        } else {
            return Err(format!("{name} may use {word:?}, which is no crate above it"));
        }
    }
    Ok(allowed)
}

fn compare(rows: &[Row], members: &[Member]) -> Vec<String> {
    let mut findings = Vec::new();
    for member in members {
        match rows.iter().find(|row| row.name == member.name) {
            None => findings.push(format!("{} is missing from the table", member.name)),
            Some(row) if row.later => findings.push(format!("{} is here, not later", member.name)),
            Some(row) => {
                let forbidden = member.uses.difference(&row.allowed);
                findings.extend(forbidden.map(|used| format!("{} may not use {used}", member.name)));
            }
        }
    }
    for row in rows.iter().filter(|row| !row.later) {
        if !members.iter().any(|member| member.name == row.name) {
            findings.push(format!("{} stands in the table and is no crate; mark it (later)", row.name));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# Crates

| crate | one responsibility | may use |
|---|---|---|
| `model` | vocabulary | – |
| `smtp-wire` | grammar | – |
| `store` | the seam | – |
| `store-far` (later) | another engine | store |
| `flow` | the road | `store`, smtp-wire |
| `skolpost` | the binary | all |
| `testkit` | helpers | store, wires |

Words after it.
";

    fn member(name: &str, uses: &[&str]) -> Member {
        Member { name: name.to_owned(), uses: uses.iter().map(|used| (*used).to_owned()).collect() }
    }

    fn good() -> Vec<Member> {
        vec![
            member("model", &[]),
            member("smtp-wire", &["model"]),
            member("store", &["model"]),
            member("flow", &["model", "store", "smtp-wire"]),
            member("skolpost", &["flow", "store", "model"]),
            member("testkit", &["store", "smtp-wire"]),
        ]
    }

    fn findings(members: &[Member]) -> Vec<String> {
        compare(&read_table(PAGE).unwrap(), members)
    }

    fn error(page: &str) -> String {
        read_table(page).err().expect("the table is wrong")
    }

    #[test]
    fn what_the_table_allows_is_silent() {
        assert_eq!(findings(&good()), Vec::<String>::new());
    }

    #[test]
    fn a_use_outside_the_row_is_found() {
        let mut members = good();
        members[1] = member("smtp-wire", &["store"]);
        assert_eq!(findings(&members), ["smtp-wire may not use store"]);
    }

    #[test]
    fn crates_and_rows_must_match() {
        let mut members = good();
        members.remove(2);
        members.push(member("common", &[]));
        members.push(member("store-far", &["store"]));
        assert_eq!(
            findings(&members),
            [
                "common is missing from the table",
                "store-far is here, not later",
                "store stands in the table and is no crate; mark it (later)",
            ]
        );
    }

    #[test]
    fn arrows_point_up() {
        let page = PAGE.replace("| `store` | the seam | – |", "| `store` | the seam | flow |");
        assert_eq!(error(&page), "store may use \"flow\", which is no crate above it");
    }

    #[test]
    fn a_sloppy_table_is_an_error() {
        assert!(error("no table").starts_with("no table"));
        assert!(error(&PAGE.replace("|---|---|---|", "| x |")).contains("second line"));
        assert!(error(&PAGE.replace("| `flow` | the road |", "| flow | the road |")).contains("backticks"));
        assert!(error(&PAGE.replace("| `flow` | the road |", "| `flow` |  |")).contains("no responsibility"));
        assert!(error(&PAGE.replace("| `flow` | the road |", "| `store` | the road |")).contains("twice"));
        assert!(error(&PAGE.replace("| the road |", "| the | road |")).contains("not three columns"));
    }
}
