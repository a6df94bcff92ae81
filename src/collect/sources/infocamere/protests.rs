//! The register of protests: whom a search found, and the papers of one debtor.

use jiff::civil::Date;

use super::element::{day, element, elements, money};
use crate::{
    collect::sources::{
        italy::{instrument_of, protest_state_of, subject_of},
        record::Record,
        reply::since,
    },
    domain::{
        Country, Currency, Fact, Instrument, Mention, Procedure, Protest, ProtestState, Status, StatusChange, Subject,
    },
};

/// What a search found.
#[derive(Default)]
pub(super) struct Debtors {
    /// Whom we asked about, each with the key its detail is asked for by.
    pub(super) ours: Vec<(String, Subject)>,
    /// Somebody is listed without a key or without a tax code that can be read: it may be whom we asked about.
    pub(super) is_unclear: bool,
    /// Entries, ours or not.
    pub(super) n_listed: usize,
}

/// The debtors of a search, in one list or several. One with another tax code than that we asked by is somebody else.
pub(super) fn debtors(lists: Vec<Record>, about: Option<&Subject>) -> Debtors {
    lists.into_iter().fold(Debtors::default(), |debtors, list| add_debtors(debtors, list, about))
}

fn add_debtors(mut debtors: Debtors, mut list: Record, about: Option<&Subject>) -> Debtors {
    for mut debtor in elements(&mut list, "AnagraficaNominativo") {
        debtors.n_listed += 1;
        debtor.ignore(&["ProgressivoAnagrafica"]);
        let key = debtor.text("KAnagrafica");
        let subject = debtor_of(&mut debtor);
        let is_ours = about.is_none_or(|about| about.identifiers.iter().any(|i| subject.identifiers.contains(i)));
        match key {
            Some(key) if is_ours => debtors.ours.push((key, subject)),
            _ => debtors.is_unclear |= is_ours || subject.identifiers.is_empty(),
        }
    }
    debtors.is_unclear |= list.has_children();
    debtors
}

/// Whom a record of the register is about. Where a debtor lives is not read: many are natural persons.
fn debtor_of(debtor: &mut Record) -> Subject {
    let (name, tax) = (debtor.text("Nominativo").unwrap_or_default(), debtor.text("CodFisc"));
    let city = debtor.text("DescComRes");
    debtor.ignore(&["Fonte", "SglPrvRes", "DescPrvRes", "CodComRes", "KAnagrafica", "ProgressivoAnagrafica"]);
    debtor.forget(&["IndirizzoRes", "DtNascita", "DescComNascita", "CodComNascita", "SglPrvNascita"]);
    let named = tax.as_deref().and_then(|tax| subject_of(tax, Some(&name)));
    if let (Some(tax), None) = (&tax, &named) {
        debtor.leave("CodFisc", tax);
    }
    let unnamed = || Subject { name: name.clone(), country: Some(Country::IT), ..Subject::default() };
    Subject { city, ..named.unwrap_or_else(unnamed) }
}

/// The papers of one debtor. A detail without any is a debtor that has none, unless it holds something that could not be
/// read as a paper.
pub(super) fn mentions(mut detail: Record, about: Option<&Subject>, seen: Date) -> Vec<Mention> {
    let named = element(&mut detail, "AnagraficaNominativo").map(|mut debtor| debtor_of(&mut debtor));
    let nobody = || Subject { country: Some(Country::IT), ..Subject::default() };
    let subject = match named {
        Some(named) if !named.identifiers.is_empty() => named,
        other => about.cloned().or(other).unwrap_or_else(nobody),
    };
    let entries = elements(&mut detail, "RegistroProtesti");
    let papers: Vec<Vec<Mention>> = entries.into_iter().map(|entry| papers(entry, &subject, seen)).collect();
    let is_unread = papers.iter().any(Vec::is_empty) || (papers.is_empty() && detail.has_children());
    let mut mentions = papers.concat();
    let tax = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
    if is_unread {
        mentions.push(mention(format!("unchecked/protests/{tax}"), &subject, unchecked(), None, seen));
    } else if mentions.is_empty() {
        let fact = Fact::Clean { what: "protests".to_owned() };
        mentions.push(mention(format!("clean/protests/{tax}"), &subject, fact, None, seen));
    }
    mentions
}

