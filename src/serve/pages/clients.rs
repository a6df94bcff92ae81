//! Every client, found as one types.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::header,
    response::{IntoResponse as _, Response},
};
use serde::Deserialize;

use super::{
    codes::grade_class,
    form::{Choice, choices},
    frame::{Frame, Tab, page, part},
    look::Tongue,
    morning::{amount, client_href},
    session::Guest,
    together,
    words::Words,
};
use crate::{
    desk::{MAX_TOGETHER, RollAsk, RollFound, RollLine, RollOrder, harmless},
    domain::{Grade, Money},
    serve::{House, fault::Fault, input::Asked},
};

/// Clients of a page: more than anybody reads, and few enough to be there at once.
const PAGE: usize = 50;
/// Clients of an export: everybody.
const EXPORT: usize = 1_000_000;

/// Sections of NACE Rev. 2 that firms with customers on account are in: letter, Italian, English.
pub(super) const SECTIONS: [(char, &str, &str); 13] = [
    ('A', "Agricoltura", "Agriculture"),
    ('B', "Estrazione", "Mining"),
    ('C', "Manifattura", "Manufacturing"),
    ('D', "Energia", "Energy"),
    ('E', "Acqua e rifiuti", "Water and waste"),
    ('F', "Costruzioni", "Construction"),
    ('G', "Commercio", "Trade"),
    ('H', "Trasporti", "Transport"),
    ('I', "Alloggio e ristorazione", "Accommodation and food"),
    ('J', "Informazione", "Information"),
    ('L', "Immobiliare", "Real estate"),
    ('M', "Professioni", "Professions"),
    ('N', "Servizi alle imprese", "Business services"),
];

/// The name of a section, when it has one here.
pub(super) fn section_name(letter: &str, t: Tongue) -> Option<&'static str> {
    let found = SECTIONS.iter().find(|(own, _, _)| letter.chars().eq([*own]));
    found.map(|(_, italian, english)| t.pick(*italian, *english))
}

#[derive(Deserialize, Clone, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct ClientsQuery {
    q: String,
    grade: String,
    sector: String,
    over: String,
    order: String,
    page: String,
    /// The columns beside name, grade and exposure, a letter each; empty for the usual ones.
    cols: String,
}

/// Columns that can be shown or put away: letter, whether they are usually there.
const COLUMNS: [(char, bool); 6] = [('s', true), ('t', false), ('p', true), ('c', true), ('l', true), ('u', true)];

/// Which columns are shown.
struct Columns {
    sector: bool,
    tax: bool,
    pd: bool,
    coverage: bool,
    limit: bool,
    used: bool,
}

/// A column that can be shown or put away, and the address where it is.
struct Column {
    href: String,
    label: &'static str,
    is_shown: bool,
}

impl ClientsQuery {
    /// The filter of an address, as a form of the list brings it along; one that cannot be read filters nothing.
    pub(super) fn of_address(address: &str) -> Self {
        let uri = format!("/clients?{address}").parse().ok();
        uri.and_then(|uri| Query::try_from_uri(&uri).ok()).map_or_else(Self::default, |Query(query)| query)
    }

    /// What is asked of the roll. A word that means nothing filters nothing: an old address still shows a list.
    pub(super) fn ask(&self) -> RollAsk {
        let grades =
            Grade::ALL.iter().filter(|g| !self.grade.is_empty() && g.as_str().starts_with(self.grade.as_str()));
        RollAsk {
            q: self.q.trim().chars().take(100).collect(),
            grades: grades.copied().collect(),
            section: self.sector.chars().next().filter(|c| SECTIONS.iter().any(|(s, _, _)| s == c)),
            only_over: self.over == "1",
            order: match self.order.as_str() {
                "risk" => RollOrder::Risk,
                "name" => RollOrder::Name,
                "limit" => RollOrder::Limit,
                _ => RollOrder::Exposure,
            },
            portfolio: None,
        }
    }

    /// The letters of the columns that are shown.
    fn letters(&self) -> String {
        let is_shown = |(letter, is_usual): &(char, bool)| match self.cols.as_str() {
            "" => *is_usual,
            chosen => chosen.contains(*letter),
        };
        COLUMNS.iter().filter(|column| is_shown(column)).map(|(letter, _)| letter).collect()
    }

    fn columns(&self) -> Columns {
        let letters = self.letters();
        let has = |letter| letters.contains(letter);
        Columns { sector: has('s'), tax: has('t'), pd: has('p'), coverage: has('c'), limit: has('l'), used: has('u') }
    }

