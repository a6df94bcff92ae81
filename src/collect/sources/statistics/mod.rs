//! Figures of statistical offices, in every shape they are sent in: JSON-stat, SDMX-CSV, SDMX-JSON, SDMX-ML, TSV. A cell
//! becomes a [`Figure`] with the code of each dimension, whatever an office calls them; all else is the same for all.
//!
//! # Why
//!
//! *Why does a figure sometimes keep the office's own code instead of our word?* One answer may hold the same month of the
//! same heading twice: raw and seasonally adjusted, by value and by volume. They are two series, and a market must never
//! be read from a mixture. The best of them takes our word; the others are told as well, under the office's own codes.
//!
//! *Why is the shape looked at, and not the content type?* ISTAT answers in XML where CSV was asked for when it is under
//! load, and recorded answers have no header at all.

mod cube;
mod message;
mod rows;
mod sdmx_json;
mod table;
mod words;

use std::collections::HashMap;

use jiff::civil::Date;

use super::{
    record::{Leftovers, Record, iso_day},
    reply::{json, since, text},
};
use crate::{
    collect::{Answer, Misread},
    domain::{Fact, Indicator, Mention, Subject, in_rev_2},
};

/// One cell of a table, with the code of each dimension.
#[derive(Debug, Clone, Default)]
pub(super) struct Figure {
    /// The data set or flow it comes from, in lower case.
    pub(super) dataset: String,
    pub(super) dimensions: Vec<(String, String)>,
    pub(super) value: f64,
    /// The office's marks, in Eurostat's letters: `p`, `e`, `b`.
    pub(super) flag: String,
    /// The base year of an index, or the unit, where it stands beside the figure and not among the dimensions.
    pub(super) base: Option<String>,
    pub(super) updated: Option<Date>,
}

/// Series, heading, area, period, unit: what a market knows a figure by.
type Name = (String, String, String, String, String);

/// The figures of an answer, whatever its shape.
pub(super) fn figures(answer: &Answer, leftovers: &Leftovers) -> Result<Vec<Figure>, Misread> {
    let body = text(answer)?;
    if body.starts_with('<') {
        return message::figures(answer, leftovers);
    }
    if body.starts_with('{') || body.starts_with('[') {
        let Some(root) = Record::at("$", json(answer)?, leftovers) else {
            return Err(Misread::Quarantined("the answer is not a JSON object".to_owned()));
        };
        return if sdmx_json::is_it(&root) { sdmx_json::figures(root) } else { cube::figures(root) };
    }
    let header = body.lines().next().unwrap_or_default();
    if header.contains("\\TIME_PERIOD") || header.contains("\\time") {
        return rows::figures(body, leftovers);
    }
    if table::is_it(header) {
        return table::figures(body, leftovers);
    }
    Err(Misread::Unreadable("neither JSON-stat nor SDMX: not what the office sends".to_owned()))
}

/// Every figure as a mention; of several that would bear one name, the best does.
pub(super) fn mentions(figures: Vec<Figure>, seen: Date) -> Vec<Mention> {
    let mut best: HashMap<Name, (u32, usize)> = HashMap::new();
    for (place, figure) in figures.iter().enumerate() {
        let rank = figure.rank();
        let holder = best.entry(figure.name()).or_insert((rank, place));
        if rank > holder.0 {
            *holder = (rank, place);
        }
    }
    let is_best: Vec<bool> =
        figures.iter().enumerate().map(|(place, f)| best.get(&f.name()).is_some_and(|b| b.1 == place)).collect();
    figures.into_iter().zip(is_best).map(|(figure, is_best)| figure.mention(seen, is_best)).collect()
}

impl Figure {
    fn code(&self, names: &[&str]) -> Option<&str> {
        let named = |wanted: &str| self.dimensions.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        names.iter().find_map(|name| named(name)).map(|(_, code)| code.as_str())
    }

    fn area(&self) -> &str {
        self.code(&["geo", "REF_AREA", "ITTER107", "TERRITORY"]).unwrap_or_default()
    }

    /// The period, in Eurostat's present spelling.
    pub(super) fn period(&self) -> String {
        period_of(self.code(&["time", "TIME_PERIOD"]).unwrap_or_default())
    }

    fn indicator(&self) -> Option<&str> {
        self.code(&["indic_bt", "indic", "DATA_TYPE", "TIPO_DATO", "na_item", "coicop18", "coicop"])
    }

