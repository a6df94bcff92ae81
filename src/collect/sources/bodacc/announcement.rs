//! One announcement: who, what, when, and whether it takes back another.

use jiff::civil::Date;
use serde_json::Value;

use super::{
    nature::{Meaning, meaning},
    parties::{Inner, inner, inner_record, subjects},
    text::{day, mended},
};
use crate::{
    collect::sources::{record::Record, reply::since},
    domain::{Fact, Filing, Mention, Procedure, Status, StatusChange, Subject},
};

/// Families of announcements that speak of no procedure.
const OF_NO_PROCEDURE: [&str; 7] =
    ["vente", "immatriculation", "creation", "modification", "radiation", "dpc", "divers"];

/// An announcement, read.
pub(super) struct Announcement {
    /// What it is called: by letter, issue and number; and by its id, where that says something else.
    pub(super) keys: Vec<String>,
    /// What the announcement that it takes back is called.
    pub(super) voids: Option<String>,
    pub(super) published_on: Option<Date>,
    subjects: Vec<Subject>,
    url: Option<String>,
    void: Option<Fact>,
    /// What it says, and since when.
    told: Option<(Fact, Option<Date>)>,
    is_about_procedure: bool,
}

impl Announcement {
    /// Whether it speaks of a procedure, readable or not.
    pub(super) fn is_about_procedure(&self) -> bool {
        self.is_about_procedure
    }

    /// Reads the fields of one record.
    pub(super) fn read(mut record: Record) -> Option<Self> {
        // What names no family is no announcement, and must not pass for one that speaks of no procedure.
        if !record.has("familleavis") {
            return None;
        }
        let published_on = dated(&mut record, "dateparution");
        let keys = keys(&mut record);
        let kind = record.word("typeavis", |word| match word {
            "annonce" => Some(Kind::Plain),
            "rectificatif" => Some(Kind::Rectifies),
            "annulation" => Some(Kind::Annuls),
            _ => None,
        });
        let kind = kind.unwrap_or(Kind::Plain);
        let wording = record.text("typeavis_lib").map(|words| mended(&words));
        let voids = voided(&mut record, kind, &keys);
        let family = record.text("familleavis").unwrap_or_default();
        let family_words = record.text("familleavis_lib").map(|words| mended(&words)).unwrap_or_default();
        let subjects = subjects(&mut record);
        // A family that nobody knows may be one of procedures.
        let is_about_procedure = !OF_NO_PROCEDURE.contains(&family.as_str());
        let told = told(&mut record, &family, &family_words, published_on);
        let url = record.text("url_complete");
        ignore_known(&mut record);
        let void = voids.as_ref().zip(published_on).map(|(_, on)| {
            let code = if kind == Kind::Annuls { "annulation" } else { "rectificatif" };
            let words = wording.clone().unwrap_or_else(|| code.to_owned());
            Fact::CompanyStatus(StatusChange::void(Procedure { code: code.to_owned(), words }, on))
        });
        let told = told.filter(|_| kind != Kind::Annuls);
        let is_about_procedure = is_about_procedure && kind != Kind::Annuls;
        Some(Self { keys, voids, published_on, subjects, url, void, told, is_about_procedure })
    }

