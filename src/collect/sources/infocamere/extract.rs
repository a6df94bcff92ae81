//! The extract of the register (*visura*, `blocchi-impresa`): who the company is, its state, its procedures with their days,
//! its end. Blocks about people are not read.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{
    companies::{gravity, state_by_letter},
    element::{day, element, elements, field},
};
use crate::{
    collect::{
        Misread,
        sources::{
            italy::{Turn, end_what_they_close, procedure_of, state_of, subject_of, turn_of},
            record::Record,
            reply::since,
        },
    },
    domain::{Country, Fact, Identifier, Identity, Mention, Nace, Procedure, Status, StatusChange, Subject},
};

/// Blocks that are known and not for us. Most are about people.
const NOT_READ: &[&str] = &[
    "sintesi-attivita",
    "sintesi-cifre-impresa",
    "persone-sede",
    "elenco-soci",
    "ta-fusioni-scissioni-subentri",
    "mad",
    "trascrizioni",
    "albi-ruoli-licenze",
    "info-statuto",
    "amministrazione-controllo",
    "info-patrimoniali-finanziarie",
    "localizzazioni",
    "pratiche-in-corso",
    "storia-addetti",
    "protocolli",
    "indice",
    "trasferimenti-quote",
    "info-soci",
    "certificazioni",
    "bilanci",
    "capitale-strumenti-finanziari",
    "scioglimento-procedure",
    "titolari-cariche",
];

/// What an extract says.
pub(super) fn mentions(mut extract: Record, about: Option<&Subject>, seen: Date) -> Result<Vec<Mention>, Misread> {
    let Some(mut head) = element(&mut extract, "dati-identificativi") else {
        extract.ignore_rest();
        return Err(Misread::Quarantined("an extract without the block that names the company".to_owned()));
    };
    let mut teller = Teller::new(&mut head, about, seen);
    teller.subject.sector = sector(&mut extract);
    let mut announced = announced(&mut head);
    let mut told = BTreeSet::new();
    let mut entries = Vec::new();
    let mut is_checked = None;
    for mut block in elements(&mut extract, "procedure-concorsuali") {
        let presence = field(&mut block, "f-presenza-info");
        let listed = listed(&mut block);
        is_checked = match (presence.as_deref(), listed.is_empty()) {
            // What stands there and is no procedure that we know is no empty block.
            (Some("N") | None, true) if !block.has_children() => Some(true),
            (Some("S" | "N") | None, true) => Some(false),
            _ => is_checked,
        };
        entries.extend(listed);
        block.ignore(&["esercizio-provvisorio"]);
    }
    entries.extend(elements(&mut extract, "scioglimento").into_iter().map(named_by_element));
    for entry in entries {
        let (code, mention) = teller.procedure(entry);
        match undated(&mention) {
            Some(words) => announced.push((code, words)),
            None => {
                told.insert(code);
                teller.mentions.push(mention);
            }
        }
    }
    end_what_they_close(&mut teller.mentions);
    teller.announced(announced, &told, is_checked);
    for mut end in elements(&mut extract, "cancellazione-trasferimento") {
        teller.ended(&mut end);
    }
    teller.head(&mut head);
    extract.ignore(NOT_READ);
    extract.ignore(&["@dt-estrazione", "@versione", "@schemaLocation", "@noNamespaceSchemaLocation", "@c-lingua"]);
    Ok(teller.mentions)
}

/// The block that names the company, alone.
pub(super) fn of_head(mut head: Record, about: Option<&Subject>, seen: Date) -> Vec<Mention> {
    let mut teller = Teller::new(&mut head, about, seen);
    let announced = announced(&mut head);
    teller.announced(announced, &BTreeSet::new(), None);
    teller.head(&mut head);
    teller.mentions
}

