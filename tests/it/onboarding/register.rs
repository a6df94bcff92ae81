//! A register in plain text, and a house that asks it about prospects.

use std::{sync::Arc, time::Duration};

use jiff::{SignedDuration, civil::date};
use serde_json::Value;
use url::Url;
use vedetta::{
    collect::{
        Answer, Budget, Collector, Configured, Cursor, Misread, Page, Request, Secrets, Source, SourceOptions,
        SourceSettings, Watched,
    },
    desk::{AssessInput, Onboarding},
    domain::{
        Country, Currency, Fact, Identifier, Instrument, Mention, Money, Protest, ProtestState, SourceId, Status,
        StatusChange, Subject,
    },
};

use crate::{
    collect::web::{Web, api, fetcher_with, settings},
    world::{World, house},
};

/// A register that knows companies by tax number. A line of its answers is `own id|name|tax number|city|what`.
struct Register {
    id: SourceId,
    base: Url,
}

impl Source for Register {
    fn id(&self) -> &SourceId {
        &self.id
    }

    fn plan(&self, watched: &[Watched], _: &Cursor) -> Vec<Request> {
        let numbers = watched.iter().flat_map(|watched| &watched.who.identifiers);
        numbers.map(|number| Request::get(self.base.join(&format!("/{number}")).unwrap(), "number")).collect()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        if answer.status != 200 {
            return Err(Misread::Unreadable(format!("it answered {}", answer.status)));
        }
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        let mentions = body.lines().map(|line| {
            let cells: Vec<&str> = line.split('|').collect();
            mention(cells[0], cells[1], cells[2], cells[3], cells[4])
        });
        Ok(Page { mentions: mentions.collect(), ..Page::default() })
    }
}

fn mention(own_id: &str, name: &str, tax: &str, city: &str, what: &str) -> Mention {
    let protest = |state| {
        Fact::Protest(Protest {
            instrument: Instrument::Bill,
            amount: Some(Money::parse("18000.00", Currency::EUR).unwrap()),
            raised_on: Some(date(2026, 10, 5)),
            due_on: None,
            reason_code: None,
            state,
        })
    };
    let fact = match what {
        "active" => Fact::CompanyStatus(StatusChange::plain(Status::Active)),
        "insolvent" => Fact::CompanyStatus(StatusChange::plain(Status::InsolventLiquidation)),
        "protested" => protest(ProtestState::Standing),
        "cancelled" => protest(ProtestState::Cancelled),
        clean => Fact::Clean { what: clean.to_owned() },
    };
    Mention {
        own_id: own_id.to_owned(),
        subject: Subject {
            name: name.to_owned(),
            country: Some(Country::IT),
            city: Some(city.to_owned()).filter(|city| !city.is_empty()),
            identifiers: Identifier::tax(Country::IT, tax).into_iter().collect(),
            ..Subject::default()
        },
        fact,
        valid_at: date(2026, 10, 6),
        published_at: None,
        is_official: true,
        url: None,
    }
}

/// A source of that name at that address.
pub(super) fn source(id: &str, base: Url) -> Configured {
    let options = SourceOptions {
        base_url: base.clone(),
        feeds: Vec::new(),
        country: None,
        language: None,
        credential: None,
        options: toml::Table::new(),
    };
    let id: SourceId = id.parse().unwrap();
    let settings = SourceSettings {
        id: id.clone(),
        kind: "register".to_owned(),
        is_enabled: true,
        manners: api(),
        every: SignedDuration::from_hours(6),
        stale_after: SignedDuration::from_hours(24),
        keep: None,
        is_official: true,
        budget: Budget::default(),
        options,
    };
    Configured { settings, reader: Ok(Arc::new(Register { id, base })) }
}

/// How a house evaluates prospects that asks these sources.
pub(super) fn asking(world: &World, sources: Vec<Configured>, within: Duration) -> Onboarding {
    let store = &world.desk.store;
    let fetcher = fetcher_with(&settings(), Secrets::default(), world.clock.clone()).beside(store.archive());
    let collector = Collector::new(store.clone(), world.clock.clone(), settings(), sources, fetcher);
    Onboarding { collector: Some(Arc::new(collector)), within, ..Onboarding::default() }
}

/// The same with one register, which has time enough.
pub(super) fn with_register(world: &World, web: &Web) -> Onboarding {
    asking(world, vec![source("register", web.url("/"))], Duration::from_secs(20))
}

pub(super) fn company(name: &str, tax: &str) -> AssessInput {
    AssessInput {
        name: name.to_owned(),
        country: Some("IT".to_owned()),
        tax_id: Some(tax.to_owned()),
        sector: Some("25.62".to_owned()),
        ..AssessInput::default()
    }
}

/// Evaluates a prospect of the portfolio `pmi`.
pub(super) async fn assess(world: &World, input: &AssessInput, onboarding: &Onboarding) -> Value {
    let made = world.desk.assess(&house(), Some("pmi"), input, onboarding).await.unwrap();
    serde_json::from_slice(&made.body).unwrap()
}

/// The codes of the reasons of a decision.
pub(super) fn codes(assessment: &Value) -> Vec<&str> {
    assessment["reasons"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect()
}
