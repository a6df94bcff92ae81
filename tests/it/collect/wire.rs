//! The JSON that outsiders rely on, and the canonical text behind a signal's name.

use std::path::Path;

use jiff::civil::date;
use serde_json::json;
use vedetta::{
    collect::{Answer, Cursor, Leftover, Misread, Page, Request, Source, Watched, try_file, wire::canonical},
    domain::{
        About, Country, Currency, Fact, Identifier, Instrument, Mention, Money, NewsEvent, NewsItem, Procedure,
        Protest, ProtestState, SourceId, Status, StatusChange, Subject,
    },
};

use super::web::start;

/// Says what it was made to say, and remembers nothing.
struct Says(SourceId, fn(&Answer) -> Result<Page, Misread>);

impl Source for Says {
    fn id(&self) -> &SourceId {
        &self.0
    }

    fn plan(&self, _: &[Watched], _: &Cursor) -> Vec<Request> {
        Vec::new()
    }

    fn read(&self, answer: &Answer) -> Result<Page, Misread> {
        (self.1)(answer)
    }
}

fn says(read: fn(&Answer) -> Result<Page, Misread>) -> Says {
    Says("protests-html".parse().expect("a source id"), read)
}

fn protest() -> Fact {
    Fact::Protest(Protest {
        instrument: Instrument::Bill,
        amount: Some(Money::from_minor(1_234_567, Currency::EUR)),
        raised_on: Some(date(2026, 11, 3)),
        due_on: None,
        reason_code: Some("CM1".to_owned()),
        state: ProtestState::Standing,
    })
}

fn mention(fact: Fact) -> Mention {
    let subject = Subject {
        name: "Officine Brandoni S.r.l.".to_owned(),
        country: Some(Country::IT),
        identifiers: vec![Identifier::tax(Country::IT, "00743110157").expect("a valid number")],
        sector: "25.62".parse().ok(),
        ..Subject::default()
    };
    let (own_id, valid_at) = ("r-1".to_owned(), date(2026, 11, 3));
    Mention { own_id, subject, fact, valid_at, published_at: None, is_official: true, url: None }
}

#[test]
fn a_recorded_answer_is_shown_in_the_promised_shape() {
    let source = says(|answer| {
        assert_eq!((answer.request.step, answer.status, answer.content_type.as_str()), ("", 200, "text/html"));
        let clean = Fact::Clean { what: "protests".to_owned() };
        let leftovers = vec![Leftover { path: "line 3: Amount".to_owned(), value: "circa 3".to_owned() }];
        Ok(Page { mentions: vec![mention(protest()), mention(clean)], leftovers, ..Page::default() })
    });
    let tried = try_file(&source, Path::new("answer.html"), b" <!DOCTYPE html><table/>".to_vec(), start());
    let subject = json!({"name": "Officine Brandoni S.r.l.", "country": "IT", "ids": {"tax": "00743110157"},
        "sector": "25.62", "person": false});
    let expected = json!({
        "source": "protests-html", "quarantined": false, "error": null,
        "mentions": [
            {"kind": "protest", "subject": subject, "valid_at": "2026-11-03", "published_at": null, "official": true,
             "fields": {"instrument": "bill", "amount": 12345.67, "currency": "EUR", "raised_on": "2026-11-03",
                        "due_on": null, "reason_code": "CM1", "state": "standing"}},
            {"kind": "clean", "subject": subject, "valid_at": "2026-11-03", "published_at": null, "official": true,
             "fields": {"what": "protests", "on": "2026-11-03"}},
        ],
        "leftovers": [{"path": "line 3: Amount", "value": "circa 3"}],
    });
    assert_eq!(tried.to_json(), expected);
}

#[test]
fn what_cannot_be_read_is_an_error_and_never_an_empty_answer() {
    let quarantined = says(|_| Err(Misread::Quarantined("column Importo is gone".to_owned())));
    let json = try_file(&quarantined, Path::new("a"), b"{}".to_vec(), start()).to_json();
    assert_eq!((&json["quarantined"], &json["error"]), (&json!(true), &json!("column Importo is gone")));
    let busy = says(|_| Err(Misread::NotNow("no credit".to_owned())));
    let json = try_file(&busy, Path::new("a"), b"{}".to_vec(), start()).to_json();
    assert_eq!((&json["quarantined"], &json["error"]), (&json!(false), &json!("no credit")));
    let vast = says(|_| Ok(Page::default()));
    let json = try_file(&vast, Path::new("a"), vec![b'x'; 9 * 1024 * 1024], start()).to_json();
    assert!(json["error"].is_string());
}

#[test]
fn a_canonical_text_is_the_same_for_the_same_content_and_for_no_other() {
    let status = |words: &str| {
        let procedure = Some(Procedure { code: "LG".to_owned(), words: words.to_owned() });
        Fact::CompanyStatus(StatusChange { procedure, ..StatusChange::plain(Status::InsolventLiquidation) })
    };
    let news = Fact::News(NewsItem {
        title: "Brandoni, cassa integrazione per 40".to_owned(),
        url: "https://example.com/1".to_owned(),
        language: "it".to_owned(),
        event: NewsEvent::Layoffs,
        severity: 3,
        about: About::Client,
        negated: false,
    });
    assert_eq!(
        canonical(&status("liquidazione giudiziale")),
        "company_status {\"status\":\"insolvent_liquidation\",\"procedure\":{\"code\":\"LG\",\
         \"words\":\"liquidazione giudiziale\"},\"opened_on\":null,\"closed_on\":null,\"revoked_on\":null}",
        "stored names of signals depend on this text: it may not change"
    );
    let texts = [status("liquidazione giudiziale"), status("altro"), protest(), news].map(|fact| canonical(&fact));
    let different: std::collections::HashSet<_> = texts.iter().collect();
    assert_eq!(different.len(), texts.len());
}
