//! The roll of clients: who they are and how they stand, a line each, held in memory for lists that are searched as one types.
//!
//! # Why
//!
//! *Why not ask the store?* A search that forgives a slip of the pen looks at every name, and a list in the order of exposure at
//! every figure: through SQL that costs a hundred times what it costs in memory, at every key pressed.
//!
//! *May it be behind?* By a minute in grades, where there are many clients: then whoever asks is given what is there, and it is read
//! anew behind their back (`kept`). What a page shows of a single client is always asked of the store.

mod kept;

use std::{cmp::Ordering, collections::HashMap};

use deunicode::deunicode;

use super::{Caller, Desk, Result};
use crate::{
    domain::{ClientId, Currency, Grade, IdentifierKind, Money, Nace, PortfolioId},
    store::Figure,
};

pub use kept::Roll;

/// A client, in a line.
#[derive(Debug, Clone, PartialEq)]
pub struct RollLine {
    /// Whom.
    pub id: ClientId,
    /// Whose client it is.
    pub portfolio: PortfolioId,
    /// The creditor's own code.
    pub code: String,
    /// The name.
    pub name: String,
    /// Town of its seat.
    pub city: Option<String>,
    /// NACE or ATECO.
    pub sector: Option<Nace>,
    /// Tax or VAT number.
    pub tax_id: Option<String>,
    /// The present grade.
    pub grade: Grade,
    /// Probability of default; none for `ND`.
    pub pd: Option<f32>,
    /// Share of the model's information that was present and fresh.
    pub coverage: f32,
    /// What it owes.
    pub exposure: Money,
    /// What was granted here, else what the creditor's file says.
    pub limit: Option<Money>,
    /// What a search looks through: words without case and accents.
    words: Box<str>,
}

impl RollLine {
    /// Whether it owes more than it was granted.
    pub fn is_over(&self) -> bool {
        self.limit.is_some_and(|limit| self.exposure.minor() > limit.minor())
    }