/// The procedures of a block. Some are elements of their own, whose name says what they are.
fn listed(block: &mut Record) -> Vec<Record> {
    const NAMED: [(&str, &str); 3] = [
        ("domanda-concordato", "domanda di concordato"),
        ("proposta-concordato", "proposta di concordato"),
        ("accordi-debiti", "accordo di ristrutturazione dei debiti"),
    ];
    let mut listed = elements(block, "procedura-concorsuale");
    listed.extend(elements(block, "scioglimento").into_iter().map(named_by_element));
    for (name, words) in NAMED {
        for mut entry in elements(block, name) {
            for (member, value) in [("c-tipo", name), ("tipo", words)] {
                if !entry.names(member) && !entry.names(&format!("@{member}")) {
                    entry.put(member, serde_json::Value::String(value.to_owned()));
                }
            }
            listed.push(entry);
        }
    }
    listed
}

/// The words of a procedure that is listed without any day.
fn undated(mention: &Mention) -> Option<String> {
    match &mention.fact {
        Fact::CompanyStatus(change) if change.opened_on.or(change.closed_on).or(change.revoked_on).is_none() => {
            change.procedure.as_ref().map(|procedure| procedure.words.clone())
        }
        _ => None,
    }
}

/// A dissolution is an element of its own, without a code.
fn named_by_element(mut entry: Record) -> Record {
    if !entry.names("@c-tipo") && !entry.names("c-tipo") {
        entry.put("@c-tipo", serde_json::Value::String("SL".to_owned()));
    }
    entry
}

/// The procedures that the head of an extract names, without their days: code and words.
fn announced(head: &mut Record) -> Vec<(String, String)> {
    let mut announced = Vec::new();
    for mut list in elements(head, "tipi-procedure-concorsuali") {
        for mut kind in elements(&mut list, "tipo-procedura-concorsuale") {
            let code = field(&mut kind, "c-tipo").unwrap_or_default();
            announced.push((code, kind.text("#text").unwrap_or_default()));
        }
    }
    announced
}

/// The activity that the register calls primary; else the first.
fn sector(extract: &mut Record) -> Option<Nace> {
    let mut found: Vec<(bool, Nace)> = Vec::new();
    for mut block in elements(extract, "info-attivita") {
        for mut list in elements(&mut block, "classificazioni-ateco") {
            for mut class in elements(&mut list, "classificazione-ateco") {
                let is_primary = field(&mut class, "c-importanza").is_some_and(|rank| rank.starts_with('P'));
                let code = field(&mut class, "c-attivita");
                match code.as_deref().map(str::parse) {
                    Some(Ok(code)) => found.push((is_primary, code)),
                    Some(Err(_)) => class.leave("c-attivita", code.as_deref().unwrap_or_default()),
                    None => {}
                }
                class.ignore_rest();
            }
            list.ignore(&["@c-codifica", "@codifica"]);
        }
        block.ignore_rest();
    }
    let primary = found.iter().find(|(is_primary, _)| *is_primary).or(found.first());
    primary.map(|(_, code)| *code)
}

/// Gathers what is said of one company.
struct Teller {
    subject: Subject,
    label: String,
    seen: Date,
    mentions: Vec<Mention>,
}

impl Teller {
    fn new(head: &mut Record, about: Option<&Subject>, seen: Date) -> Self {
        let name = field(head, "denominazione");
        let (tax, vat) = (field(head, "c-fiscale"), field(head, "partita-iva"));
        let named = [&tax, &vat].into_iter().flatten().find_map(|tax| subject_of(tax, name.as_deref()));
        if let (Some(tax), None) = (&tax, &named) {
            head.leave("c-fiscale", tax);
        }
        let unnamed =
            || Subject { name: name.clone().unwrap_or_default(), country: Some(Country::IT), ..Subject::default() };
        let mut subject = named.or_else(|| about.cloned()).unwrap_or_else(unnamed);
        let rea = [field(head, "cciaa"), field(head, "n-rea")].into_iter().flatten().collect::<Vec<_>>().join("-");
        if !subject.is_person {
            subject.identifiers.extend(Identifier::registry(Country::IT, &rea).ok());
        }
        let label = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
        Self { subject, label, seen, mentions: Vec::new() }
    }

    fn mention(&self, own_id: String, fact: Fact, on: Option<Date>) -> Mention {
        Mention {
            own_id,
            subject: self.subject.clone(),
            fact,
            valid_at: since(on, self.seen),
            published_at: None,
            is_official: true,
            url: None,
        }
    }

