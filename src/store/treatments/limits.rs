//! Limits that somebody granted, and groups of clients that share one.

use std::collections::HashMap;

use jiff::Timestamp;

use super::Treatments;
use crate::{
    domain::{ClientCode, ClientId, Money, PortfolioId},
    store::{
        Result,
        audit::Entry,
        backend::{Query, json_list},
        rows::{Cells, millis},
    },
};

/// A limit that somebody granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// How much.
    pub amount: Money,
    /// Since when.
    pub granted_at: Timestamp,
    /// Until when; none until another one.
    pub expires_at: Option<Timestamp>,
    /// Who.
    pub author: String,
    /// Why.
    pub reason: String,
}

/// Clients that stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreditGroup {
    /// Its name, unique in the portfolio.
    pub name: String,
    /// What all of them may owe together.
    pub limit: Money,
    /// Who is in it, by code.
    pub members: Vec<(ClientId, ClientCode)>,
}

/// A group with its limit, made or changed.
const PUT_GROUP: &str = "insert into credit_group (portfolio, name, amount, currency) values ($1, $2, $3, $4)
     on conflict (portfolio, name) do update set amount = excluded.amount, currency = excluded.currency
     returning id";
/// A group that is left without members is none; another creditor's are none of ours.
const END_EMPTY_GROUPS: &str =
    "delete from credit_group where portfolio = $1 and id not in (select credit_group from credit_group_member)";

