//! What is to be done on the days to come: how much on each, and the first of it.
//!
//! # Why
//!
//! *Why is it told as it was last announced, and not worked out anew as a list is?* A month of fifty thousand clients is twenty
//! thousand ledgers, of which a calendar names four a day. Every night, and every fact that comes in, announces what has changed.

use jiff::civil::Date;

use super::TreatmentLine;
use crate::{
    desk::{Caller, Desk, Result},
    domain::{AsOf, ClientId},
    store::Agenda,
};

/// Clients whose promises are looked for: their ledgers are in memory together.
const MAX_WAITED_FOR: usize = 500;

/// Something that is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// What.
    pub action: String,
}

/// A day on which something is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgendaDay {
    /// Which.
    pub on: Date,
    /// How much there is in all.
    pub n: i64,
    /// The first of it.
    pub tasks: Vec<Task>,
}

/// Money that is promised for a day, or an instalment of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promised {
    /// Which day.
    pub on: Date,
    /// The creditor's own code.
    pub client: String,
    /// The client's name.
    pub name: String,
    /// How much, a decimal number in `currency`; none where the promise names no sum.
    pub amount: Option<String>,
    /// ISO 4217.
    pub currency: String,
}

impl Desk {
    /// The money that is promised for the days from one to another, the earliest first: of clients that are waited for. Who has
    /// something else to be done beside a promise is told among what is to be done.
    pub async fn promised(
        &self,
        caller: &Caller,
        owner: Option<&str>,
        (first, last): (Date, Date),
    ) -> Result<Vec<Promised>> {
        let portfolios: Vec<_> = self.portfolios(caller, None).await?.into_iter().map(|(id, _)| id).collect();
        let phases = owner.map(|owner| self.rescorer.policy.phases_towards(owner));
        let agenda = Agenda { portfolios: &portfolios, phases: phases.as_deref() };
        let waited_for = self.store.treatments().waited_for(agenda, MAX_WAITED_FOR).await?;
        let mut lines = self.treatment_lines(&waited_for, AsOf::at(self.clock.now())).await?;
        lines.retain(|line| owner.is_none_or(|owner| line.owner == owner));
        let promised = |line: TreatmentLine| {
            let TreatmentLine { client, name, currency, awaited, .. } = line;
            let days = awaited.into_iter().filter(move |day| (first..=last).contains(&day.on));
            days.map(move |day| Promised {
                on: day.on,
                client: client.clone(),
                name: name.clone(),
                amount: day.amount,
                currency: currency.clone(),
            })
        };
        let mut all: Vec<Promised> = lines.into_iter().flat_map(promised).collect();
        all.sort_by_key(|promised| promised.on);
        Ok(all)
    }

    /// The days from one to another on which something is to be done, with as many tasks of each as are to be named. What should
    /// have been done before is to be done on the first. A phase in which several persons have a step is told to each of them.
    pub async fn agenda(
        &self,
        caller: &Caller,
        owner: Option<&str>,
        (first, last): (Date, Date),
        named: usize,
    ) -> Result<Vec<AgendaDay>> {
        let portfolios: Vec<_> = self.portfolios(caller, None).await?.into_iter().map(|(id, _)| id).collect();
        let phases = owner.map(|owner| self.rescorer.policy.phases_of(owner));
        let agenda = Agenda { portfolios: &portfolios, phases: phases.as_deref() };
        let mut days: Vec<AgendaDay> = Vec::new();
        for (on, n) in self.store.treatments().n_by_day(agenda, last).await? {
            let on = on.max(first);
            match days.last_mut().filter(|day| day.on == on) {
                Some(day) => day.n += n,
                None => days.push(AgendaDay { on, n, tasks: Vec::new() }),
            }
        }
        for day in &mut days {
            let from = if day.on == first { Date::MIN } else { day.on };
            let tasks = self.store.treatments().first_of(agenda, (from, day.on), named).await?;
            let ids: Vec<ClientId> = tasks.iter().map(|(client, _)| *client).collect();
            let clients = self.store.facts().clients_by_id(&ids).await?;
            let task = |(id, action): (ClientId, crate::domain::Action)| {
                let client = clients.get(&id)?;
                let (client, name) = (client.code.to_string(), client.facts.who.name.clone());
                Some(Task { client, name, action: action.to_string() })
            };
            day.tasks = tasks.into_iter().filter_map(task).collect();
        }
        Ok(days)
    }
}