    /// One procedure with its days; it is open only while neither closed nor revoked.
    fn procedure(&self, mut entry: Record) -> (String, Mention) {
        let code = field(&mut entry, "c-tipo").unwrap_or_default();
        let words = field(&mut entry, "tipo").or_else(|| entry.text("#text")).unwrap_or_default();
        let (status, procedure) = procedure_of(&words, &code);
        if status.is_none() {
            entry.leave("tipo", &format!("{code} {words}"));
        }
        let days = ["dt-provvedimento", "dt-atto", "dt-iscrizione-procedura", "dt-iscrizione"];
        let days: Vec<Date> = days.iter().filter_map(|name| day(&mut entry, name)).collect();
        let filed_on = day(&mut entry, "dt-iscrizione-procedura").or(days.last().copied());
        let decided_on = days.first().copied();
        let turn = turn_of(&words);
        let opened_on = decided_on.filter(|_| turn == Turn::Opens);
        let change = StatusChange {
            status: status.unwrap_or(Status::Unknown),
            procedure: Some(procedure),
            opened_on,
            closed_on: day(&mut entry, "dt-chiusura").or(decided_on.filter(|_| turn == Turn::Closes)),
            revoked_on: day(&mut entry, "dt-revoca").or(decided_on.filter(|_| turn == Turn::Revokes)),
        };
        entry.ignore(&[
            "@cl",
            "cl",
            "@n-procedura",
            "@p-procedura",
            "@f-storico",
            "@c-fonte",
            "@fonte",
            "comunicazioni-curatore",
        ]);
        for known in ["dt-termine", "dt-omologazione", "dt-esecuzione", "dt-udienza"] {
            day(&mut entry, known);
        }
        // Deeds and declarations name judges and receivers.
        entry.forget(&["estremi-atto", "dichiarazioni", "curatori", "tribunale", "@tribunale", "giudice"]);
        let since = decided_on.map_or_else(String::new, |on| on.to_string());
        // An entry that knows only its end was so until then, and is no news of today.
        let valid_from = decided_on.or(change.closed_on).or(change.revoked_on);
        let own_id = format!("procedure/{}/{code}/{since}", self.label);
        let mut mention = self.mention(own_id, Fact::CompanyStatus(change), valid_from);
        mention.published_at = filed_on.filter(|on| *on <= self.seen);
        (code, mention)
    }

    /// Procedures without a day, which only the head names as a rule, are open. A word without a day takes the place of
    /// those that have one, so the gravest speaks for all, and only where nothing as grave is open by its day.
    fn announced(&mut self, announced: Vec<(String, String)>, told: &BTreeSet<String>, is_checked: Option<bool>) {
        let is_named = !announced.is_empty();
        let untold = announced.into_iter().filter(|(code, _)| !told.contains(code));
        let read = untold.map(|(code, words)| {
            let (status, procedure) = procedure_of(&words, &code);
            (status.unwrap_or(Status::Unknown), code, procedure)
        });
        let gravest = read.max_by_key(|(status, ..)| gravity(*status));
        let dated = self.mentions.iter().filter_map(|mention| match &mention.fact {
            Fact::CompanyStatus(change) if change.is_open_on(self.seen) => Some(gravity(change.status)),
            _ => None,
        });
        let worst = dated.max();
        if let Some((status, code, procedure)) = gravest
            && worst.is_none_or(|worst| gravity(status) > worst)
        {
            let change = StatusChange { procedure: Some(procedure), ..StatusChange::plain(status) };
            let own_id = format!("procedure/{}/{code}/", self.label);
            self.mentions.push(self.mention(own_id, Fact::CompanyStatus(change), None));
        }
        match is_checked {
            Some(true) if !is_named && told.is_empty() => {
                let own_id = format!("clean/procedures/{}", self.label);
                self.mentions.push(self.mention(own_id, Fact::Clean { what: "procedures".to_owned() }, None));
            }
            Some(false) if !is_named && told.is_empty() => {
                let words = "declared, detail missing".to_owned();
                let procedure = Some(Procedure { code: "procedures".to_owned(), words });
                let change = StatusChange { procedure, ..StatusChange::plain(Status::CouldNotCheck) };
                let own_id = format!("unchecked/procedures/{}", self.label);
                self.mentions.push(self.mention(own_id, Fact::CompanyStatus(change), None));
            }
            _ => {}
        }
    }

