//! What somebody should look at before a plan is done: changes that are not made, new classes, and namesakes.

use std::collections::{BTreeMap, HashMap, HashSet};

use directory::{AccountEntry, Directory, DirectoryError, Group, SchoolCode, SchoolYear};
use model::{AccountId, Language, SchoolId, TenantId, Text, UnixMillis};

use crate::snapshot::{folded_name, name_of};
use crate::{Plan, Planned, texts};

/// So many of one kind are told one by one.
const TOLD_MAX: usize = 100;
const PAGE: usize = 500;

/// The notes of a plan. `only` is the one school whose people the reader may know of.
///
/// # Errors
/// Only if the directory cannot be read.
pub async fn notes(
    directory: &Directory,
    tenant: TenantId,
    plan: &Plan,
    only: Option<SchoolId>,
    now: UnixMillis,
) -> Result<Vec<Text>, DirectoryError> {
    let mut notes = new_classes(directory, tenant, plan, SchoolYear::at(now)).await?;
    notes.extend(told(plan.differing.iter().map(crate::Differing::text).collect()));
    notes.extend(told(namesakes(directory, tenant, plan, only).await?));
    Ok(notes)
}

/// A bounded number of notes, and how many more there are.
fn told(mut notes: Vec<Text>) -> Vec<Text> {
    let more = notes.len().saturating_sub(TOLD_MAX);
    notes.truncate(TOLD_MAX);
    if more > 0 {
        notes.push(Text::new(format!("… och {more} rader till."), format!("… and {more} more rows.")));
    }
    notes
}

/// Classes that the import makes: a misspelt one is a new one.
async fn new_classes(
    directory: &Directory,
    tenant: TenantId,
    plan: &Plan,
    year: SchoolYear,
) -> Result<Vec<Text>, DirectoryError> {
    let mut wanted: BTreeMap<(SchoolCode, SchoolId), BTreeMap<String, String>> = BTreeMap::new();
    for planned in &plan.create {
        let Some(label) = &planned.row.class else { continue };
        let classes = wanted.entry((planned.row.school, planned.school)).or_default();
        classes.entry(label.to_lowercase()).or_insert_with(|| label.clone());
    }
    let mut notes = Vec::new();
    for ((code, school), mut classes) in wanted {
        for (_, class) in directory.classes(tenant, school, Some(year)).await? {
            classes.remove(&class.label.to_lowercase());
        }
        if !classes.is_empty() {
            let (words, more) = texts::listed(classes.into_values());
            notes.push(Text::new(
                format!("Nya klasser: {words}{} (skola {code}) – stämmer det?", more.sv),
                format!("New classes: {words}{} (school {code}) – is that right?", more.en),
            ));
        }
    }
    Ok(notes)
}

/// New people with the name of somebody who is not in the file: maybe the same person, in another role or school.
async fn namesakes(
    directory: &Directory,
    tenant: TenantId,
    plan: &Plan,
    only: Option<SchoolId>,
) -> Result<Vec<Text>, DirectoryError> {
    let mut named: HashMap<String, Vec<&Planned>> = HashMap::new();
    for planned in &plan.create {
        named.entry(name_of(&planned.row.name)).or_default().push(planned);
    }
    let present: HashSet<AccountId> = plan.present.iter().copied().collect();
    let mut found: BTreeMap<u64, Text> = BTreeMap::new();
    let mut after = None;
    while !named.is_empty() {
        let page = match only {
            Some(school) => directory.accounts_of(tenant, Group::School(school), after, PAGE).await?,
            None => directory.accounts(tenant, after, PAGE).await?,
        };
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        for (_, entry) in page.iter().filter(|(account, _)| !present.contains(account)) {
            for planned in named.get(&folded_name(&entry.first, &entry.last)).into_iter().flatten() {
                found.entry(planned.row.line).or_insert_with(|| namesake(planned, entry));
            }
        }
    }
    Ok(found.into_values().collect())
}

fn namesake(planned: &Planned, entry: &AccountEntry) -> Text {
    let (line, elsewhere) = (planned.row.line, entry.school != Some(planned.school));
    let place = if elsewhere { (" på annat håll", " elsewhere") } else { (" i skolan", " in the school") };
    let role = |language| entry.role.label(language);
    Text::new(
        format!(
            "Rad {line}: någon med samma namn finns redan{} ({}). Ett nytt konto skapas: är det samma person?",
            place.0,
            role(Language::Sv)
        ),
        format!(
            "Row {line}: somebody of the same name is there already{} ({}). Another account is made: is it the same person?",
            place.1,
            role(Language::En)
        ),
    )
}