impl Treatments<'_> {
    /// Grants a limit, with a note for the audit log.
    pub async fn grant_limit(&self, client: ClientId, grant: &Grant, note: &Entry<'_>, at: Timestamp) -> Result<()> {
        let sql = "insert into limit_grant (client, granted_at, amount, currency, expires_at, author, reason)
             values ($1, $2, $3, $4, $5, $6, $7)
             on conflict (client, granted_at) do update set amount = excluded.amount, currency = excluded.currency,
                expires_at = excluded.expires_at, author = excluded.author, reason = excluded.reason";
        let mut write = self.0.write().await?;
        let query = Query::new(sql).bind(client.get()).bind(millis(grant.granted_at)).bind(grant.amount.minor());
        let query = query.bind(grant.amount.currency().to_string()).bind(grant.expires_at.map(millis));
        write.execute(query.bind(grant.author.clone()).bind(grant.reason.clone())).await?;
        write.note_audit(at, note).await?;
        write.commit().await
    }

    /// Takes back the limits in force; false when there is none.
    pub async fn end_limit(&self, client: ClientId, note: &Entry<'_>, at: Timestamp) -> Result<bool> {
        let sql = "update limit_grant set ended_at = $1 where client = $2 and granted_at <= $1 and ended_at is null
             and (expires_at is null or expires_at > $1)";
        let mut write = self.0.write().await?;
        if write.execute(Query::new(sql).bind(millis(at)).bind(client.get())).await? == 0 {
            write.roll_back().await?;
            return Ok(false);
        }
        write.note_audit(at, note).await?;
        write.commit().await?;
        Ok(true)
    }

    /// What was granted and is in force, by client.
    pub async fn limits(&self, at: Timestamp) -> Result<HashMap<ClientId, Money>> {
        let sql = "select client, amount, currency from limit_grant
             where granted_at <= $1 and (expires_at is null or expires_at > $1) and (ended_at is null or ended_at > $1)
             order by client, granted_at";
        let rows = self.0.all(Query::new(sql).bind(millis(at))).await?;
        let grants = rows.iter().map(|row| {
            let cells = Cells::of("limit_grant", row);
            Ok(cells.maybe_money(1)?.map(|amount| (cells.client(0), amount)))
        });
        let grants: Result<Vec<_>> = grants.collect();
        grants?.into_iter().flatten().map(|(client, amount)| Ok((client?, amount))).collect()
    }

    /// The newest limit that is in force at an instant.
    pub async fn limit(&self, client: ClientId, at: Timestamp) -> Result<Option<Grant>> {
        let sql = "select amount, currency, granted_at, expires_at, author, reason from limit_grant
             where client = $1 and granted_at <= $2 and (expires_at is null or expires_at > $2)
               and (ended_at is null or ended_at > $2) order by granted_at desc limit 1";
        let Some(row) = self.0.one(Query::new(sql).bind(client.get()).bind(millis(at))).await? else {
            return Ok(None);
        };
        let cells = Cells::of("limit_grant", &row);
        let Some(amount) = cells.maybe_money(0)? else { return Ok(None) };
        Ok(Some(Grant {
            amount,
            granted_at: cells.instant(2)?,
            expires_at: cells.maybe_instant(3)?,
            author: cells.string(4)?,
            reason: cells.string(5)?,
        }))
    }

    /// Puts a group as it is to be: these clients and no others. A client is in one group.
    pub async fn put_group(
        &self,
        portfolio: PortfolioId,
        group: &CreditGroup,
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<()> {
        let mut write = self.0.write().await?;
        let query = Query::new(PUT_GROUP).bind(portfolio.get()).bind(group.name.clone()).bind(group.limit.minor());
        let id = write.number(query.bind(group.limit.currency().to_string())).await?;
        write.execute(Query::new("delete from credit_group_member where credit_group = $1").bind(id)).await?;
        let insert = (
            "insert into credit_group_member (client, credit_group)",
            2,
            " on conflict (client) do update set credit_group = excluded.credit_group",
        );
        write.put_all(insert, &group.members, |query, (client, _)| query.bind(client.get()).bind(id)).await?;
        write.execute(Query::new(END_EMPTY_GROUPS).bind(portfolio.get())).await?;
        write.note_audit(at, note).await?;
        write.commit().await
    }

    /// Puts one client into a group, beside whoever is in it: two that join at once are both in it.
    pub async fn join_group(
        &self,
        portfolio: PortfolioId,
        (name, limit): (&str, Money),
        client: ClientId,
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<()> {
        let mut write = self.0.write().await?;
        let query = Query::new(PUT_GROUP).bind(portfolio.get()).bind(name.to_owned()).bind(limit.minor());
        let id = write.number(query.bind(limit.currency().to_string())).await?;
        let sql = "insert into credit_group_member (client, credit_group) values ($1, $2)
             on conflict (client) do update set credit_group = excluded.credit_group";
        write.execute(Query::new(sql).bind(client.get()).bind(id)).await?;
        write.execute(Query::new(END_EMPTY_GROUPS).bind(portfolio.get())).await?;
        write.note_audit(at, note).await?;
        write.commit().await
    }

    /// Takes clients out of their groups; false when none of them is in one.
    pub async fn leave_group(
        &self,
        portfolio: PortfolioId,
        clients: &[ClientId],
        note: &Entry<'_>,
        at: Timestamp,
    ) -> Result<bool> {
        let mut write = self.0.write().await?;
        let sql = "delete from credit_group_member
             where client in (select cast(value as bigint) from json_each($1))";
        let ids = json_list(clients.iter().map(|client| client.get()));
        if write.execute(Query::new(sql).bind(ids)).await? == 0 {
            write.roll_back().await?;
            return Ok(false);
        }
        write.execute(Query::new(END_EMPTY_GROUPS).bind(portfolio.get())).await?;
        write.note_audit(at, note).await?;
        write.commit().await?;
        Ok(true)
    }

    /// The groups of a portfolio, by name, what all of each may owe together, and how many are in it.
    pub async fn groups(&self, portfolio: PortfolioId) -> Result<Vec<(String, Money, i64)>> {
        let sql = "select name, amount, currency,
                (select count(*) from credit_group_member m where m.credit_group = g.id)
             from credit_group g where portfolio = $1 order by name";
        let rows = self.0.all(Query::new(sql).bind(portfolio.get())).await?;
        let groups = rows.iter().map(|row| {
            let cells = Cells::of("credit_group", row);
            let (name, n_members) = (cells.string(0)?, cells.int(3)?);
            Ok(cells.maybe_money(1)?.map(|limit| (name, limit, n_members)))
        });
        let groups: Result<Vec<_>> = groups.collect();
        Ok(groups?.into_iter().flatten().collect())
    }

    /// The group that a client is in.
    pub async fn group_of(&self, client: ClientId) -> Result<Option<CreditGroup>> {
        let sql = "select g.name, g.amount, g.currency, c.id, c.code from credit_group_member own
             join credit_group g on g.id = own.credit_group
             join credit_group_member m on m.credit_group = g.id join client c on c.id = m.client
             where own.client = $1 order by c.id";
        let mut found: Option<CreditGroup> = None;
        for row in self.0.all(Query::new(sql).bind(client.get())).await? {
            let cells = Cells::of("credit_group", &row);
            let Some(limit) = cells.maybe_money(1)? else { continue };
            let group = match found.as_mut() {
                Some(group) => group,
                None => found.insert(CreditGroup { name: cells.string(0)?, limit, members: Vec::new() }),
            };
            group.members.push((cells.client(3)?, cells.word(4)?));
        }
        Ok(found)
    }
}
