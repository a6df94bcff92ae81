//! How a portfolio stands: by grade, by sector, by name, and who moved from where to where.

use std::collections::BTreeMap;

use super::{
    Caller, Desk, Result,
    lately::{Lately, MAX_DAYS_BACK, days_before, folded},
    roll::{Roll, RollLine, common_currency, first_of, line_of},
};
use crate::domain::{Currency, Grade};

/// Names that a concentration is told by.
const LARGEST: usize = 10;

/// Some clients of a portfolio, summed up.
#[derive(Debug, Clone, PartialEq)]
pub struct StandLine {
    /// What they have in common: a grade, or the letter of a section of NACE; empty when not said.
    pub key: String,
    /// How many.
    pub n: usize,
    /// What they owe, minor units.
    pub exposure_minor: i64,
    /// What is expected to be lost of it within twelve months, minor units.
    pub expected_loss_minor: f64,
}

/// How a portfolio stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Stand {
    /// Clients.
    pub n: usize,
    /// What they owe, minor units.
    pub exposure_minor: i64,
    /// What is expected to be lost of it within twelve months, minor units.
    pub expected_loss_minor: f64,
    /// The currency, when they have one in common.
    pub currency: Option<Currency>,
    /// One line for each grade, best first.
    pub grades: Vec<StandLine>,
    /// One line for each section with clients, who owes most first.
    pub sections: Vec<StandLine>,
    /// One line for each division of NACE with clients, by its two digits.
    pub divisions: Vec<StandLine>,
    /// Who owes most.
    pub largest: Vec<RollLine>,
    /// From, to, how many, in the last weeks; who stayed is not among them.
    pub moves: Vec<(Grade, Grade, usize)>,
    /// How many days those weeks are.
    pub days: i64,
}

impl StandLine {
    fn new(key: &str) -> Self {
        Self { key: key.to_owned(), n: 0, exposure_minor: 0, expected_loss_minor: 0.0 }
    }

    fn add(&mut self, line: &RollLine, lgd: f64) {
        self.n += 1;
        self.exposure_minor = self.exposure_minor.saturating_add(line.exposure.minor());
        self.expected_loss_minor += line.expected_loss(lgd);
    }
}

impl Desk {
    /// How the portfolios that a caller sees stand, as of a moment ago at most.
    pub async fn stand(&self, roll: &Roll, lately: &Lately, caller: &Caller) -> Result<Stand> {
        let now = self.clock.now();
        let (_, moved) = lately.moves(self, now).await?;
        let lines = roll.lines(self).await?;
        let seen = || lines.iter().filter(|line| caller.reach.sees(line.portfolio));
        let mut all = StandLine::new("");
        let mut grades: Vec<StandLine> = Grade::ALL.iter().map(|grade| StandLine::new(grade.as_str())).collect();
        let (mut sections, mut divisions) = (BTreeMap::new(), BTreeMap::new());
        for line in seen() {
            all.add(line, self.lgd);
            grades[line.grade as usize].add(line, self.lgd);
            let section = line.sector.map(|sector| sector.section());
            let named = || StandLine::new(&section.map(String::from).unwrap_or_default());
            sections.entry(section).or_insert_with(named).add(line, self.lgd);
            if let Some(division) = line.sector.and_then(|sector| sector.division()) {
                let named = || StandLine::new(&format!("{division:02}"));
                divisions.entry(division).or_insert_with(named).add(line, self.lgd);
            }
        }
        let mut sections: Vec<StandLine> = sections.into_values().collect();
        sections.sort_by_key(|section| std::cmp::Reverse(section.exposure_minor));
        let mut largest: Vec<&RollLine> = seen().collect();
        first_of(&mut largest, LARGEST, |a, b| b.exposure.minor().cmp(&a.exposure.minor()).then(a.id.cmp(&b.id)));
        let is_visible = |client| line_of(&lines, client).is_some_and(|line| caller.reach.sees(line.portfolio));
        let mut moves: BTreeMap<(Grade, Grade), usize> = BTreeMap::new();
        for (client, one) in folded(&moved, days_before(now, MAX_DAYS_BACK)) {
            if is_visible(client) && one.from() != one.to() {
                *moves.entry((one.from(), one.to())).or_default() += 1;
            }
        }
        Ok(Stand {
            n: all.n,
            exposure_minor: all.exposure_minor,
            expected_loss_minor: all.expected_loss_minor,
            currency: common_currency(seen()),
            grades,
            sections,
            divisions: divisions.into_values().collect(),
            largest: largest.into_iter().cloned().collect(),
            moves: moves.into_iter().map(|((from, to), n)| (from, to, n)).collect(),
            days: MAX_DAYS_BACK,
        })
    }
}