    /// What is expected to be lost within twelve months, minor units: PD × LGD × exposure.
    #[expect(clippy::cast_precision_loss, reason = "exposures are far below 2^53 cents")]
    pub fn expected_loss(&self, lgd: f64) -> f64 {
        f64::from(self.pd.unwrap_or(0.0)) * lgd * self.exposure.minor().max(0) as f64
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RollOrder {
    /// Who owes most first.
    #[default]
    Exposure,
    /// Who is likeliest to default first; who is not determined last.
    Risk,
    /// By name.
    Name,
    /// Who has used most of its limit first; who has none last.
    Limit,
}

/// Which clients to list.
#[derive(Debug, Clone, Default)]
pub struct RollAsk {
    /// Words that occur in name, code, town or number, a slip of the pen forgiven.
    pub q: String,
    /// With one of these grades; empty means any.
    pub grades: Vec<Grade>,
    /// In this section of NACE, `A` to `U`.
    pub section: Option<char>,
    /// Only who owes more than was granted.
    pub only_over: bool,
    /// In which order.
    pub order: RollOrder,
    /// In this portfolio only.
    pub portfolio: Option<PortfolioId>,
}

/// Clients that were asked for.
#[derive(Debug, Clone, Default)]
pub struct RollFound {
    /// Those of the stretch that was asked for, in order.
    pub lines: Vec<RollLine>,
    /// How many there are in all.
    pub n: usize,
    /// What all of them owe, minor units.
    pub exposure_minor: i64,
    /// In which currency, when they have one in common.
    pub currency: Option<Currency>,
    /// Whether words had to be read with a slip of the pen to find any.
    pub is_guessed: bool,
}

/// Lower case, without accents.
fn folded(text: &str) -> String {
    deunicode(text).to_lowercase()
}

/// A word that is looked for.
struct Asked {
    word: String,
    /// Slips of the pen that are forgiven in it.
    slips: usize,
    letters: u64,
}

/// The letters of a word, a bit each.
fn letters(word: &str) -> u64 {
    word.bytes().fold(0, |all, byte| all | 1 << (byte & 63))
}

impl Asked {
    /// The words of a question. A letter more, less, other or changed with its neighbour is forgiven; two in a long word.
    fn words(q: &str) -> Vec<Self> {
        let word = |word: &str| {
            let slips = match word.len() {
                0..=3 => 0,
                4..=7 => 1,
                _ => 2,
            };
            Self { word: word.to_owned(), slips, letters: letters(word) }
        };
        folded(q).split_whitespace().map(word).collect()
    }

    /// Whether a word is this one, but for a slip. A slip changes two letters at most, so that most words need not be compared.
    fn is_nearly(&self, word: &str) -> bool {
        let may_be = (letters(word) ^ self.letters).count_ones() as usize <= 2 * self.slips;
        may_be && strsim::osa_distance(word, &self.word) <= self.slips
    }
}

/// Whether every word that was asked for begins somewhere in these words.
fn has_words(words: &str, asked: &[Asked]) -> bool {
    asked.iter().all(|asked| words.contains(asked.word.as_str()))
}

/// The same with slips of the pen.
fn has_words_nearly(words: &str, asked: &[Asked]) -> bool {
    let is_near = |word: &str, asked: &Asked| {
        // Somebody who types is not through with the word yet.
        let begun = word.get(..asked.word.len()).unwrap_or(word);
        asked.is_nearly(begun) || (word.len() <= asked.word.len() + asked.slips && asked.is_nearly(word))
    };
    asked.iter().all(|asked| {
        words.contains(asked.word.as_str())
            || (asked.slips > 0 && words.split_whitespace().any(|word| is_near(word, asked)))
    })
}

impl Desk {
    /// The clients that a caller sees, of those on the roll, as asked: the stretch `from`, `limit` of them.
    pub async fn from_roll(
        &self,
        roll: &Roll,
        caller: &Caller,
        ask: &RollAsk,
        (from, limit): (usize, usize),
    ) -> Result<RollFound> {
        let lines = roll.lines(self).await?;
        let asked = Asked::words(&ask.q);
        let is_asked = |line: &&RollLine| {
            caller.reach.sees(line.portfolio)
                && ask.portfolio.is_none_or(|portfolio| portfolio == line.portfolio)
                && (ask.grades.is_empty() || ask.grades.contains(&line.grade))
                && ask.section.is_none_or(|section| line.sector.is_some_and(|s| s.section() == section))
                && (!ask.only_over || line.is_over())
        };
        let mut found: Vec<&RollLine> =
            lines.iter().filter(is_asked).filter(|line| has_words(&line.words, &asked)).collect();
        let is_guessed = found.is_empty() && !asked.is_empty();
        if is_guessed {
            found = lines.iter().filter(is_asked).filter(|line| has_words_nearly(&line.words, &asked)).collect();
        }
        let (n, currency) = (found.len(), common_currency(found.iter().copied()));
        let exposure_minor = found.iter().map(|line| line.exposure.minor()).fold(0, i64::saturating_add);
        first_of(&mut found, from.saturating_add(limit), |a, b| in_order(ask.order, a, b));
        let lines = found.into_iter().skip(from).cloned().collect();
        Ok(RollFound { n, exposure_minor, currency, is_guessed: is_guessed && n > 0, lines })
    }
}

fn line(client: crate::domain::Client, granted: Option<Money>, figures: &HashMap<ClientId, Figure>) -> RollLine {
    let figure = figures.get(&client.id);
    let who = client.facts.who;
    let tax_id = who.identifiers.iter().find(|i| i.kind() == IdentifierKind::Tax).map(ToString::to_string);
    let city = who.city.as_deref().unwrap_or_default();
    let words = folded(&format!("{} {} {city} {}", client.code, who.name, tax_id.as_deref().unwrap_or_default()));
    RollLine {
        id: client.id,
        portfolio: client.portfolio,
        words: words.into(),
        code: client.code.to_string(),
        name: who.name,
        city: who.city,
        sector: who.sector,
        tax_id,
        grade: figure.map_or(Grade::NotDetermined, |figure| figure.grade),
        pd: figure.and_then(|figure| figure.pd),
        coverage: figure.map_or(0.0, |figure| figure.coverage),
        exposure: Money::from_minor(figure.map_or(0, |figure| figure.exposure_minor), client.facts.currency),
        limit: granted.or(client.facts.credit_limit),
    }
}

/// Which of two lines stands first; of equals the older client does.
#[expect(clippy::cast_precision_loss, reason = "a share for sorting")]
fn in_order(order: RollOrder, a: &RollLine, b: &RollLine) -> Ordering {
    let used = |line: &RollLine| line.limit.map_or(-1.0, |l| line.exposure.minor() as f64 / l.minor().max(1) as f64);
    let first = match order {
        RollOrder::Exposure => b.exposure.minor().cmp(&a.exposure.minor()),
        RollOrder::Risk => b.pd.unwrap_or(-1.0).total_cmp(&a.pd.unwrap_or(-1.0)),
        RollOrder::Name => a.name.cmp(&b.name),
        RollOrder::Limit => used(b).total_cmp(&used(a)),
    };
    first.then(a.id.cmp(&b.id))
}

/// Leaves the first `n` lines, in order: a page of fifty is not worth sorting everybody.
pub(super) fn first_of(lines: &mut Vec<&RollLine>, n: usize, in_order: impl Fn(&RollLine, &RollLine) -> Ordering) {
    if n < lines.len() {
        lines.select_nth_unstable_by(n, |a, b| in_order(a, b));
        lines.truncate(n);
    }
    lines.sort_unstable_by(|a, b| in_order(a, b));
}

/// The line of a client; lines stand in the order of clients.
pub(super) fn line_of(lines: &[RollLine], client: ClientId) -> Option<&RollLine> {
    lines.binary_search_by_key(&client, |line| line.id).ok().map(|place| &lines[place])
}

/// The currency that what these clients owe has in common.
pub(super) fn common_currency<'a>(lines: impl Iterator<Item = &'a RollLine>) -> Option<Currency> {
    let mut owing = lines.filter(|line| line.exposure.minor() != 0).map(|line| line.exposure.currency());
    let first = owing.next()?;
    owing.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::{Asked, folded, has_words, has_words_nearly};

    #[test]
    fn a_slip_of_the_pen_is_forgiven_and_another_word_is_not() {
        let words = folded("C-7 Meccanica Valdossa S.r.l. Città di Castello");
        for exact in ["valdossa", "mecc vald", "CITTÀ", "c-7"] {
            assert!(has_words(&words, &Asked::words(exact)), "{exact}");
        }
        for slip in ["vadlossa", "mecanica", "valdosa castelo", "mecacnica valdosas"] {
            assert!(has_words_nearly(&words, &Asked::words(slip)), "{slip}");
        }
        for other in ["valle", "meccanotecnica", "c-8"] {
            assert!(!has_words_nearly(&words, &Asked::words(other)), "{other}");
        }
    }
}
