//! The roll of clients: who they are and how they stand, a line each, held in memory for lists that are searched as one types.
//!
//! # Why
//!
//! *Why not ask the store?* A search that forgives a slip of the pen looks at every name, and a list in the order of exposure at
//! every figure: through SQL that costs a hundred times what it costs in memory, at every key pressed.
//!
//! *May it be behind?* By a moment, where there are many clients: it is read anew when the store has moved on, but never more
//! than a tenth of the time. What a page shows of a single client is always asked of the store.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use deunicode::deunicode;
use tokio::sync::Mutex;

use super::{Caller, Desk, Result};
use crate::{
    domain::{AsOf, ClientId, Currency, Grade, IdentifierKind, Money, Nace, PortfolioId},
    store::{ClientFilter, Figure},
};

/// Clients read at a time: a page of the store.
const PAGE: usize = 1_000;
/// A roll of so few lines is read anew whenever the store has moved on.
const FEW: usize = 2_000;
/// Figures that a rescoring left in their grade move without an event: by this they are read anew.
const MAX_AGE: Duration = Duration::from_secs(60);
/// A roll is read for a tenth of the time at most.
const REST: u32 = 10;

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

/// What the store had come to when it was read: revision of the clients, newest event, newest night.
type Stamp = (i64, i64, i64);

#[derive(Debug)]
struct Kept {
    stamp: Stamp,
    lines: Arc<Vec<RollLine>>,
    read_at: Instant,
    cost: Duration,
}

/// Keeps the roll between questions; cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Roll(Arc<Mutex<Option<Kept>>>);

impl Kept {
    fn is_good(&self, stamp: Stamp) -> bool {
        let age = self.read_at.elapsed();
        let may_rest = self.lines.len() > FEW && age < self.cost * REST;
        may_rest || (self.stamp == stamp && (age < MAX_AGE || self.lines.len() <= FEW))
    }
}

/// Lower case, without accents.
fn folded(text: &str) -> String {
    deunicode(text).to_lowercase()
}

/// Whether every word that was asked for begins somewhere in these words.
fn has_words(words: &str, asked: &[String]) -> bool {
    asked.iter().all(|word| words.contains(word.as_str()))
}

/// The same with a slip of the pen: a letter more, less, other or changed with its neighbour; two in a long word.
fn has_words_nearly(words: &str, asked: &[String]) -> bool {
    let is_near = |word: &str, asked: &str| {
        let slips = match asked.chars().count() {
            0..=3 => 0,
            4..=7 => 1,
            _ => 2,
        };
        // Somebody who types is not through with the word yet.
        let begun: String = word.chars().take(asked.chars().count()).collect();
        strsim::osa_distance(&begun, asked) <= slips || strsim::osa_distance(word, asked) <= slips
    };
    asked
        .iter()
        .all(|asked| words.contains(asked.as_str()) || words.split_whitespace().any(|word| is_near(word, asked)))
}

impl Roll {
    /// Every client, as of a moment ago at most.
    pub async fn lines(&self, desk: &Desk) -> Result<Arc<Vec<RollLine>>> {
        let mut kept = self.0.lock().await;
        let stamp = desk.stamp().await?;
        if let Some(kept) = kept.as_ref().filter(|kept| kept.is_good(stamp)) {
            return Ok(Arc::clone(&kept.lines));
        }
        let read_at = Instant::now();
        let lines = Arc::new(desk.read_roll().await?);
        *kept = Some(Kept { stamp, lines: Arc::clone(&lines), cost: read_at.elapsed(), read_at: Instant::now() });
        Ok(lines)
    }
}

impl Desk {
    async fn stamp(&self) -> Result<Stamp> {
        let night = self.store.runs().last("night").await?;
        let night = night.filter(|run| run.ended_at.is_some()).map_or(0, |run| run.id);
        Ok((self.store.facts().revision().await?, self.store.outbox().last_seq().await?, night))
    }

    async fn read_roll(&self) -> Result<Vec<RollLine>> {
        let now = AsOf::at(self.clock.now()).known_at;
        let limits = self.store.treatments().limits(now).await?;
        let portfolios = self.store.facts().portfolios().await?.into_iter().map(|(id, _)| id).collect();
        let filter = ClientFilter { portfolios, only_rated: true, ..ClientFilter::default() };
        let (mut lines, mut after) = (Vec::new(), None);
        loop {
            let clients = self.store.facts().clients(&filter, after, PAGE).await?;
            let ids: Vec<ClientId> = clients.iter().map(|client| client.id).collect();
            let figures = self.store.ratings().figures(&ids).await?;
            after = ids.last().copied();
            for client in clients {
                let granted = limits.get(&client.id).copied();
                lines.push(line(client, granted, &figures));
            }
            if ids.len() < PAGE {
                return Ok(lines);
            }
        }
    }

    /// The clients that a caller sees, of those on the roll, as asked: the stretch `from`, `limit` of them.
    pub async fn from_roll(
        &self,
        roll: &Roll,
        caller: &Caller,
        ask: &RollAsk,
        (from, limit): (usize, usize),
    ) -> Result<RollFound> {
        let lines = roll.lines(self).await?;
        let asked: Vec<String> = folded(&ask.q).split_whitespace().map(str::to_owned).collect();
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
        sort(&mut found, ask.order);
        Ok(RollFound {
            n: found.len(),
            exposure_minor: found.iter().map(|line| line.exposure.minor()).fold(0, i64::saturating_add),
            currency: common_currency(found.iter().copied()),
            is_guessed: is_guessed && !found.is_empty(),
            lines: found.into_iter().skip(from).take(limit).cloned().collect(),
        })
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

#[expect(clippy::cast_precision_loss, reason = "a share for sorting")]
fn sort(lines: &mut [&RollLine], order: RollOrder) {
    let used = |line: &RollLine| line.limit.map_or(-1.0, |l| line.exposure.minor() as f64 / l.minor().max(1) as f64);
    match order {
        RollOrder::Exposure => lines.sort_by_key(|line| std::cmp::Reverse(line.exposure.minor())),
        RollOrder::Risk => lines.sort_by(|a, b| b.pd.unwrap_or(-1.0).total_cmp(&a.pd.unwrap_or(-1.0))),
        RollOrder::Name => lines.sort_by(|a, b| a.name.cmp(&b.name)),
        RollOrder::Limit => lines.sort_by(|a, b| used(b).total_cmp(&used(a))),
    }
}

/// The currency that what these clients owe has in common.
pub(super) fn common_currency<'a>(lines: impl Iterator<Item = &'a RollLine>) -> Option<Currency> {
    let mut owing = lines.filter(|line| line.exposure.minor() != 0).map(|line| line.exposure.currency());
    let first = owing.next()?;
    owing.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::{folded, has_words, has_words_nearly};

    #[test]
    fn a_slip_of_the_pen_is_forgiven_and_another_word_is_not() {
        let words = folded("C-7 Meccanica Valdossa S.r.l. Città di Castello");
        let asked = |q: &str| folded(q).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        for exact in ["valdossa", "mecc vald", "CITTÀ", "c-7"] {
            assert!(has_words(&words, &asked(exact)), "{exact}");
        }
        for slip in ["vadlossa", "mecanica", "valdosa castelo", "mecacnica valdosas"] {
            assert!(has_words_nearly(&words, &asked(slip)), "{slip}");
        }
        for other in ["valle", "meccanotecnica", "c-8"] {
            assert!(!has_words_nearly(&words, &asked(other)), "{other}");
        }
    }
}