    fn adjustment(&self) -> &str {
        self.code(&["s_adj", "ADJUSTMENT", "CORREZ"]).unwrap_or_default()
    }

    /// The heading, as it is published or in the words of NACE Rev. 2 where the edition is a later one.
    fn heading(&self) -> String {
        let is_activity = |name: &str| name.contains("NACE") || name.contains("ATECO");
        let found = self.dimensions.iter().find(|(name, _)| is_activity(&name.to_ascii_uppercase()));
        match found {
            Some((name, code)) if words::is_later_edition(name) => in_rev_2(code),
            Some((_, code)) => code.clone(),
            None => words::heading_of_survey(self.indicator().unwrap_or_default()).unwrap_or_default().to_owned(),
        }
    }

    fn unit(&self) -> String {
        let stated = self.code(&["unit", "UNIT_MEAS"]).map(str::to_owned).or_else(|| self.base.clone());
        stated.or_else(|| words::unit_of(self.indicator().unwrap_or_default())).unwrap_or_default()
    }

    fn series(&self) -> String {
        words::series(&self.dataset, self.indicator())
    }

    fn name(&self) -> Name {
        (self.series(), self.heading(), self.area().to_owned(), self.period(), self.unit())
    }

    /// How good it is among figures of one name: adjusted before raw, volume before value, the total before its parts.
    fn rank(&self) -> u32 {
        let totals = self.dimensions.iter().filter(|(_, code)| words::is_total(code)).count();
        let totals = u32::try_from(totals.min(9)).unwrap_or(9);
        words::adjustment_rank(self.adjustment()) * 100 + words::volume_rank(self.indicator()) * 10 + totals
    }

    /// The office's own name of the series: its codes, but for those that a figure carries elsewhere.
    fn own_series(&self) -> String {
        let code = self.indicator().unwrap_or(&self.dataset);
        match self.adjustment() {
            "" => code.to_owned(),
            adjustment => format!("{code}.{adjustment}"),
        }
    }

    fn mention(self, seen: Date, is_best: bool) -> Mention {
        let (period, area, heading) = (self.period(), self.area().to_owned(), self.heading());
        let mut series = if is_best { self.series() } else { self.own_series() };
        if !is_best && series == self.series() {
            series = self.dimensions.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>().join(".");
        }
        let indicator = Indicator {
            series,
            sector: heading,
            country: area.clone(),
            period: period.clone(),
            value: self.value,
            unit: self.unit(),
            flag: self.flag.clone(),
        };
        let key = self.dimensions.iter().map(|(_, code)| code.as_str()).collect::<Vec<_>>().join("/");
        let sector = indicator.sector.parse().ok();
        let subject = Subject { country: words::country_of(&area), sector, ..Subject::default() };
        Mention {
            own_id: format!("{}/{key}", self.dataset),
            subject,
            fact: Fact::Indicator(indicator),
            valid_at: since(end_of(&period), seen),
            published_at: self.updated.filter(|day| *day <= seen),
            is_official: true,
            url: None,
        }
    }
}

/// Old exports write months as `2025M10`, some years as `2025-A1`, and SDMX-JSON months as whole days.
fn period_of(text: &str) -> String {
    let text = text.trim();
    for (mark, digits, with) in [('M', 2, ""), ('Q', 1, "Q")] {
        if let Some((year, rest)) = text.split_once(mark)
            && let year = year.trim_end_matches('-')
            && year.len() == 4
            && rest.len() == digits
        {
            return format!("{year}-{with}{rest}");
        }
    }
    text.strip_suffix("-A1").unwrap_or(text).to_owned()
}

/// The last day of `2026`, `2026-Q3`, `2026-08` or `2026-08-15`.
pub(super) fn end_of(period: &str) -> Option<Date> {
    if let Some(day) = iso_day(period) {
        return Some(day);
    }
    let year: i16 = period.get(..4)?.parse().ok()?;
    let month = match period.get(4..)? {
        "" => 12,
        quarter if quarter.starts_with("-Q") => quarter.get(2..)?.parse::<i8>().ok()?.checked_mul(3)?,
        half if half.starts_with("-S") => half.get(2..)?.parse::<i8>().ok()?.checked_mul(6)?,
        month => month.strip_prefix('-')?.parse().ok()?,
    };
    Date::new(year, month, 1).ok().map(Date::last_of_month)
}