    /// Each column with the address where it is the other way; `-` says that none is shown.
    fn switches(&self, w: &'static Words) -> Vec<Column> {
        let letters = self.letters();
        let labels = [w.sector, w.tax_id, "PD", w.coverage, w.limit, w.used];
        let switch = |((letter, _), label): ((char, bool), &'static str)| {
            let is_shown = letters.contains(letter);
            let cols: String =
                COLUMNS.iter().map(|(own, _)| *own).filter(|own| letters.contains(*own) != (*own == letter)).collect();
            let cols = if cols.is_empty() { "-".to_owned() } else { cols };
            Column { href: Self { cols, ..self.clone() }.href("/clients", Some(self.number())), label, is_shown }
        };
        COLUMNS.into_iter().zip(labels).map(switch).collect()
    }

    fn number(&self) -> usize {
        self.page.parse().unwrap_or(1).clamp(1, 1_000_000)
    }

    /// The same question, on another page.
    fn href(&self, path: &str, number: Option<usize>) -> String {
        let mut pairs = Vec::new();
        let own = [
            ("q", &self.q),
            ("grade", &self.grade),
            ("sector", &self.sector),
            ("over", &self.over),
            ("order", &self.order),
            ("cols", &self.cols),
        ];
        for (name, value) in own {
            if !value.is_empty() {
                pairs.push(format!("{name}={}", part(value)));
            }
        }
        if let Some(number) = number.filter(|n| *n > 1) {
            pairs.push(format!("page={number}"));
        }
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }
}

struct Row {
    id: i64,
    href: String,
    name: String,
    about: String,
    sector: String,
    tax: String,
    grade: &'static str,
    class: &'static str,
    pd: String,
    coverage: String,
    exposure: String,
    limit: String,
    used: String,
    is_over: bool,
}

#[derive(Template)]
#[template(path = "templates/clients.html", config = ".askama.toml")]
struct ClientsPage {
    frame: Frame,
    w: &'static Words,
    query: ClientsQuery,
    grades: Vec<Choice>,
    sectors: Vec<Choice>,
    orders: Vec<Choice>,
    shown: Columns,
    switches: Vec<Column>,
    rows: Vec<Row>,
    is_guessed: bool,
    is_filtered: bool,
    total: String,
    exposure: String,
    stretch: String,
    before: Option<String>,
    after: Option<String>,
    export: String,
    /// The filter as an address, for what is done with all that it finds.
    filter: String,
    may_take_all: bool,
    deeds: Vec<Choice>,
}

#[expect(clippy::cast_precision_loss, reason = "a share of a limit, for showing")]
fn row(line: &RollLine, t: Tongue) -> Row {
    let grade = line.grade.as_str();
    let about = [Some(line.code.as_str()), line.city.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" · ");
    let used = |limit: Money| line.exposure.minor() as f64 / limit.minor() as f64;
    Row {
        id: line.id.get(),
        href: client_href(&line.code),
        name: line.name.clone(),
        about,
        sector: line.sector.map(|sector| sector.to_string()).unwrap_or_default(),
        tax: line.tax_id.clone().unwrap_or_default(),
        grade,
        class: grade_class(grade),
        pd: line.pd.map_or_else(|| "–".to_owned(), |pd| t.percent(pd.into())),
        coverage: t.percent_whole(line.coverage.into()),
        exposure: t.round(line.exposure),
        limit: line.limit.map_or_else(|| "–".to_owned(), |limit| t.round(limit)),
        used: line.limit.filter(|l| l.minor() > 0).map_or_else(String::new, |limit| t.percent_whole(used(limit))),
        is_over: line.is_over(),
    }
}