    /// Taken off the register; a transfer to another chamber is no end.
    fn ended(&mut self, block: &mut Record) {
        for mut end in elements(block, "cancellazione") {
            let on = ["dt-cancellazione", "dt-cessazione", "dt-domanda", "dt-denuncia", "dt-iscrizione"];
            let on: Vec<Date> = on.iter().filter_map(|name| day(&mut end, name)).collect();
            let code = field(&mut end, "c-causale").unwrap_or_default();
            let words = field(&mut end, "causale").or_else(|| end.text("#text"));
            end.ignore_rest();
            let words = words.unwrap_or_else(|| "cancellazione dal registro delle imprese".to_owned());
            let procedure = Some(Procedure { code, words });
            let change = StatusChange { procedure, ..StatusChange::plain(Status::Ceased) };
            let own_id = format!("ended/{}", self.label);
            self.mentions.push(self.mention(own_id, Fact::CompanyStatus(change), on.first().copied()));
        }
        block.ignore(&["trasferimento", "trasferimento-sede", "@f-presenza-info", "f-presenza-info"]);
    }

    /// The state of activity, the name and the seat.
    fn head(&mut self, head: &mut Record) {
        if let Some(mut state) = element(head, "stato-attivita") {
            let (letter, words) = (field(&mut state, "c"), state.text("#text"));
            let known = words.as_deref().and_then(state_of).or_else(|| letter.as_deref().and_then(state_by_letter));
            if let (None, Some(odd)) = (known, words.or(letter)) {
                state.leave("c", &odd);
            }
            let fact = Fact::CompanyStatus(StatusChange::plain(known.unwrap_or(Status::Unknown)));
            let has_ended = self.mentions.iter().any(|m| m.own_id.starts_with("ended/"));
            if !has_ended {
                self.mentions.push(self.mention(format!("status/{}", self.label), fact, None));
            }
        }
        let address = element(head, "indirizzo-localizzazione").and_then(|mut seat| {
            let parts = ["toponimo", "via", "n-civico"].map(|part| field(&mut seat, part));
            let street = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
            let place = ["cap", "comune", "provincia"].map(|part| field(&mut seat, part));
            seat.ignore_rest();
            self.subject.city = place[1].clone();
            let text = format!("{street}, {}", place.into_iter().flatten().collect::<Vec<_>>().join(" "));
            Some(text.trim_matches([',', ' ']).to_owned()).filter(|text| !text.is_empty())
        });
        for mention in &mut self.mentions {
            mention.subject.city = self.subject.city.clone();
        }
        let name = Some(self.subject.name.clone()).filter(|name| !name.is_empty());
        for (what, text) in [("legal_name", name), ("address", address)] {
            if let (Some(text), false) = (text, self.subject.is_person) {
                let own_id = format!("{what}/{}/{text}", self.label);
                let identity = Identity { what: what.to_owned(), text, valid_from: None, valid_until: None };
                self.mentions.push(self.mention(own_id, Fact::Identity(identity), None));
            }
        }
        for known in ["dt-iscrizione-ri", "dt-atto-costituzione", "dt-ultimo-protocollo", "dt-iscrizione-rea"] {
            day(head, known);
        }
        head.ignore(&[
            "@c-fonte",
            "@fonte",
            "@tipo-soggetto",
            "@descrizione-tipo-soggetto",
            "@tipo-impresa",
            "@descrizione-tipo-impresa",
            "@c-fiscale",
            "@partita-iva",
            "@gruppo-iva",
            "forma-giuridica",
            "indirizzo-posta-certificata",
            "@f-impresa-artigiana",
            "@c-lingua",
        ]);
    }
}
