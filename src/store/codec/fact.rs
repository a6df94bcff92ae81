//! What a source said, as bytes: its kind's word, then its fields in order.

use super::{Flaw, Reader, Writer};
use crate::domain::{
    Evidence, Fact, Filing, Identity, Indicator, NewsItem, PrejudicialAct, Procedure, Protest, Sha256, Signal,
    SignalId, StatusChange,
};

/// Writes a fact.
pub(in crate::store) fn write_fact(out: &mut Writer, fact: &Fact) {
    out.text(fact.kind());
    match fact {
        Fact::CompanyStatus(s) => write_status(out, s),
        Fact::Protest(p) => write_protest(out, p),
        Fact::PrejudicialAct(a) => {
            out.text(&a.act);
            out.option(a.amount, Writer::money);
            out.option(a.registered_on, Writer::day);
            out.flag(a.cancelled);
        }
        Fact::Filing(f) => {
            out.text(&f.form);
            out.text(&f.category);
            out.flag(f.overdue);
        }
        Fact::Identity(i) => {
            out.text(&i.what);
            out.text(&i.text);
            out.option(i.valid_from, Writer::day);
            out.option(i.valid_until, Writer::day);
        }
        Fact::News(n) => write_news(out, n),
        Fact::Indicator(i) => {
            for text in [&i.series, &i.sector, &i.country, &i.period, &i.unit, &i.flag] {
                out.text(text);
            }
            out.float(i.value);
        }
        Fact::VatCheck(answer) => out.text(answer.as_str()),
        Fact::Clean { what } => out.text(what),
    }
}

/// What [`write_fact`] wrote.
pub(in crate::store) fn read_fact(bytes: &mut Reader<'_>) -> Result<Fact, Flaw> {
    Ok(match bytes.text()? {
        "company_status" => Fact::CompanyStatus(read_status(bytes)?),
        "protest" => Fact::Protest(read_protest(bytes)?),
        "prejudicial_act" => Fact::PrejudicialAct(PrejudicialAct {
            act: bytes.string()?,
            amount: bytes.option(Reader::money)?,
            registered_on: bytes.option(Reader::day)?,
            cancelled: bytes.flag()?,
        }),
        "filing" => Fact::Filing(Filing { form: bytes.string()?, category: bytes.string()?, overdue: bytes.flag()? }),
        "identity" => Fact::Identity(Identity {
            what: bytes.string()?,
            text: bytes.string()?,
            valid_from: bytes.option(Reader::day)?,
            valid_until: bytes.option(Reader::day)?,
        }),
        "news" => Fact::News(read_news(bytes)?),
        "indicator" => Fact::Indicator(Indicator {
            series: bytes.string()?,
            sector: bytes.string()?,
            country: bytes.string()?,
            period: bytes.string()?,
            unit: bytes.string()?,
            flag: bytes.string()?,
            value: bytes.float()?,
        }),
        "vat_check" => Fact::VatCheck(bytes.word()?),
        "clean" => Fact::Clean { what: bytes.string()? },
        other => return Err(format!("unknown kind of fact {other:?}")),
    })
}

fn write_status(out: &mut Writer, status: &StatusChange) {
    out.text(status.status.as_str());
    out.option(status.procedure.as_ref(), |out, p| {
        out.text(&p.code);
        out.text(&p.words);
    });
    for day in [status.opened_on, status.closed_on, status.revoked_on] {
        out.option(day, Writer::day);
    }
}

fn read_status(bytes: &mut Reader<'_>) -> Result<StatusChange, Flaw> {
    Ok(StatusChange {
        status: bytes.word()?,
        procedure: bytes.option(|b| Ok(Procedure { code: b.string()?, words: b.string()? }))?,
        opened_on: bytes.option(Reader::day)?,
        closed_on: bytes.option(Reader::day)?,
        revoked_on: bytes.option(Reader::day)?,
    })
}

fn write_protest(out: &mut Writer, protest: &Protest) {
    out.text(protest.instrument.as_str());
    out.option(protest.amount, Writer::money);
    out.option(protest.raised_on, Writer::day);
    out.option(protest.due_on, Writer::day);
    out.maybe_text(protest.reason_code.as_deref());
    out.text(protest.state.as_str());
}

fn read_protest(bytes: &mut Reader<'_>) -> Result<Protest, Flaw> {
    Ok(Protest {
        instrument: bytes.word()?,
        amount: bytes.option(Reader::money)?,
        raised_on: bytes.option(Reader::day)?,
        due_on: bytes.option(Reader::day)?,
        reason_code: bytes.option(Reader::string)?,
        state: bytes.word()?,
    })
}

fn write_news(out: &mut Writer, news: &NewsItem) {
    out.text(&news.title);
    out.text(&news.url);
    out.text(&news.language);
    out.text(news.event.as_str());
    out.byte(news.severity);
    out.text(news.about.as_str());
    out.flag(news.negated);
}

fn read_news(bytes: &mut Reader<'_>) -> Result<NewsItem, Flaw> {
    Ok(NewsItem {
        title: bytes.string()?,
        url: bytes.string()?,
        language: bytes.string()?,
        event: bytes.word()?,
        severity: bytes.byte()?,
        about: bytes.word()?,
        negated: bytes.flag()?,
    })
}

/// A fact as a column.
pub(in crate::store) fn fact_bytes(fact: &Fact) -> Vec<u8> {
    let mut out = Writer::versioned();
    write_fact(&mut out, fact);
    out.bytes
}

/// What [`fact_bytes`] wrote.
pub(in crate::store) fn fact_from(bytes: &[u8]) -> Result<Fact, Flaw> {
    read_fact(&mut Reader::versioned(bytes)?)
}

/// A whole signal as a column: reviews keep it until a person has decided.
pub(in crate::store) fn signal_bytes(signal: &Signal) -> Vec<u8> {
    let mut out = Writer::versioned();
    out.raw(signal.id.bytes());
    out.text(signal.source.as_str());
    out.day(signal.valid_at);
    out.instant(signal.known_at);
    out.flag(signal.is_official);
    write_fact(&mut out, &signal.fact);
    out.maybe_text(signal.url.as_deref());
    out.text(&signal.evidence.url);
    out.instant(signal.evidence.seen_at);
    out.raw(signal.evidence.sha256.bytes());
    out.bytes
}

/// What [`signal_bytes`] wrote.
pub(in crate::store) fn signal_from(bytes: &[u8]) -> Result<Signal, Flaw> {
    let mut bytes = Reader::versioned(bytes)?;
    Ok(Signal {
        id: SignalId::new(bytes.array()?),
        source: bytes.word()?,
        valid_at: bytes.day()?,
        known_at: bytes.instant()?,
        is_official: bytes.flag()?,
        fact: read_fact(&mut bytes)?,
        url: bytes.option(Reader::string)?,
        evidence: Evidence { url: bytes.string()?, seen_at: bytes.instant()?, sha256: Sha256::new(bytes.array()?) },
    })
}