fn view(guest: &Guest, query: ClientsQuery, found: &RollFound) -> ClientsPage {
    let t = guest.look.tongue;
    let w = t.words();
    let number = query.number();
    let (first, last) = ((number - 1) * PAGE + 1, ((number - 1) * PAGE + found.lines.len()).min(found.n));
    let mut grades = vec![("", w.any.to_owned())];
    grades.extend(["A", "B", "C"].map(|letter| (letter, format!("{letter}1–{letter}3"))));
    grades.extend(Grade::ALL.iter().map(|grade| (grade.as_str(), grade.to_string())));
    let letters: Vec<String> = SECTIONS.iter().map(|(letter, _, _)| letter.to_string()).collect();
    let mut sectors = vec![("", w.any.to_owned())];
    sectors.extend(
        SECTIONS.iter().zip(&letters).map(|((_, it, en), l)| (l.as_str(), format!("{l} · {}", t.pick(it, en)))),
    );
    let orders = [("", w.by_exposure), ("risk", w.by_risk), ("limit", w.by_limit), ("name", w.by_name)];
    let orders = orders.map(|(value, label)| (value, label.to_owned()));
    ClientsPage {
        frame: Frame::of(guest, Tab::Clients, w.clients),
        w,
        grades: choices(&grades, &query.grade),
        sectors: choices(&sectors, &query.sector),
        orders: choices(&orders, &query.order),
        shown: query.columns(),
        switches: query.switches(w),
        rows: found.lines.iter().map(|line| row(line, t)).collect(),
        is_guessed: found.is_guessed,
        is_filtered: !ClientsQuery { cols: String::new(), ..query.clone() }.href("", None).is_empty(),
        total: t.count(found.n),
        exposure: amount(found.exposure_minor, found.currency, t),
        stretch: if found.n == 0 { "0".to_owned() } else { format!("{}–{}", t.count(first), t.count(last)) },
        before: (number > 1).then(|| query.href("/clients", Some(number - 1))),
        after: (number * PAGE < found.n).then(|| query.href("/clients", Some(number + 1))),
        export: query.href("/export/clients.csv", None),
        filter: query.href("", None).trim_start_matches('?').to_owned(),
        may_take_all: (1..=MAX_TOGETHER).contains(&found.n) && found.n > found.lines.len(),
        deeds: together::deeds("", t),
        query,
    }
}

/// The list.
pub(super) async fn list(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<ClientsQuery>,
) -> Result<Response, Fault> {
    let stretch = ((query.number() - 1) * PAGE, PAGE);
    let found = house.desk.from_roll(&house.roll, &guest.visitor.caller, &query.ask(), stretch).await?;
    page(&view(&guest, query, &found))
}

/// The list as a file.
pub(super) async fn export(
    State(house): State<House>,
    guest: Guest,
    Asked(query): Asked<ClientsQuery>,
) -> Result<Response, Fault> {
    let found = house.desk.from_roll(&house.roll, &guest.visitor.caller, &query.ask(), (0, EXPORT)).await?;
    as_file(&found.lines, guest.look.tongue)
}

/// Clients as a file: with semicolons, decimal commas and a byte order mark in Italian, as spreadsheets there expect it.
pub(super) fn as_file(lines: &[RollLine], t: Tongue) -> Result<Response, Fault> {
    let mut file = csv::WriterBuilder::new().delimiter(t.pick(b';', b',')).from_writer(Vec::new());
    let decimal = |text: String| t.pick(text.replace('.', ","), text.clone());
    let mut write = |cells: [String; 10]| file.write_record(cells).map_err(|error| Fault::internal(&error));
    write(
        ["client", "name", "city", "sector", "grade", "pd", "coverage", "exposure", "limit", "currency"]
            .map(str::to_owned),
    )?;
    for line in lines {
        let number = |money: Money| decimal(money.to_string().split(' ').next().unwrap_or_default().to_owned());
        write([
            harmless(&line.code),
            harmless(&line.name),
            harmless(line.city.as_deref().unwrap_or_default()),
            line.sector.map(|sector| sector.to_string()).unwrap_or_default(),
            line.grade.to_string(),
            line.pd.map(|pd| decimal(format!("{pd:.6}"))).unwrap_or_default(),
            decimal(format!("{:.3}", line.coverage)),
            number(line.exposure),
            line.limit.map(number).unwrap_or_default(),
            line.exposure.currency().to_string(),
        ])?;
    }
    let rows = file.into_inner().map_err(|error| Fault::internal(&error))?;
    let bytes = [t.pick("\u{feff}", "").as_bytes(), &rows].concat();
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"clients.csv\""),
    ];
    Ok((headers, bytes).into_response())
}

#[cfg(test)]
mod tests {
    use super::ClientsQuery;
    use crate::serve::pages::look::{Language, Tongue};

    #[test]
    fn a_column_is_switched_and_the_question_stays_in_the_address() {
        let query = ClientsQuery { q: "torneria".into(), ..ClientsQuery::default() };
        let w = Tongue::from(Language::English).words();
        let switches = query.switches(w);
        assert_eq!(switches[0].href, "/clients?q=torneria&cols=pclu", "the sector is put away");
        assert_eq!(switches[1].href, "/clients?q=torneria&cols=stpclu", "the VAT number is shown");
        let none = ClientsQuery { cols: "-".into(), ..query };
        assert!(none.letters().is_empty() && none.switches(w)[0].href.ends_with("cols=s"));
    }
}
