//! What a record says, by the kind of mention that its mapping promised.

use std::{fmt, str::FromStr};

use jiff::civil::Date;

use super::{mapping::Spelling, values::Values};
use crate::{
    collect::news::{self, Reading},
    domain::{
        About, Country, Currency, Fact, Filing, Identity, Indicator, Instrument, NewsEvent, NewsItem, PrejudicialAct,
        Procedure, Protest, ProtestState, Status, StatusChange, VatAnswer,
    },
};

/// How bad a reported event is where neither the source nor its headline says: in the middle of 0 to 5, so that it is
/// neither overlooked nor takes a grade by itself.
const MIDDLE_SEVERITY: u8 = 3;

/// The worst severity.
const WORST: u8 = 5;

/// The kinds of mention, as `kind` names them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    CompanyStatus,
    Protest,
    PrejudicialAct,
    Filing,
    Identity,
    News,
    Indicator,
    VatCheck,
    Clean,
}

const KINDS: [(&str, Kind); 9] = [
    ("company_status", Kind::CompanyStatus),
    ("protest", Kind::Protest),
    ("prejudicial_act", Kind::PrejudicialAct),
    ("filing", Kind::Filing),
    ("identity", Kind::Identity),
    ("news", Kind::News),
    ("indicator", Kind::Indicator),
    ("vat_check", Kind::VatCheck),
    ("clean", Kind::Clean),
];

impl FromStr for Kind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let known = KINDS.iter().find(|(word, _)| *word == text.trim()).map(|(_, kind)| *kind);
        known.ok_or_else(|| format!("kind: {text:?} must be one of {}", KINDS.map(|(word, _)| word).join(", ")))
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(KINDS.iter().find(|(_, kind)| kind == self).map_or("", |(word, _)| word))
    }
}

impl Kind {
    /// The fields it has.
    pub(super) fn fields(self) -> &'static [&'static str] {
        match self {
            Self::CompanyStatus => {
                &["status", "procedure_code", "procedure_words", "opened_on", "closed_on", "revoked_on"]
            }
            Self::Protest => &["instrument", "amount", "currency", "raised_on", "due_on", "reason_code", "state"],
            Self::PrejudicialAct => &["act", "amount", "currency", "registered_on", "cancelled"],
            Self::Filing => &["form", "category", "overdue"],
            Self::Identity => &["what", "text", "valid_from", "valid_until"],
            Self::News => &["title", "url", "language", "event", "severity", "about", "negated"],
            Self::Indicator => &["series", "sector", "country", "period", "value", "unit", "flag"],
            Self::VatCheck => &["answer"],
            Self::Clean => &["what"],
        }
    }

    /// Fields without which a record says nothing; every record must have them.
    pub(super) fn core(self) -> &'static [&'static str] {
        match self {
            Self::CompanyStatus => &["status"],
            Self::Protest => &[],
            Self::PrejudicialAct => &["act"],
            Self::Filing => &["form"],
            Self::Identity => &["what", "text"],
            Self::News => &["title"],
            Self::Indicator => &["series", "sector", "period", "value"],
            Self::VatCheck => &["answer"],
            Self::Clean => &["what"],
        }
    }

    /// Fields of which every record must have one.
    pub(super) fn one_of(self) -> &'static [&'static str] {
        match self {
            Self::Protest => &["amount", "raised_on"],
            _ => &[],
        }
    }

    /// Whether a word is one of ours for a field.
    pub(super) fn check_word(self, field: &str, word: &str) -> Result<(), String> {
        fn parses<T: FromStr<Err: ToString>>(word: &str) -> Result<(), String> {
            word.parse::<T>().map(drop).map_err(|e| e.to_string())
        }
        match (self, field) {
            (Self::CompanyStatus, "status") => parses::<Status>(word),
            (Self::Protest, "instrument") => parses::<Instrument>(word),
            (Self::Protest, "state") => parses::<ProtestState>(word),
            (Self::News, "event") => parses::<NewsEvent>(word),
            (Self::News, "about") => parses::<About>(word),
            (Self::VatCheck, "answer") => parses::<VatAnswer>(word),
            (_, "currency") => parses::<Currency>(word),
            // An indicator may be about an area that is no country.
            (Self::Indicator, "country") => Ok(()),
            (_, "country") => parses::<Country>(word),
            (_, "cancelled" | "overdue" | "negated" | "person") if !matches!(word, "true" | "false") => {
                Err(format!("{word:?} must be true or false"))
            }
            _ => Ok(()),
        }
    }
}

/// What a record says, and since when it is so as far as its kind knows.
pub(super) struct Told {
    pub(super) fact: Fact,
    pub(super) since: Option<Date>,
    /// The company that a headline names, where nothing else says whom it is about.
    pub(super) company: Option<String>,
}

/// What is known of a record besides its own fields.
pub(super) struct Context<'a> {
    pub(super) spelling: &'a Spelling,
    pub(super) language: Option<&'a str>,
    pub(super) country: Option<Country>,
    /// Where a person can read it.
    pub(super) link: String,
    /// The record says whom it is about, or was asked for by number.
    pub(super) is_about_client: bool,
}

