//! Clients that stand together under one limit.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::GroupView;
use crate::{
    desk::{Caller, Desk, Error, GroupInput, JoinInput, Result, Wanted, amount::currency_of},
    domain::{AsOf, Client, ClientCode, ClientId, Currency, Money, PortfolioId},
    store::{CreditGroup, Entry},
};

/// Clients of a group.
const MAX_MEMBERS: usize = 500;
/// A group's name.
const NAME_MAX_CHARS: usize = 100;

/// What the clients of a group owe.
struct Owed {
    /// In the currency of the group's limit, minor units.
    minor: i64,
    /// The part of the client that is asked about.
    own_minor: i64,
    /// Those that owe in another currency, and a code of each.
    foreign: Vec<(ClientId, ClientCode)>,
}

/// A group as a client sees it.
pub(super) struct Stake {
    pub(super) view: GroupView,
    pub(super) limit: Money,
    /// What it leaves to the client, minor units: the limit without what the others owe.
    pub(super) left_minor: i64,
    /// Others of it that owe in another currency.
    pub(super) n_foreign: usize,
}

impl Desk {
    /// The group that binds a client most, through its own code or one that is merged into it. Everybody's exposure is as of now,
    /// so that an invoice counts from the moment it is known.
    pub(super) async fn stake(&self, client: &Client, now: Timestamp) -> Result<Option<Stake>> {
        let mut found: Option<Stake> = None;
        for (id, _) in self.whose_at(client, now).await? {
            let Some(group) = self.store.treatments().group_of(id).await? else { continue };
            let owed = self.owed(&group, Some(client.id), now).await?;
            let left_minor = group.limit.minor().saturating_sub(owed.minor.saturating_sub(owed.own_minor));
            if found.as_ref().is_some_and(|known| known.left_minor <= left_minor) {
                continue;
            }
            let n_foreign = owed.foreign.iter().filter(|(id, _)| *id != client.id).count();
            let limit = group.limit;
            found = Some(Stake { view: view_of(group, &owed), limit, left_minor, n_foreign });
        }
        Ok(found)
    }

    /// What a group owes now: each company once, by the code that it is rated under.
    async fn owed(&self, group: &CreditGroup, whose: Option<ClientId>, now: Timestamp) -> Result<Owed> {
        let mergers = self.store.facts().mergers(now).await?;
        let survivors: HashMap<ClientId, ClientId> = mergers.iter().map(|m| (m.client, m.survivor)).collect();
        let companies: BTreeMap<ClientId, &ClientCode> =
            group.members.iter().map(|(id, code)| (survivors.get(id).copied().unwrap_or(*id), code)).collect();
        let ids: Vec<ClientId> = companies.keys().copied().collect();
        let mut owed = Owed { minor: 0, own_minor: 0, foreign: Vec::new() };
        for (client, amounts) in self.rescorer.owed_by(&ids, AsOf::at(now)).await? {
            let (ours, others): (Vec<Money>, Vec<Money>) =
                amounts.into_iter().partition(|amount| amount.currency() == group.limit.currency());
            let minor = ours.iter().map(|amount| amount.minor()).fold(0, i64::saturating_add);
            owed.minor = owed.minor.saturating_add(minor);
            owed.own_minor += if Some(client) == whose { minor } else { 0 };
            if let Some(code) = companies.get(&client).filter(|_| !others.is_empty()) {
                owed.foreign.push((client, (*code).clone()));
            }
        }
        Ok(owed)
    }

    /// Puts clients together under one limit; a client is in one group.
    pub async fn put_group(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        name: &str,
        input: &GroupInput,
    ) -> Result<GroupView> {
        let name = group_name(name)?;
        let currency = currency_of(input.currency.as_deref(), Currency::EUR, "/currency")?;
        let limit = input.limit.parse(currency, "/limit")?;
        let (owner, members) = self.members(caller, portfolio, (name, currency), input).await?;
        let codes: Vec<&str> = members.iter().map(|(_, code)| code.as_str()).collect();
        let details = serde_json::json!({"limit": limit.to_string(), "clients": codes}).to_string();
        let note = Entry { who: &caller.name, what: "group.put", object: name, details: &details };
        let group = CreditGroup { name: name.to_owned(), limit, members };
        let now = self.clock.now();
        self.store.treatments().put_group(owner, &group, &note, now).await?;
        let owed = self.owed(&group, None, now).await?;
        Ok(view_of(group, &owed))
    }

