//! Domains, schools, classes.

use admin_api::{Answer, Class, Domain, School};
use directory::{DirectoryError, Draft, Group, NameTable, SchoolYear, Thing};

use super::Acts;
use crate::AdminError;
use crate::audit::Act;
use crate::rights::{Operation, Target};

impl Acts<'_> {
    pub(super) async fn domain_add(&self, domain: &model::Domain) -> Result<Answer, AdminError> {
        self.may(Operation::ManageDomains, Target::default())?;
        let batch = self.admin.directory.add_domain(self.tenant, domain, NameTable::Sv, self.now).await?;
        self.commit(Act::new("domain-add", domain), batch).await?;
        Ok(Answer::Done)
    }

    pub(super) async fn domain_list(&self) -> Result<Answer, AdminError> {
        self.may(Operation::ReadPlaces, Target::default())?;
        let tenant = self.admin.directory.tenant(self.tenant).await?;
        let domains = self.admin.directory.domains(self.tenant).await?;
        let is_primary =
            |domain: &model::Domain| tenant.as_ref().is_some_and(|tenant| tenant.domain == *domain);
        let shown = domains
            .iter()
            .map(|(domain, _)| Domain { domain: domain.to_unicode(), primary: is_primary(domain) });
        Ok(Answer::Domains(shown.collect()))
    }

    pub(super) async fn school_add(&self, code: &str, name: &str) -> Result<Answer, AdminError> {
        self.may(Operation::ManageSchools, Target::default())?;
        let code = code.trim().parse().map_err(|_| {
            AdminError::request(
                "En skolenhetskod har åtta siffror.",
                "A school code (skolenhetskod) has eight digits.",
            )
        })?;
        let (_, batch) = self.admin.directory.add_school(self.tenant, code, name, self.now).await?;
        self.commit(Act::new("school-add", code), batch).await?;
        Ok(Answer::Done)
    }

    pub(super) async fn school_list(&self) -> Result<Answer, AdminError> {
        self.may(Operation::ReadPlaces, Target::default())?;
        let mut schools = Vec::new();
        for (school, entry) in self.admin.directory.schools(self.tenant).await? {
            let accounts = self.admin.directory.count(self.tenant, Group::School(school)).await?;
            schools.push(School { code: entry.code.to_string(), name: entry.name, accounts });
        }
        schools.sort_by(|one, other| one.code.cmp(&other.code));
        Ok(Answer::Schools(schools))
    }

    pub(super) async fn class_add(&self, school: &str, label: &str) -> Result<Answer, AdminError> {
        let code = school;
        let school = self.school_id(code).await?;
        self.may(Operation::ManageClasses, Target::school(school))?;
        let (year, mut draft) = (SchoolYear::at(self.now), Draft::default());
        let planned =
            self.admin.directory.ensure_class(self.tenant, school, label, year, &mut draft, self.now).await;
        let (class, batch) = planned?;
        if batch.ops.is_empty() {
            return Err(DirectoryError::Exists(Thing::Class).into());
        }
        self.commit(Act::new("class-add", class.class).with(code), batch).await?;
        Ok(Answer::Done)
    }

    pub(super) async fn class_list(&self, school: &str) -> Result<Answer, AdminError> {
        self.may(Operation::ReadPlaces, Target::default())?;
        let school = self.school_id(school).await?;
        let year = SchoolYear::at(self.now);
        let mut classes = Vec::new();
        for (year, entry) in self.admin.directory.classes(self.tenant, school, Some(year)).await? {
            let accounts = self.admin.directory.count(self.tenant, Group::Class(entry.class)).await?;
            classes.push(Class { label: entry.label, year: year.to_string(), accounts });
        }
        Ok(Answer::Classes(classes))
    }
}
