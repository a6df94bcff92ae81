use jiff::civil::Date;

use super::{FeatureWords, Glossary, Money, ReasonLine, WITHDRAWN};

/// Between a number and its unit: no line ends there.
const NBSP: char = '\u{a0}';

impl FeatureWords {
    /// The phrase with the value in its place: `protested bills for 18 000 EUR in 12 months`, in Italian `18.000 €`. Days and
    /// months have at most one decimal, shares are per cent, a missing value is `(not known)`.
    pub fn say(&self, value: Option<f64>, italian: bool) -> String {
        let phrase = if italian { self.phrase_it } else { self.phrase_en };
        let said = say_value(self.unit, value, italian);
        let is_one = self.unit == "count" && said == "1";
        let one = ONE.iter().find(|(many, _)| is_one && phrase.starts_with(many));
        match one {
            Some((many, one)) => phrase.replacen(many, one, 1),
            None => phrase.replace("{}", &said),
        }
    }
}

/// How phrases begin that count things, of many and of one.
const ONE: [(&str, &str); 15] = [
    ("{} protests", "1 protest"),
    ("{} protesti", "1 protesto"),
    ("{} overdue invoices", "1 overdue invoice"),
    ("{} fatture scadute", "1 fattura scaduta"),
    ("{} invoices", "1 invoice"),
    ("{} fatture", "1 fattura"),
    ("{} bad events", "1 bad event"),
    ("{} good events", "1 good event"),
    ("{} eventi negativi", "1 evento negativo"),
    ("{} eventi positivi", "1 evento positivo"),
    ("{} famiglie", "1 famiglia"),
    ("{} overdue filings", "1 overdue filing"),
    ("{} depositi", "1 deposito"),
    ("{} prejudicial acts", "1 prejudicial act"),
    ("{} pregiudizievoli", "1 pregiudizievole"),
];

/// What a line of a rating says: the feature's phrase, or a sentence for `base`, `calibration`, `since_recording`,
/// `cap:…`, `rule:…`, `override` and [`WITHDRAWN`]. A feature that the glossary does not know (a rating of an older table) is said by its name and value.
pub fn say_line(glossary: &Glossary, line: &ReasonLine, italian: bool) -> String {
    if let Some(words) = glossary.get(&line.feature) {
        return words.say(line.value, italian);
    }
    let said = |en: &str, it: &str| String::from(if italian { it } else { en });
    match line.feature.split_once(':').unwrap_or((line.feature.as_str(), "")) {
        ("base", _) => said("where every client starts", "il punto di partenza di ogni cliente"),
        ("calibration", _) => {
            said("calibration of the points to observed defaults", "calibrazione dei punti sui default osservati")
        }
        ("since_recording", _) => said(
            "moved since the grade was recorded; later nights keep the sum, not its lines",
            "variazione dopo la registrazione del grado; le notti successive conservano la somma, non le righe",
        ),
        (WITHDRAWN, _) => said("withdrawn since, and no longer counted", "ritirato in seguito, e non più considerato"),
        ("override", _) => said("an analyst's decision", "la decisione di un analista"),
        ("cap", "single_unofficial_source") => said(
            "held back: it rests on a single unofficial source",
            "limitato: si basa su una sola fonte non ufficiale",
        ),
        ("cap", "scale") => said("held at the end of the scale", "fermato al limite della scala"),
        ("cap", other) => format!("{}: {}", said("held back", "limitato"), spaced(other)),
        ("rule", name) if italian => format!("regola: {}", rule_in_italian(name).unwrap_or(&spaced(name))),
        ("rule", name) => format!("rule: {}", spaced(name)),
        (name, _) => {
            let value = line.value.map(|v| format!(": {}", number(v, 2, italian))).unwrap_or_default();
            format!("{}{value}", spaced(name))
        }
    }
}

/// The rules that ship; a house's own are called what the house called them.
fn rule_in_italian(name: &str) -> Option<&'static str> {
    match name {
        "insolvent_procedure_open" => Some("procedura di insolvenza aperta"),
        "company_ceased" => Some("impresa cessata"),
        "large_recent_protest" => Some("protesto recente di importo rilevante"),
        "restructuring_open" => Some("procedura di ristrutturazione aperta"),
        _ => None,
    }
}

/// An amount as a person reads it: `14 200 EUR`, `99.50 EUR`; in Italian `14.200 €`, `99,50 €`.
pub fn say_money(money: Money, italian: bool) -> String {
    let places = money.currency().minor_digits() as usize;
    let whole = money.minor() % 10i64.pow(money.currency().minor_digits()) == 0;
    let text = format!("{:.*}", if whole { 0 } else { places }, money.major());
    let (major, minor) = text.split_once('.').unwrap_or((text.as_str(), ""));
    let mut said = number(major.parse().unwrap_or_default(), 0, italian);
    if !minor.is_empty() {
        said.push(if italian { ',' } else { '.' });
        said.push_str(minor);
    }
    with_unit(&said, money.currency().code(), italian)
}

/// A number and its currency. In Italian they stand on one line, and the euro has its sign.
fn with_unit(number: &str, code: &str, italian: bool) -> String {
    match (italian, code) {
        (false, _) => format!("{number} {code}"),
        (true, "EUR") => format!("{number}{NBSP}€"),
        (true, _) => format!("{number}{NBSP}{code}"),
    }
}

/// A day as a person reads it: `2 March 2026`, `2 marzo 2026`.
pub fn say_day(day: Date, italian: bool) -> String {
    const EN: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    const IT: [&str; 12] = [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ];
    let month =
        usize::try_from(day.month() - 1).ok().and_then(|place| if italian { IT } else { EN }.get(place).copied());
    format!("{} {} {}", day.day(), month.unwrap_or_default(), day.year())
}

fn spaced(name: &str) -> String {
    name.replace('_', " ")
}

fn say_value(unit: &str, value: Option<f64>, italian: bool) -> String {
    let pick = |en: &'static str, it: &'static str| if italian { it } else { en };
    let Some(value) = value else { return pick("(not known)", "(non noto)").into() };
    let is_one = number(value, 1, false) == "1";
    match unit {
        "days" if is_one => pick("1 day", "1 giorno").into(),
        "days" => format!("{} {}", number(value, 1, italian), pick("days", "giorni")),
        "months" if is_one => pick("1 month", "1 mese").into(),
        "months" => format!("{} {}", number(value, 1, italian), pick("months", "mesi")),
        "EUR" => with_unit(&number(value, 0, italian), "EUR", italian),
        "money" | "count" => number(value, 0, italian),
        "share" => format!("{} %", number(value * 100.0, 0, italian)),
        "change" => format!("{}{} %", if value > 0.0 { "+" } else { "" }, number(value * 100.0, 1, italian)),
        "yes/no" => if value > 0.0 { pick("yes", "sì") } else { "no" }.into(),
        _ => number(value, 1, italian),
    }
}

/// At most so many decimals, no trailing zeros; thousands set apart by a space, in Italian by a point.
fn number(value: f64, decimals: usize, italian: bool) -> String {
    let text = format!("{value:.decimals$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let fraction = fraction.trim_end_matches('0');
    let mut out = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            out.push(if italian { '.' } else { ' ' });
        }
        out.push(digit);
    }
    if !fraction.is_empty() {
        out.push(if italian { ',' } else { '.' });
        out.push_str(fraction);
    }
    // A rounded minus nothing is nothing.
    if out == "0" { out } else { format!("{sign}{out}") }
}