/// Somebody or something is listed that could not be read: neither a protest nor its absence.
pub(super) fn unchecked() -> Fact {
    let procedure = Procedure { code: "protests".to_owned(), words: "listed, detail missing".to_owned() };
    Fact::CompanyStatus(StatusChange { procedure: Some(procedure), ..StatusChange::plain(Status::CouldNotCheck) })
}

/// Whether an answer could not tell all protests.
pub(super) fn is_unchecked(mentions: &[Mention]) -> bool {
    mentions.iter().any(|mention| mention.own_id.starts_with("unchecked/protests/"))
}

fn papers(mut entry: Record, subject: &Subject, seen: Date) -> Vec<Mention> {
    let registered_on = element(&mut entry, "DatiRegistroProtesti").and_then(|mut data| {
        data.ignore(&["CciaaPubblicazione", "DescCciaaPubblicazione"]);
        day(&mut data, "DtIscrRegistro")
    });
    let papers = elements(&mut entry, "InformazioniEffetto").into_iter();
    papers.map(|paper| protest(paper, subject, registered_on.filter(|on| *on <= seen), seen)).collect()
}

fn protest(mut paper: Record, subject: &Subject, registered_on: Option<Date>, seen: Date) -> Mention {
    let (raised_on, due_on) = (day(&mut paper, "DtLevata"), day(&mut paper, "DtScadenzaEffetto"));
    let number = paper.text("NRepertorio").unwrap_or_default();
    let (kind, state) = (instrument(&mut paper), state(&mut paper));
    let amount = amount(&mut paper);
    let reason_code = paper.text("CodMancatoPagRepr");
    paper.ignore(&[
        "SglPrvLevata",
        "DescPrvLevata",
        "CodComLevata",
        "DescComLevata",
        "DtEmissioneEffetto",
        "DescValutaLevata",
        "DescMancatoPagRepr",
        "CodTipoScadenza",
        "DescTipoScadenza",
    ]);
    let tax = subject.identifiers.first().map_or_else(|| subject.name.clone(), ToString::to_string);
    let days = [raised_on, due_on].map(|day| day.map_or_else(String::new, |day| day.to_string())).join("/");
    let sum = amount.map_or_else(String::new, |amount| amount.to_string());
    // The number of the repertory is its officer's own: what the paper is tells two of one number apart.
    let own_id = format!("protest/{tax}/{days}/{sum}/{number}");
    let fact = Fact::Protest(Protest { instrument: kind, amount, raised_on, due_on, reason_code, state });
    Mention { published_at: registered_on, ..mention(own_id, subject, fact, raised_on, seen) }
}

fn mention(own_id: String, subject: &Subject, fact: Fact, on: Option<Date>, seen: Date) -> Mention {
    Mention {
        own_id,
        subject: subject.clone(),
        fact,
        valid_at: since(on, seen),
        published_at: None,
        is_official: true,
        url: None,
    }
}

fn amount(paper: &mut Record) -> Option<crate::domain::Money> {
    let text = paper.text("ImportoValutaLevata")?;
    let code = paper.text("CodValutaLevata");
    let currency = match code.as_deref() {
        None => Currency::EUR,
        Some(code) => match code.parse() {
            Ok(currency) => currency,
            Err(_) => {
                paper.leave("CodValutaLevata", code);
                return None;
            }
        },
    };
    let amount = money(&text, currency);
    if amount.is_none() {
        paper.leave("ImportoValutaLevata", &text);
    }
    amount
}

fn instrument(paper: &mut Record) -> Instrument {
    let (words, code) = (paper.text("DescTipoEffetto"), paper.text("CodTipoEffetto"));
    let known = words.as_deref().and_then(instrument_of).or_else(|| code.as_deref().and_then(instrument_of));
    if let (None, Some(odd)) = (known, words.or(code)) {
        paper.leave("DescTipoEffetto", &odd);
    }
    known.unwrap_or(Instrument::Other)
}

/// A state nobody knows stands, and is a leftover.
fn state(paper: &mut Record) -> ProtestState {
    let (words, code) = (paper.text("DescStatoEffetto"), paper.text("CodStatoEffetto"));
    let known = words.as_deref().and_then(protest_state_of).or_else(|| code.as_deref().and_then(protest_state_of));
    if let (None, Some(odd)) = (known, words.or(code)) {
        paper.leave("DescStatoEffetto", &odd);
    }
    known.unwrap_or(ProtestState::Standing)
}