    /// What it says of each party; of an announcement it takes back, that it is void.
    pub(super) fn mentions(self, about: Option<&Subject>, seen: Date) -> Vec<Mention> {
        let name = |key: &str, subject: &Subject| {
            let siren = subject.identifiers.first().map_or_else(String::new, ToString::to_string);
            format!("announcement/{key}/{siren}")
        };
        let own_key = self.keys.first().cloned().unwrap_or_default();
        let mut mentions = Vec::new();
        for mut subject in self.subjects {
            // The gazette may leave out what we asked by; a record of the answer is about whom we asked about.
            if let (true, Some(about)) = (subject.identifiers.is_empty() && subject.name.is_empty(), about) {
                subject = about.clone();
            }
            let mention = |own_id: String, fact: &Fact, on: Option<Date>| Mention {
                own_id,
                subject: subject.clone(),
                fact: fact.clone(),
                valid_at: since(on.or(self.published_on), seen),
                published_at: self.published_on.filter(|on| *on <= seen),
                is_official: true,
                url: self.url.clone(),
            };
            if let (Some(key), Some(void)) = (&self.voids, &self.void) {
                mentions.push(mention(name(key, &subject), void, self.published_on));
            }
            if let Some((fact, on)) = &self.told {
                mentions.push(mention(name(&own_key, &subject), fact, *on));
            }
        }
        mentions
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    Rectifies,
    Annuls,
}

/// A day in any of the gazette's ways to write one.
fn dated(record: &mut Record, name: &str) -> Option<Date> {
    let text = record.text(name)?;
    let found = day(&text);
    if found.is_none() {
        record.leave(name, &text);
    }
    found
}

/// Letter, issue and number name an announcement; its id holds the three, one behind the other.
fn keys(record: &mut Record) -> Vec<String> {
    let id = record.text("id");
    let parts = ["publicationavis", "parution", "numeroannonce"].map(|name| record.text(name));
    let named = match &parts {
        [Some(letter), Some(issue), Some(number)] => Some(key(letter, issue, number)),
        _ => None,
    };
    let by_id = id.and_then(|id| {
        let (letter, issue, number) = (id.get(..1)?, id.get(1..9)?, id.get(9..)?);
        Some(key(letter, issue, number)).filter(|_| !number.is_empty())
    });
    let mut keys: Vec<String> = named.into_iter().chain(by_id).collect();
    keys.dedup();
    keys
}

fn key(letter: &str, issue: &str, number: &str) -> String {
    format!("{letter}/{issue}/{}", number.trim_start_matches('0'))
}

/// The announcement that this one takes back.
fn voided(record: &mut Record, kind: Kind, keys: &[String]) -> Option<String> {
    let mut precedent = inner_record(record, "parutionavisprecedent");
    if kind == Kind::Plain {
        // It only follows another, as a closure follows an opening.
        if let Some(precedent) = &mut precedent {
            precedent.ignore_rest();
        }
        return None;
    }
    let key = precedent.and_then(|mut precedent| {
        precedent.ignore(&["dateParution"]);
        let journal = precedent.text("nomPublication");
        let letter = journal.as_deref().and_then(|name| name.trim().chars().next_back()).map(String::from);
        let letter = letter.or_else(|| keys.first().and_then(|key| key.get(..1)).map(str::to_owned));
        let (issue, number) = (precedent.text("numeroParution")?, precedent.text("numeroAnnonce")?);
        Some(key(&letter?.to_uppercase(), &issue, &number))
    });
    if key.is_none() {
        record.leave("parutionavisprecedent", "takes back an announcement and does not say which");
    }
    key
}

/// What an announcement of this family says, and since when.
fn told(record: &mut Record, family: &str, words: &str, published: Option<Date>) -> Option<(Fact, Option<Date>)> {
    match family {
        "collective" => Some(judgment(record, published, meaning)),
        "retablissement_professionnel" => Some(judgment(record, published, |family, nature, complement| {
            let known = meaning(family, nature, complement);
            let is_ending = matches!(known, Some(Meaning::Ends(_) | Meaning::Revokes(_)));
            let opens = Meaning::Opens(Status::Restructuring, "retablissement_professionnel");
            if is_ending { Some(Meaning::Ends(Status::Restructuring)) } else { Some(opens) }
        })),
        // An agreement with the main creditors, made public because a court confirmed it.
        "conciliation" => {
            Some(judgment(record, published, |_, _, _| Some(Meaning::Opens(Status::ActiveWarning, "conciliation"))))
        }
        "radiation" => Some(struck_off(record, words)),
        "dpc" => Some(accounts(record)),
        "vente" | "immatriculation" | "creation" | "modification" => {
            // Who sells and who buys is in no trouble by it; what changed is for the register to say.
            record.ignore(&["jugement"]);
            Some((filing(words, family), None))
        }
        "" => {
            record.leave("familleavis", "(absent)");
            None
        }
        other => {
            record.leave("familleavis", other);
            None
        }
    }
}

fn filing(form: &str, category: &str) -> Fact {
    let form = if form.is_empty() { category } else { form };
    Fact::Filing(Filing { form: form.to_owned(), category: category.to_owned(), overdue: false })
}

/// A judgment that cannot be read was not checked, which is not good news.
fn unreadable(why: &str) -> Fact {
    let procedure = Procedure { code: "jugement".to_owned(), words: why.to_owned() };
    Fact::CompanyStatus(StatusChange { procedure: Some(procedure), ..StatusChange::plain(Status::CouldNotCheck) })
}

fn judgment(
    record: &mut Record,
    published: Option<Date>,
    means: impl Fn(&str, &str, &str) -> Option<Meaning>,
) -> (Fact, Option<Date>) {
    let mut judgment = match inner(record, "jugement") {
        Inner::Absent => {
            record.leave("jugement", "(absent)");
            return (unreadable("the judgment is missing"), None);
        }
        Inner::Broken => return (unreadable("the judgment is broken JSON"), None),
        Inner::Read(value) => match Record::at(&record.path_of("jugement"), value, record.leftovers()) {
            Some(judgment) => judgment,
            None => return (unreadable("the judgment is no JSON object"), None),
        },
    };
    let mut text = |name: &str| judgment.text(name).map(|text| mended(&text)).unwrap_or_default();
    let (family, nature, complement) = (text("famille"), text("nature"), text("complementJugement"));
    judgment.ignore(&["type"]);
    let on = dated(&mut judgment, "date").or(published);
    let words = if nature.is_empty() { family.clone() } else { nature.clone() };
    let procedure = |code: &str| Some(Procedure { code: code.to_owned(), words: words.clone() });
    let change =
        |status: Status, code: &str| StatusChange { procedure: procedure(code), ..StatusChange::plain(status) };
    let fact = match means(&family, &nature, &complement) {
        Some(Meaning::Opens(status, code)) => StatusChange { opened_on: on, ..change(status, code) },
        Some(Meaning::Ends(status)) => StatusChange { closed_on: on, ..change(status, "cloture") },
        Some(Meaning::Revokes(status)) => StatusChange { revoked_on: on, ..change(status, "infirmation") },
        Some(Meaning::Informs) => return (filing(&words, "collective"), on),
        None => {
            judgment.leave("nature", &words);
            change(Status::Unknown, "")
        }
    };
    (Fact::CompanyStatus(fact), on)
}

/// A strike-off: the company is no more from the day its activity ceased, or it is published.
fn struck_off(record: &mut Record, words: &str) -> (Fact, Option<Date>) {
    let mut on = None;
    if let Some(mut detail) = inner_record(record, "radiationaurcs") {
        on = ceased_on(&mut detail);
        for place in ["radiationPM", "radiationPP"] {
            if detail.peek(place).is_some_and(Value::is_object)
                && let Some(mut inside) = detail.record(place)
            {
                on = on.or_else(|| ceased_on(&mut inside));
            }
            detail.ignore(&[place]);
        }
    }
    let words = if words.is_empty() { "radiation" } else { words };
    let procedure = Procedure { code: "radiation".to_owned(), words: words.to_owned() };
    (Fact::CompanyStatus(StatusChange { procedure: Some(procedure), ..StatusChange::plain(Status::Ceased) }), on)
}

fn ceased_on(detail: &mut Record) -> Option<Date> {
    let members = ["dateCessationActivitePM", "dateCessationActivitePP", "dateCessationActivite", "dateRadiation"];
    let days: Vec<Date> = members.iter().filter_map(|name| dated(detail, name)).collect();
    detail.ignore(&["commentaire", "motif"]);
    days.into_iter().next()
}

fn accounts(record: &mut Record) -> (Fact, Option<Date>) {
    let Some(mut deposit) = inner_record(record, "depot") else { return (filing("dpc", "accounts"), None) };
    let form = deposit.text("typeDepot").map(|form| mended(&form)).unwrap_or_else(|| "dpc".to_owned());
    deposit.ignore(&["dateCloture", "descriptif"]);
    (filing(&form, "accounts"), None)
}

/// What is known and not for us: where and how it was printed, what was sold, who was there before.
fn ignore_known(record: &mut Record) {
    record.ignore(&[
        "publicationavis_facette",
        "numerodepartement",
        "departement_nom_officiel",
        "region_code",
        "region_nom_officiel",
        "region_min",
        "tribunal",
        "cp",
        "ispdf_unitaire",
        "pdf_parution_subfolder",
        "acte",
        "modificationsgenerales",
        "listeetablissements",
        "divers",
        "depot",
        "radiationaurcs",
    ]);
    // Who ran or owned the business before is often a natural person.
    record.forget(&["listeprecedentexploitant", "listeprecedentproprietaire"]);
}
