//! The Gazzetta Ufficiale, Serie Generale, as its feed: decrees on companies among laws, prices of medicines and the rest.

use axum::{
    Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};

use super::{
    Economy, Web,
    feeds::{day_words, escape},
    iso,
};
use crate::domain::day_of_number;

/// A feed carries what was printed in so many days.
const DAYS: i32 = 30;
/// Days from a decree to its print.
const PRINTED_AFTER: i32 = 12;

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/gazzetta/rss/SG", get(feed))
}

async fn feed(State(web): State<Web>) -> Response {
    let body = body(web.economy(), web.today());
    (StatusCode::OK, [(header::CONTENT_TYPE, "application/rss+xml; charset=UTF-8")], body).into_response()
}

/// What stands in the gazette: its day, its number, its title and its summary.
struct Item {
    printed: i32,
    code: String,
    title: String,
    summary: String,
}

/// The feed as of a day, newest first.
pub(super) fn body(economy: &Economy, day: i32) -> String {
    let mut items: Vec<Item> = decrees(economy, day).chain((day - DAYS + 1..=day).flat_map(of_others)).collect();
    items.sort_by(|a, b| (b.printed, &b.code).cmp(&(a.printed, &a.code)));
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str("<rss xmlns:content=\"http://purl.org/rss/1.0/modules/content/\" version=\"2.0\">\n<channel>\n");
    xml.push_str(
        "<title>Gazzetta Ufficiale - Serie Generale</title>\n<link>http://www.gazzettaufficiale.example</link>\n",
    );
    xml.push_str("<description>Serie Generale</description>\n");
    for Item { printed, code, title, summary } in items {
        let address =
            format!("http://www.gazzettaufficiale.example/eli/id/{}/{code}/SG", iso(printed).replace('-', "/"));
        let text = format!("{}. ({code})", escape(&summary));
        xml.push_str(&format!("<item>\n<title>{}</title>\n<link>{address}</link>\n", escape(&title)));
        xml.push_str(&format!("<description>{text}</description>\n<content:encoded>{text}</content:encoded>\n"));
        xml.push_str(&format!("<pubDate>{} 00:00:00 GMT</pubDate>\n</item>\n", day_words(printed, false)));
    }
    xml.push_str("</channel>\n</rss>\n");
    xml
}

/// Large companies of the made-up economy whose extraordinary administration was decreed.
fn decrees(economy: &Economy, day: i32) -> impl Iterator<Item = Item> {
    economy.companies.iter().filter(|company| company.identity.land.code() == "IT").filter_map(move |company| {
        let decreed = company.records.procedures.iter().find(|p| p.code == "AM")?;
        let printed = decreed.opened + PRINTED_AFTER;
        let who = &company.identity;
        let summary = format!(
            "Ammissione alla procedura di amministrazione straordinaria della «{}», in {} e nomina del commissario \
             straordinario",
            who.name, who.town.name
        );
        let title = format!("MINISTERO DELLE IMPRESE E DEL MADE IN ITALY - DECRETO {}", italian_words(decreed.opened));
        let code = format!("26A{:05}", who.fingerprint() % 90_000);
        (printed <= day && printed > day - DAYS).then_some(Item { printed, code, title, summary })
    })
}

/// What the gazette prints every day about others: cooperatives that are nobody's client, and what is no decree at all.
fn of_others(printed: i32) -> Vec<Item> {
    const NAMES: [&str; 6] = [
        "Primula Verde societa' cooperativa",
        "Nuova Aurora Servizi societa' cooperativa sociale",
        "La Sorgente societa' cooperativa a r.l.",
        "Ponte Alto societa' cooperativa edilizia",
        "Orizzonte 2000 societa' cooperativa",
        "Terra Buona societa' cooperativa agricola in liquidazione",
    ];
    const SEATS: [&str; 4] = ["Supino", "Caltagirone", "Sora", "Lonigo"];
    let mark = usize::try_from(printed.unsigned_abs()).unwrap_or(0);
    let (name, seat) = (NAMES[mark % NAMES.len()], SEATS[mark % SEATS.len()]);
    let summary = match mark % 4 {
        0 => format!("Liquidazione coatta amministrativa della {name}, in {seat} e nomina del commissario liquidatore"),
        1 => format!(
            "Scioglimento per atto dell'autorita' della «{name}», in {seat} e nomina del commissario liquidatore"
        ),
        2 => format!("Sostituzione del commissario liquidatore della «{name}», in {seat}"),
        _ => format!("Revoca della liquidazione coatta amministrativa della {name}, in {seat}"),
    };
    let ministry = "MINISTERO DELLE IMPRESE E DEL MADE IN ITALY";
    let title = format!("{ministry} - DECRETO {}", italian_words(printed - PRINTED_AFTER));
    let (law, of_medicines) =
        ("PRESIDENZA DEL CONSIGLIO DEI MINISTRI - DECRETO-LEGGE", "AGENZIA ITALIANA DEL FARMACO - DETERMINA");
    let (other, about) = if mark.is_multiple_of(2) {
        (law, "Disposizioni urgenti in materia di crisi d'impresa e liquidazione dei crediti")
    } else {
        (of_medicines, "Regime di rimborsabilita' e prezzo del medicinale per uso umano")
    };
    let number = printed.rem_euclid(40_000);
    vec![
        Item { printed, code: format!("26A{:05}", 50_000 + number), title, summary },
        Item {
            printed,
            code: format!("26G{number:05}"),
            title: format!("{other} {}", italian_words(printed - 2)),
            summary: about.to_owned(),
        },
    ]
}

/// `22 maggio 2026`.
fn italian_words(day: i32) -> String {
    const MONTHS: [&str; 12] = [
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
    let date = day_of_number(day);
    format!("{} {} {}", date.day(), MONTHS[usize::try_from(date.month() - 1).unwrap_or(0)], date.year())
}