/// Reads a record. Words that are not on our lists are leftovers; what they then count as is neither good nor bad.
pub(super) fn told(kind: Kind, values: &mut Values, context: &Context<'_>) -> Told {
    let spelling = context.spelling;
    let plain = |fact: Fact| Told { fact, since: None, company: None };
    match kind {
        Kind::CompanyStatus => status(values, spelling),
        Kind::Protest => protest(values, spelling),
        Kind::PrejudicialAct => act(values, spelling),
        Kind::Filing => plain(Fact::Filing(Filing {
            form: text(values, "form"),
            category: text(values, "category"),
            overdue: values.flag("fields.overdue", spelling).unwrap_or(false),
        })),
        Kind::Identity => {
            let valid_from = values.day("fields.valid_from", spelling);
            let valid_until = values.day("fields.valid_until", spelling);
            let identity = Identity { what: text(values, "what"), text: text(values, "text"), valid_from, valid_until };
            Told { since: valid_from, ..plain(Fact::Identity(identity)) }
        }
        Kind::News => headline(values, context),
        Kind::Indicator => plain(Fact::Indicator(Indicator {
            series: word(values, "series", spelling),
            sector: word(values, "sector", spelling),
            country: match values.has("fields.country") {
                true => word(values, "country", spelling),
                false => context.country.map_or_else(String::new, |country| country.to_string()),
            },
            period: text(values, "period"),
            value: values.number("fields.value", spelling).unwrap_or(f64::NAN),
            unit: word(values, "unit", spelling),
            flag: word(values, "flag", spelling),
        })),
        Kind::VatCheck => {
            let answer = values.word("fields.answer", spelling, |word| word.parse().ok());
            plain(Fact::VatCheck(answer.unwrap_or(VatAnswer::NoAnswer)))
        }
        Kind::Clean => plain(Fact::Clean { what: word(values, "what", spelling) }),
    }
}

fn text(values: &Values, field: &str) -> String {
    values.get(&format!("fields.{field}")).unwrap_or_default()
}

/// A word of an open list: ours where one was taught, else theirs.
fn word(values: &mut Values, field: &str, spelling: &Spelling) -> String {
    values.word(&format!("fields.{field}"), spelling, |word| Some(word.to_owned())).unwrap_or_default()
}

fn status(values: &mut Values, spelling: &Spelling) -> Told {
    let status = values.word("fields.status", spelling, |word| word.parse().ok()).unwrap_or(Status::Unknown);
    let (code, words) = (text(values, "procedure_code"), text(values, "procedure_words"));
    let procedure = (!code.is_empty() || !words.is_empty()).then_some(Procedure { code, words });
    let opened_on = values.day("fields.opened_on", spelling);
    let closed_on = values.day("fields.closed_on", spelling);
    let revoked_on = values.day("fields.revoked_on", spelling);
    let change = StatusChange { status, procedure, opened_on, closed_on, revoked_on };
    Told { fact: Fact::CompanyStatus(change), since: opened_on, company: None }
}

fn protest(values: &mut Values, spelling: &Spelling) -> Told {
    let raised_on = values.day("fields.raised_on", spelling);
    let protest = Protest {
        instrument: values.word("fields.instrument", spelling, |w| w.parse().ok()).unwrap_or(Instrument::Other),
        amount: values.money("fields.amount", "fields.currency", spelling),
        raised_on,
        due_on: values.day("fields.due_on", spelling),
        reason_code: values.get("fields.reason_code"),
        state: values.word("fields.state", spelling, |w| w.parse().ok()).unwrap_or(ProtestState::Standing),
    };
    Told { fact: Fact::Protest(protest), since: raised_on, company: None }
}

fn act(values: &mut Values, spelling: &Spelling) -> Told {
    let registered_on = values.day("fields.registered_on", spelling);
    let act = PrejudicialAct {
        act: word(values, "act", spelling),
        amount: values.money("fields.amount", "fields.currency", spelling),
        registered_on,
        cancelled: values.flag("fields.cancelled", spelling).unwrap_or(false),
    };
    Told { fact: Fact::PrejudicialAct(act), since: registered_on, company: None }
}

/// A headline is judged as the press is, where the source does not judge it itself.
fn headline(values: &mut Values, context: &Context<'_>) -> Told {
    let spelling = context.spelling;
    let title = text(values, "title");
    let declared = values.get("fields.language").or_else(|| context.language.map(str::to_owned));
    let Reading { event, severity, about, is_negated, language, company, sector: _ } =
        news::read(&title, "", declared.as_deref());
    let said = values.word("fields.event", spelling, |word| word.parse::<NewsEvent>().ok());
    let severity = match said {
        Some(said) if said != event => MIDDLE_SEVERITY,
        _ => severity,
    };
    let rank = |word: &str| word.parse::<u8>().ok().filter(|rank| *rank <= WORST);
    let about_said = values.word("fields.about", spelling, |word| word.parse().ok());
    let judged = if context.is_about_client { About::Client } else { about };
    let item = NewsItem {
        url: values.get("fields.url").unwrap_or_else(|| context.link.clone()),
        language: declared.unwrap_or(language),
        event: said.unwrap_or(event),
        severity: values.word("fields.severity", spelling, rank).unwrap_or(severity),
        about: about_said.unwrap_or(judged),
        negated: values.flag("fields.negated", spelling).unwrap_or(is_negated),
        title,
    };
    Told { fact: Fact::News(item), since: None, company }
}
