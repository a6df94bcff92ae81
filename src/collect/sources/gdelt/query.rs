//! What is asked: addresses, and clients' names as GDELT takes them.

use url::Url;

use crate::{
    collect::{Watched, news::fold},
    domain::ClientId,
};

/// Names joined in one question; GDELT refuses long ones without saying how long they may be.
const NAMES_PER_QUERY: usize = 5;

/// Characters of one question; well under what was seen to be refused.
const MAX_QUERY_CHARS: usize = 220;

/// A name of fewer letters is found everywhere.
const MIN_NAME_CHARS: usize = 8;

/// The whole rolling window that GDELT keeps.
pub(super) const TONE_SPAN: &str = "3m";

/// Legal forms, folded: the press leaves them out.
const FORMS: [&str; 28] = [
    "srl",
    "srls",
    "spa",
    "sas",
    "snc",
    "scarl",
    "soc",
    "coop",
    "societa",
    "cooperativa",
    "ltd",
    "limited",
    "plc",
    "llp",
    "inc",
    "corp",
    "llc",
    "gmbh",
    "ag",
    "kg",
    "co",
    "sa",
    "sarl",
    "sasu",
    "sl",
    "slu",
    "bv",
    "nv",
];

/// Several clients' names in one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) query: String,
    pub(super) whom: Vec<ClientId>,
}

/// The address of a question.
pub(super) fn address(base: &Url, query: &str, mode: &str, timespan: &str) -> Url {
    let mut url = base.clone();
    url.query_pairs_mut().clear().append_pair("query", query).append_pair("mode", mode).append_pair("format", "json");
    if mode == "ArtList" {
        url.query_pairs_mut().append_pair("maxrecords", "250").append_pair("sort", "DateDesc");
    }
    url.query_pairs_mut().append_pair("timespan", timespan);
    url
}

/// Questions about the first `most` clients whose names are rare enough to be asked for.
pub(super) fn by_name(watched: &[Watched], most: usize) -> Vec<Names> {
    let named = watched.iter().filter_map(|w| Some((w.client, quoted(&w.who.name)?))).take(most);
    let mut questions: Vec<(Vec<String>, Vec<ClientId>)> = Vec::new();
    for (client, name) in named {
        let has_room = |names: &Vec<String>| {
            let n_chars: usize = names.iter().map(|n| n.len() + " OR ".len()).sum();
            names.len() < NAMES_PER_QUERY && n_chars + name.len() <= MAX_QUERY_CHARS
        };
        match questions.last_mut().filter(|(names, _)| has_room(names)) {
            Some((names, whom)) => {
                // Two clients of one name are asked about once.
                if !names.contains(&name) {
                    names.push(name);
                }
                whom.push(client);
            }
            None => questions.push((vec![name], vec![client])),
        }
    }
    questions.into_iter().map(|(names, whom)| Names { query: joined(&names), whom }).collect()
}

/// Alternatives must stand in parentheses, and one alone must not.
fn joined(names: &[String]) -> String {
    match names {
        [name] => name.clone(),
        names => format!("({})", names.join(" OR ")),
    }
}

/// `"Meccanica Valdossa"`: letters and digits only, for any other sign is refused, and no legal form. None for a name of
/// one word or of few letters.
fn quoted(name: &str) -> Option<String> {
    // `S.r.l.` is one word.
    let name = name.replace('.', "");
    let words = name.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.filter(|word| !FORMS.contains(&fold(word).as_str())).collect();
    let name = words.join(" ");
    (words.len() >= 2 && name.chars().count() >= MIN_NAME_CHARS).then(|| format!("\"{name}\""))
}
