use super::{Feature, row, words};

/// What the press says of the client, and what press and statistics say of its market; and how much was looked at.
pub(super) const ROWS: &[Feature] = &[
    row(
        words(
            "news_severity_90d",
            "index",
            "Worst severity (0 to 5) of bad news about the client in the last 90 days, halving every 45 days; denied or averted news does not count.",
            "bad news of the last 90 days, severity {} of 5",
            "cattive notizie degli ultimi 90 giorni, gravità {} su 5",
        ),
        |v| v.open.news.severity_90d,
        |v| v.news_evidence(),
    )
    .worse(),
    row(
        words(
            "news_severity_365d",
            "index",
            "Worst severity (0 to 5) of bad news about the client in the last 365 days, halving every 180 days; denied or averted news does not count.",
            "bad news of the last year, severity {} of 5",
            "cattive notizie dell'ultimo anno, gravità {} su 5",
        ),
        |v| v.open.news.severity_365d,
        |v| v.news_evidence(),
    )
    .worse(),
    row(
        words(
            "news_bad_events_90d",
            "count",
            "Bad events about the client in the last 90 days; the same event told within 14 days is one, however many papers tell it.",
            "{} bad events in the news in 90 days",
            "{} eventi negativi nelle notizie in 90 giorni",
        ),
        |v| v.open.news.bad_events_90d,
        |v| v.news_evidence(),
    )
    .worse(),
    row(
        words(
            "news_good_events_180d",
            "count",
            "Events of rescue, recovery or growth about the client in the last 180 days; the same event told within 14 days is one.",
            "{} good events in the news in 180 days",
            "{} eventi positivi nelle notizie in 180 giorni",
        ),
        |v| v.open.news.good_events_180d,
        |v| v.news_evidence(),
    )
    .better(),
    row(
        words(
            "sector_news_severity_90d",
            "index",
            "Worst severity (0 to 5) of bad news about the client's market in the last 90 days, halving every 45 days.",
            "bad news of the market, severity {} of 5",
            "cattive notizie sul mercato, gravità {} su 5",
        ),
        |v| v.market.news_severity,
        |v| v.sector_news_evidence(),
    )
    .worse(),
    row(
        words(
            "sector_bad_events_90d",
            "count",
            "Bad events about the client's market in the last 90 days; the same event told within 14 days is one.",
            "{} bad events in the market in 90 days",
            "{} eventi negativi nel mercato in 90 giorni",
        ),
        |v| v.market.bad_events,
        |v| v.sector_news_evidence(),
    )
    .worse(),
    row(
        words(
            "sector_bankruptcies_yoy",
            "change",
            "Bankruptcies in the client's market against the same period of the year before, from the narrowest heading that covers it, own country first.",
            "bankruptcies in the market {} on the year",
            "fallimenti nel mercato {} sull'anno",
        ),
        |v| v.market.bankruptcies_yoy,
        |v| v.bankruptcy_evidence(),
    )
    .worse(),
    row(
        words(
            "sector_activity_yoy",
            "change",
            "Production (turnover where there is none) in the client's market against the same period of the year before, from the narrowest heading that covers it, own country first.",
            "output of the market {} on the year",
            "produzione del mercato {} sull'anno",
        ),
        |v| v.market.activity_yoy,
        |v| v.activity_evidence(|read| read.yoy),
    )
    .better(),
    row(
        words(
            "sector_activity_level",
            "change",
            "Newest production (turnover where there is none) in the client's market against the mean of the three years before it.",
            "output of the market {} against its three-year level",
            "produzione del mercato {} rispetto al livello di tre anni",
        ),
        |v| v.market.activity_level,
        |v| v.activity_evidence(|read| read.level),
    )
    .better(),
    row(
        words(
            "sector_activity_surprise",
            "change",
            "Newest production (turnover where there is none) in the client's market against what its own past foretold: the same period of the year before, carried on by the mean change on the year of the twelve months before.",
            "output of the market {} against what its trend foretold",
            "produzione del mercato {} rispetto a quanto la tendenza lasciava attendere",
        ),
        |v| v.market.activity_surprise,
        |v| v.activity_evidence(|read| read.surprise),
    )
    .better(),
    row(
        words(
            "sources_fresh",
            "count",
            "Families of open sources read within 400 days, of six: status, protests, filings, prejudicial acts, news, market statistics.",
            "{} of six families of open sources checked",
            "{} famiglie di fonti aperte su sei controllate",
        ),
        |v| Some(v.families_fresh()),
        |v| v.any_evidence(),
    ),
];
