//! Which values are only the last good ones: those that rest on sources that have gone silent. They keep their points, for
//! silence is neither good news nor bad; they no longer count as knowledge.

use std::sync::OnceLock;

use super::{Catalogue, View, view};
use crate::domain::{About, Fact, SourceId};

/// Features that rest on the same answers.
struct Family {
    features: &'static [&'static str],
    rests_on: RestsOn,
}

enum RestsOn {
    /// What was said of the client.
    Client(fn(&Fact) -> bool),
    /// Statistics of its market.
    Indicators,
}

/// The families of open sources. The ledger is the creditor's own, and is as fresh as it is; a headline's age is in its
/// value already, and an article about a market is nobody's answer to a question.
const FAMILIES: &[Family] = &[
    Family {
        features: &[
            "protest_count_12m",
            "protest_amount_12m",
            "protest_amount_90d",
            "protest_inability_12m",
            "protest_count_5y",
            "protest_months_since_last",
        ],
        rests_on: RestsOn::Client(|fact| matches!(fact, Fact::Protest(_)) || is_clean(fact, &["protests"])),
    },
    Family {
        features: &[
            "insolvent_procedure_open",
            "restructuring_open",
            "voluntary_liquidation",
            "company_ceased",
            "status_warning",
            "company_dormant",
            "procedure_ended",
        ],
        rests_on: RestsOn::Client(|fact| {
            matches!(fact, Fact::CompanyStatus(_)) || is_clean(fact, &["procedures", "insolvency"])
        }),
    },
    Family {
        features: &["filings_overdue"],
        rests_on: RestsOn::Client(|fact| {
            matches!(fact, Fact::Filing(filing) if filing.tells_of_lateness()) || is_clean(fact, &["filings"])
        }),
    },
    Family {
        features: &["prejudicial_acts"],
        rests_on: RestsOn::Client(|fact| {
            matches!(fact, Fact::PrejudicialAct(_)) || is_clean(fact, &["prejudicial_acts", "charges"])
        }),
    },
    Family { features: &["vat_invalid"], rests_on: RestsOn::Client(|fact| matches!(fact, Fact::VatCheck(_))) },
    Family {
        features: &["news_severity_90d", "news_severity_365d", "news_bad_events_90d", "news_good_events_180d"],
        rests_on: RestsOn::Client(|fact| {
            matches!(fact, Fact::News(item) if item.about == About::Client) || is_clean(fact, &["news"])
        }),
    },
    Family {
        features: &[
            "sector_bankruptcies_yoy",
            "sector_activity_yoy",
            "sector_activity_level",
            "sector_activity_surprise",
        ],
        rests_on: RestsOn::Indicators,
    },
];

/// Whether a feature rests on what open sources answer, and not on the creditor's own ledger.
pub fn is_told_by_sources(feature: &str) -> bool {
    FAMILIES.iter().any(|family| family.features.contains(&feature))
}

fn is_clean(fact: &Fact, whats: &[&str]) -> bool {
    matches!(fact, Fact::Clean { what } if whats.contains(&what.as_str()))
}

/// The places of each family's features in the catalogue.
fn places() -> &'static [Vec<usize>] {
    static PLACES: OnceLock<Vec<Vec<usize>>> = OnceLock::new();
    PLACES.get_or_init(|| {
        let place = |name: &&str| Catalogue::get().place(name);
        FAMILIES.iter().map(|family| family.features.iter().filter_map(place).collect()).collect()
    })
}

impl View<'_> {
    /// The places of features whose every source is late: what they rest on was said by nobody who still answers.
    pub fn aged(&self, is_late: impl Fn(&SourceId) -> bool) -> Vec<usize> {
        let mut aged = Vec::new();
        for (family, places) in FAMILIES.iter().zip(places()) {
            let is_aged = match family.rests_on {
                RestsOn::Client(wanted) => {
                    let told = view::visible(self.dossier, self.as_of).filter(|s| wanted(&s.fact));
                    all_late(told.map(|s| &s.source), &is_late)
                }
                RestsOn::Indicators => all_late(self.markets.get().statisticians(), &is_late),
            };
            if is_aged {
                aged.extend(places);
            }
        }
        aged
    }
}

/// Whether there are sources, and none of them still answers.
fn all_late<'a>(mut sources: impl Iterator<Item = &'a SourceId>, is_late: impl Fn(&SourceId) -> bool) -> bool {
    sources.next().is_some_and(|first| is_late(first) && sources.all(is_late))
}
