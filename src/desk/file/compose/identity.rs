//! Who the debtor is, under which codes, and how sure it is that what was read is about it.

use std::collections::BTreeMap;

use super::{Teller, numbers, row, words};
use crate::{
    domain::{Client, Fact, IdentifierKind},
    paper::{Block, Table},
};

pub(super) fn blocks(teller: &Teller<'_>) -> Vec<Block> {
    let gathered = teller.gathered;
    let mut blocks = vec![Block::Facts(described(teller, &gathered.client))];
    for client in &gathered.merged {
        let same = teller.say("Lo stesso debitore sotto il codice", "The same debtor under the code");
        blocks.push(Block::Subheading(format!("{same} {}", client.code)));
        blocks.push(Block::Facts(described(teller, client)));
    }
    blocks.extend(mergers(teller));
    blocks.extend(registered(teller));
    blocks.extend(links(teller));
    blocks
}

fn described(teller: &Teller<'_>, client: &Client) -> Vec<(String, String)> {
    let (language, who) = (teller.language, &client.facts.who);
    let number = |kind: IdentifierKind| who.identifiers.iter().find(|i| i.kind() == kind).map(ToString::to_string);
    let yes_or_no = |truth: bool| teller.text(if truth { "sì" } else { "no" }, if truth { "yes" } else { "no" });
    let all = [
        (teller.say("Denominazione", "Name"), Some(who.name.clone())),
        (teller.say("Codice presso il creditore", "Creditor's code"), Some(client.code.to_string())),
        (teller.say("Partita IVA o codice fiscale", "Tax number"), number(IdentifierKind::Tax)),
        (teller.say("Registro imprese", "Company register"), number(IdentifierKind::Registry)),
        ("LEI", number(IdentifierKind::Lei)),
        (teller.say("Indirizzo", "Address"), who.address.clone()),
        (teller.say("Città", "Town"), who.city.clone()),
        (teller.say("Paese", "Country"), who.country.map(|country| country.to_string())),
        (teller.say("Attività (NACE/ATECO)", "Activity (NACE)"), who.sector.map(|sector| sector.to_string())),
        ("E-mail", client.facts.email.clone()),
        (teller.say("Telefono", "Telephone"), client.facts.phone.clone()),
        (teller.say("Cliente dal", "Client since"), client.facts.since.map(|since| language.day(since))),
        (teller.say("Acquista ancora", "Still buying"), client.facts.active.map(yes_or_no)),
        (teller.say("Dati noti dal", "As described at"), Some(language.instant(client.known_at))),
    ];
    all.into_iter().filter_map(|(label, value)| Some((label.to_owned(), value?))).collect()
}

fn mergers(teller: &Teller<'_>) -> Vec<Block> {
    let gathered = teller.gathered;
    if gathered.mergers.is_empty() {
        return Vec::new();
    }
    let rows = gathered.mergers.iter().map(|merger| {
        let ended = merger.to_known.filter(|at| *at <= gathered.as_of.known_at);
        row(vec![
            merger.code.to_string(),
            merger.survivor_code.to_string(),
            teller.language.instant(merger.from_known),
            merger.decided_by.clone(),
            ended.map(|at| teller.language.instant(at)).unwrap_or_default(),
        ])
    });
    let columns = vec![
        words(teller.say("Codice", "Code"), 2.0),
        words(teller.say("unito a", "merged into"), 2.0),
        words(teller.say("noto dal", "known since"), 2.4),
        words(teller.say("deciso da", "decided by"), 2.0),
        words(teller.say("annullato il", "taken back"), 2.4),
    ];
    let title = Block::Subheading(teller.text("Codici dello stesso debitore", "Codes of the same debtor"));
    vec![title, Block::Table(Table { columns, rows: rows.collect() })]
}

/// Names, addresses and numbers that registers know it by.
fn registered(teller: &Teller<'_>) -> Vec<Block> {
    let rows = teller.gathered.signals.iter().filter_map(|link| match &link.signal.fact {
        Fact::Identity(identity) => Some(row(vec![
            teller.language.word(&identity.what),
            identity.text.clone(),
            teller.language.maybe_day(identity.valid_from),
            teller.language.maybe_day(identity.valid_until),
            link.signal.source.to_string(),
            teller.language.percent(link.certainty.get()),
        ])),
        _ => None,
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return Vec::new();
    }
    let columns = vec![
        words(teller.say("Che cosa", "What"), 1.7),
        words(teller.say("Come risulta", "As it stands"), 4.0),
        words(teller.say("dal", "from"), 1.4),
        words(teller.say("al", "until"), 1.4),
        words(teller.say("Fonte", "Source"), 2.0),
        numbers(teller.say("Certezza", "Certainty"), 1.4),
    ];
    let title = Block::Subheading(teller.text("Nomi e recapiti nelle fonti", "Names and addresses in sources"));
    vec![title, Block::Table(Table { columns, rows })]
}

/// How many records of each source were taken for the debtor's, and how sure that is.
fn links(teller: &Teller<'_>) -> Vec<Block> {
    let mut sources: BTreeMap<String, (usize, f64, f64)> = BTreeMap::new();
    for link in &teller.gathered.signals {
        let certainty = link.certainty.get();
        let known = sources.entry(link.signal.source.to_string()).or_insert((0, certainty, certainty));
        *known = (known.0 + 1, known.1.min(certainty), known.2.max(certainty));
    }
    if sources.is_empty() {
        return Vec::new();
    }
    let rows = sources.into_iter().map(|(source, (n, least, most))| {
        row(vec![source, n.to_string(), teller.language.percent(least), teller.language.percent(most)])
    });
    let columns = vec![
        words(teller.say("Fonte", "Source"), 4.0),
        numbers(teller.say("Registrazioni", "Records"), 2.0),
        numbers(teller.say("Certezza minima", "Least certainty"), 2.0),
        numbers(teller.say("Certezza massima", "Most certainty"), 2.0),
    ];
    let title = Block::Subheading(teller.text("Legami con le fonti", "Links to sources"));
    let note = teller.text(
        "La certezza dice quanto è sicuro che la registrazione riguardi questo debitore; sotto il 95 % non muove il punteggio.",
        "Certainty says how sure it is that a record is about this debtor; below 95 % it moves no score.",
    );
    vec![title, Block::Table(Table { columns, rows: rows.collect() }), Block::Note(note)]
}
