//! What comes back: sentences in a 200, JSON with stray signs, lists of articles.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use serde_json::Value;

use super::{
    super::{
        article::Article,
        record::{Leftovers, Record},
        reply::{seen_on, text},
    },
    times,
};
use crate::{
    collect::{Answer, Misread, news::fold},
    domain::{Country, Mention},
};

/// Languages by the names GDELT gives them. Others are read all the same, without a language declared.
const LANGUAGES: [(&str, &str); 24] = [
    ("Italian", "it"),
    ("English", "en"),
    ("French", "fr"),
    ("German", "de"),
    ("Spanish", "es"),
    ("Portuguese", "pt"),
    ("Dutch", "nl"),
    ("Polish", "pl"),
    ("Romanian", "ro"),
    ("Catalan", "ca"),
    ("Greek", "el"),
    ("Hungarian", "hu"),
    ("Czech", "cs"),
    ("Slovak", "sk"),
    ("Slovenian", "sl"),
    ("Croatian", "hr"),
    ("Swedish", "sv"),
    ("Danish", "da"),
    ("Norwegian", "no"),
    ("Finnish", "fi"),
    ("Turkish", "tr"),
    ("Russian", "ru"),
    ("Chinese", "zh"),
    ("Arabic", "ar"),
];

/// Countries of papers by the names GDELT gives them. What a paper of another country says of a market is about none that
/// we know.
const COUNTRIES: [(&str, &str); 24] = [
    ("Italy", "IT"),
    ("United Kingdom", "GB"),
    ("France", "FR"),
    ("Germany", "DE"),
    ("Spain", "ES"),
    ("Austria", "AT"),
    ("Switzerland", "CH"),
    ("Belgium", "BE"),
    ("Netherlands", "NL"),
    ("Portugal", "PT"),
    ("Ireland", "IE"),
    ("Poland", "PL"),
    ("Romania", "RO"),
    ("Greece", "GR"),
    ("Hungary", "HU"),
    ("Czech Republic", "CZ"),
    ("Slovak Republic", "SK"),
    ("Slovenia", "SI"),
    ("Croatia", "HR"),
    ("Sweden", "SE"),
    ("Denmark", "DK"),
    ("Norway", "NO"),
    ("Finland", "FI"),
    ("United States", "US"),
];

/// The body as JSON. GDELT says its errors in plain sentences with status 200.
pub(super) fn parsed(answer: &Answer) -> Result<Value, Misread> {
    let text = text(answer)?;
    if text.starts_with('<') {
        return Err(Misread::Unreadable("HTML where JSON was expected".to_owned()));
    }
    if !text.starts_with(['{', '[']) {
        let said: String = text.chars().take(200).collect();
        let is_pace = said.to_ascii_lowercase().contains("limit requests");
        return Err(if is_pace { Misread::NotNow(said) } else { Misread::Refused(format!("the source says: {said}")) });
    }
    // Titles are put into the JSON without care for what JSON forbids in a string.
    serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(&mended(text)))
        .map_err(|e| Misread::Unreadable(format!("not the JSON that was expected: {e}")))
}

/// Control signs become blanks, and a backslash that escapes nothing becomes two.
fn mended(text: &str) -> String {
    let mut mended = String::with_capacity(text.len());
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '\\' => match signs.peek() {
                Some('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u') => {
                    mended.push(sign);
                    mended.extend(signs.next());
                }
                _ => mended.push_str("\\\\"),
            },
            sign if sign.is_control() => mended.push(' '),
            sign => mended.push(sign),
        }
    }
    mended
}

/// The articles of a list, each headline once: agencies' stories stand under many addresses.
pub(super) fn mentions(
    articles: Value,
    answer: &Answer,
    country: Option<Country>,
    leftovers: &Leftovers,
) -> Vec<Mention> {
    let Value::Array(articles) = articles else {
        leftovers.add_json("$.articles", &articles);
        return Vec::new();
    };
    let mut told = BTreeSet::new();
    let mut mentions = Vec::new();
    for (place, article) in articles.into_iter().enumerate() {
        let Some(record) = Record::at(&format!("$.articles[{place}]"), article, leftovers) else { continue };
        if let Some((title, mention)) = mention(record, answer, country)
            && told.insert(fold(&title))
            && told.insert(mention.own_id.clone())
        {
            mentions.push(mention);
        }
    }
    mentions
}

fn mention(mut record: Record, answer: &Answer, country: Option<Country>) -> Option<(String, Mention)> {
    record.ignore(&["url_mobile", "socialimage", "domain"]);
    let link = record.text("url");
    let title = record.text("title").map(|title| joined_up(&title));
    let seen = seen_on(answer);
    let published_at = record.word("seendate", times::moment).map(|at| at.to_zoned(TimeZone::UTC).date().min(seen));
    let coded = |known: &'static [(&str, &str)], name: String| {
        known.iter().find(|(theirs, _)| *theirs == name).map(|(_, code)| *code)
    };
    let language = record.text("language").and_then(|name| coded(&LANGUAGES, name));
    let said = record.text("sourcecountry");
    let of_paper = |name: String| coded(&COUNTRIES, name).and_then(|code| code.parse().ok());
    let is_ours = said.is_none();
    let place = if is_ours { country } else { said.and_then(of_paper) };
    let title = title?;
    let article = Article { title: &title, summary: "", link, language, country: place, published_at, seen };
    let mut mention = article.mention();
    if place.is_none() {
        mention.subject.sector = None;
    }
    Some((title, mention))
}

/// Titles come as words parted by blanks, signs among them (`Acciaierie Rossi , il tribunale`, `dell ' Adda`): the blanks
/// are taken out again.
fn joined_up(title: &str) -> String {
    let mut text = title.split_whitespace().collect::<Vec<_>>().join(" ");
    for sign in [",", ".", ":", ";", "?", "!", ")", "%", "»", "”"] {
        text = text.replace(&format!(" {sign}"), sign);
    }
    for sign in ["(", "«", "“"] {
        text = text.replace(&format!("{sign} "), sign);
    }
    text.replace(" ' ", "'").replace(" ’ ", "’")
}