    /// Puts one client into a group beside those who are in it, or gives its group another limit.
    pub async fn join_group(&self, wanted: &Wanted<'_>, input: &JoinInput) -> Result<GroupView> {
        let name = group_name(&input.group)?;
        let client = self.find_own(wanted).await?;
        let (now, treatments) = (self.clock.now(), self.store.treatments());
        let present = treatments.group_of(client.id).await?;
        let is_in = present.as_ref().is_some_and(|group| group.name == name);
        if let Some(other) = present.filter(|_| !is_in && !input.from_another_group) {
            return Err(Error::invalid(
                "/group",
                format!("is in the group {:?}, and has to leave it first", other.name),
            ));
        }
        let known = treatments.groups(client.portfolio).await?.into_iter().find(|(known, ..)| known == name);
        let is_full = |n_members: i64| usize::try_from(n_members).is_ok_and(|n| n >= MAX_MEMBERS);
        if !is_in && known.as_ref().is_some_and(|(_, _, n_members)| is_full(*n_members)) {
            return Err(Error::invalid("/group", format!("has {MAX_MEMBERS} clients, and can have no more")));
        }
        let owed: Vec<Money> =
            self.rescorer.owed_by(&[client.id], AsOf::at(now)).await?.into_iter().flat_map(|(_, owed)| owed).collect();
        let own = owed.first().map_or(client.facts.currency, |amount| amount.currency());
        let currency = known.as_ref().map_or(own, |(_, limit, _)| limit.currency());
        if owed.iter().any(|amount| amount.currency() != currency) {
            let why = format!("owes in another currency than {currency}, which the limit of the group would not count");
            return Err(Error::invalid("/group", why));
        }
        let limit = match (&input.limit, known) {
            (Some(limit), _) => limit.parse(currency, "/limit")?,
            (None, Some((_, limit, _))) => limit,
            (None, None) => return Err(Error::invalid("/limit", "a group that is not there yet needs a limit")),
        };
        let details = serde_json::json!({"limit": limit.to_string(), "client": client.code.as_str()}).to_string();
        let note = Entry { who: &wanted.caller.name, what: "group.joined", object: name, details: &details };
        treatments.join_group(client.portfolio, (name, limit), client.id, &note, now).await?;
        let group = treatments.group_of(client.id).await?.ok_or(Error::NotFound("group"))?;
        let owed = self.owed(&group, None, now).await?;
        Ok(view_of(group, &owed))
    }

    /// Takes a client out of its group, with the codes that are merged into it; a group without clients is none.
    pub async fn leave_group(&self, wanted: &Wanted<'_>) -> Result<()> {
        let client = self.find_own(wanted).await?;
        let ids: Vec<ClientId> = self.whose(&client).await?.into_iter().map(|(id, _)| id).collect();
        let (who, object) = (wanted.caller.name.as_str(), client.code.as_str());
        let note = Entry { who, what: "group.left", object, details: "null" };
        match self.store.treatments().leave_group(client.portfolio, &ids, &note, self.clock.now()).await? {
            true => Ok(()),
            false => Err(Error::NotFound("group")),
        }
    }

    /// The names of the groups of a client's portfolio.
    pub async fn group_names(&self, wanted: &Wanted<'_>) -> Result<Vec<String>> {
        let client = self.find(wanted).await?;
        let groups = self.store.treatments().groups(client.portfolio).await?;
        Ok(groups.into_iter().map(|(name, ..)| name).collect())
    }

    /// The clients that are asked to stand together, each once, and whose they are.
    async fn members(
        &self,
        caller: &Caller,
        portfolio: Option<&str>,
        (name, currency): (&str, Currency),
        input: &GroupInput,
    ) -> Result<(PortfolioId, Vec<(ClientId, ClientCode)>)> {
        if input.clients.len() > MAX_MEMBERS {
            return Err(Error::invalid("/clients", format!("must have at most {MAX_MEMBERS} codes")));
        }
        let (mut members, mut owner) = (Vec::with_capacity(input.clients.len()), None);
        for (place, code) in input.clients.iter().enumerate() {
            let at = || format!("/clients/{place}");
            let found = self.find_own(&Wanted { caller, code, portfolio }).await;
            let client = found.map_err(|error| match error {
                Error::NotFound(_) => Error::invalid(at(), format!("there is no client {code:?}")),
                other => other,
            })?;
            if *owner.get_or_insert(client.portfolio) != client.portfolio {
                return Err(Error::invalid(at(), "a group is within one portfolio"));
            }
            let other = self.store.treatments().group_of(client.id).await?.filter(|group| group.name != name);
            if let Some(other) = other.filter(|_| !input.from_other_groups) {
                let why = format!("is in the group {:?}; say `from_other_groups` to take it out of it", other.name);
                return Err(Error::invalid(at(), why));
            }
            members.push((client.id, client.code));
        }
        self.is_in_one_currency(&members, currency).await?;
        members.sort_unstable_by_key(|(id, _)| *id);
        members.dedup_by_key(|(id, _)| *id);
        let owner = match owner {
            Some(owner) => owner,
            None => self.target(caller, portfolio).await?.0,
        };
        Ok((owner, members))
    }

    /// A limit in one currency says nothing of a ledger in another.
    async fn is_in_one_currency(&self, members: &[(ClientId, ClientCode)], currency: Currency) -> Result<()> {
        let ids: Vec<ClientId> = members.iter().map(|(id, _)| *id).collect();
        let owed = self.rescorer.owed_by(&ids, AsOf::at(self.clock.now())).await?;
        let is_foreign = |(_, amounts): &(ClientId, Vec<Money>)| amounts.iter().any(|a| a.currency() != currency);
        match owed.iter().position(is_foreign) {
            Some(place) => {
                let why =
                    format!("owes in another currency than {currency}, which the limit of the group would not count");
                Err(Error::invalid(format!("/clients/{place}"), why))
            }
            None => Ok(()),
        }
    }
}

fn group_name(text: &str) -> Result<&str> {
    let name = text.trim();
    if !(1..=NAME_MAX_CHARS).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(Error::invalid("/group", format!("must have 1 to {NAME_MAX_CHARS} characters")));
    }
    Ok(name)
}

fn view_of(group: CreditGroup, owed: &Owed) -> GroupView {
    let currency = group.limit.currency();
    GroupView {
        group: group.name,
        limit: group.limit.major(),
        currency: currency.to_string(),
        exposure: Money::from_minor(owed.minor, currency).major(),
        other_currencies: owed.foreign.iter().map(|(_, code)| code.to_string()).collect(),
        clients: group.members.into_iter().map(|(_, code)| code.to_string()).collect(),
    }
}
