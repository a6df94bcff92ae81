//! Headlines of our own making, of the kinds that occur. All companies are invented.

use vedetta::{
    collect::news::read,
    domain::{About, NewsEvent as E},
};

#[track_caller]
fn client(headline: &str, event: E, severity: u8, company: &str) {
    let reading = read(headline, "", None);
    assert_eq!(
        (reading.event, reading.severity, reading.about, reading.is_negated, reading.company.as_deref()),
        (event, severity, About::Client, false, Some(company)),
        "{headline}"
    );
}

#[track_caller]
fn sector(headline: &str, event: E, heading: &str) {
    let reading = read(headline, "", None);
    let found = reading.sector.map(|sector| sector.to_string());
    assert_eq!((reading.event, reading.about, found.as_deref()), (event, About::Sector, Some(heading)), "{headline}");
}

#[track_caller]
fn nothing(headline: &str) {
    let reading = read(headline, "", None);
    assert_eq!((reading.event, reading.severity, reading.about), (E::None, 0, About::None), "{headline}");
}

#[track_caller]
fn denied(headline: &str, event: E) {
    let reading = read(headline, "", None);
    assert_eq!((reading.event, reading.is_negated), (event, true), "{headline}");
}

#[test]
fn italian_companies_in_trouble_are_named_and_weighed() {
    client(
        "Il tribunale di Udine dichiara la liquidazione giudiziale della Serramenti Colvera",
        E::Default,
        5,
        "Serramenti Colvera",
    );
    client("Fonderie Astorri, ammessa al concordato preventivo in continuità", E::Restructuring, 4, "Fonderie Astorri");
    client("Licenziamenti collettivi alla Termoplast: 85 lettere", E::Layoffs, 3, "Termoplast");
    client("Vetrerie Salgari, stipendi arretrati da due mensilità", E::PaymentTrouble, 4, "Vetrerie Salgari");
    client("Sciopero di otto ore alla Ravagnati Motori", E::Strike, 2, "Ravagnati Motori");
    client(
        "Cantieri Ligustri, composizione negoziata della crisi: nominato l'esperto",
        E::Restructuring,
        4,
        "Cantieri Ligustri",
    );
    client("Decreto ingiuntivo contro la Edilverde per 250 mila euro", E::PaymentTrouble, 4, "Edilverde");
}

#[test]
fn english_companies_in_trouble_are_named_and_weighed() {
    client("Administrators appointed at Wexcombe Textiles after orders collapse", E::Default, 5, "Wexcombe Textiles");
    client("Winding-up petition presented against Holmbury Logistics by HMRC", E::Default, 4, "Holmbury Logistics");
    client("Moody's downgrades Ashgrove Foods to junk", E::Downgrade, 3, "Ashgrove Foods");
    client("Redundancies announced at Larkfield Engineering", E::Layoffs, 3, "Larkfield Engineering");
    client("Subcontractors unpaid at Trenholme Homes", E::PaymentTrouble, 3, "Trenholme Homes");
}

#[test]
fn other_languages_are_read_too() {
    client("Le tribunal place la société Verrelle en redressement judiciaire", E::Restructuring, 4, "Verrelle");
    client("Maschinenbau Oberlauer stellt Insolvenzantrag", E::Default, 5, "Maschinenbau Oberlauer");
    client("Conservas Mirasierra entra en concurso de acreedores", E::Default, 5, "Conservas Mirasierra");
}

#[test]
fn news_of_a_market_names_its_heading() {
    sector("Tessile, esportazioni in calo per il quinto mese", E::ProfitWarning, "13");
    sector("Siderurgia, cassa integrazione per migliaia di addetti", E::Layoffs, "24");
    sector("Hauliers warn of insolvencies as fuel prices climb", E::Default, "49");
    sector("Fallimenti in crescita nelle costruzioni", E::Default, "F");
    sector("Furniture makers cut jobs as demand falls", E::Layoffs, "31");
}

#[test]
fn false_friends_are_nothing() {
    nothing("Fallimento dei negoziati sul clima");
    nothing("Concordato preventivo biennale: le scadenze di ottobre");
    nothing("Wall Street chiude in rosso, giù i tecnologici");
    nothing("Liquidazione del Tfr: i tempi per gli statali");
    nothing("Protesta degli studenti a Roma");
    nothing("The new administration rules out tax cuts");
    nothing("Hedge funds liquidate short positions in oil");
    nothing("Argentina avoids default on sovereign bonds");
    nothing("Il vino italiano piace a Tokyo");
}

#[test]
fn what_is_denied_averted_or_revoked_is_negated() {
    denied("La Ferrotecna smentisce: «Nessun fallimento in vista»", E::Default);
    denied("Scongiurata la chiusura dello stabilimento Cartiere Olmeda", E::Closure);
    denied("Revocata la liquidazione giudiziale della Mobili Ronchese", E::Default);
    denied("Dunholme Retail denies insolvency reports", E::Default);
}

#[test]
fn a_rescue_or_a_recovery_is_the_news_whatever_it_saves_from() {
    client("Lanificio Bressani salvato da una cordata dopo il concordato", E::Rescue, 1, "Lanificio Bressani");
    client("Grenfold Steel exits administration", E::Recovery, 0, "Grenfold Steel");
    client("Pastificio Orvelli torna in utile dopo tre anni di crisi", E::Recovery, 0, "Pastificio Orvelli");
}

#[test]
fn what_it_asks_for_to_avoid_the_worst_is_what_happens() {
    client(
        "Arredamenti Folcheri, per evitare il fallimento chiede il concordato in bianco",
        E::Restructuring,
        4,
        "Arredamenti Folcheri",
    );
}

#[test]
fn a_headline_that_says_nothing_leaves_it_to_the_summary() {
    let summary = "Liquidazione coatta amministrativa della Servizi Alba 2010 societa' cooperativa, in Terni.";
    let reading = read("MINISTERO DELLE IMPRESE - DECRETO 3 giugno 2026", summary, Some("it"));
    assert_eq!((reading.event, reading.severity, reading.about), (E::Default, 5, About::Client));
    assert_eq!(reading.company.as_deref(), Some("Servizi Alba 2010 societa cooperativa"));
}

#[test]
fn the_language_is_declared_or_guessed() {
    assert_eq!(read("Crisi", "", Some("en-GB")).language, "en");
    assert_eq!(read("Il gas parte in calo", "", None).language, "it");
    assert_eq!(read("The price of gas falls at the start", "", None).language, "en");
}

#[test]
fn a_negation_speaks_of_what_follows_and_not_of_what_went_before() {
    let reading = read("Torrefazione Alduina in crisi di liquidità, fornitori senza risposte", "", None);
    assert_eq!((reading.event, reading.is_negated), (E::PaymentTrouble, false));
    let reading = read("Marlstone Ferries fears it may not continue as a going concern", "", None);
    assert_eq!((reading.event, reading.is_negated), (E::PaymentTrouble, false));
    denied("Torrefazione Alduina, nessun licenziamento", E::Layoffs);
}

#[test]
fn of_two_phrases_of_one_length_the_graver_is_meant() {
    client("La cooperativa Orto Lieto in liquidazione coatta", E::Default, 5, "Orto Lieto");
}

#[test]
fn an_ampersand_stays_in_the_name() {
    client("Pellworth & Daine goes into administration", E::Default, 5, "Pellworth & Daine");
}

#[test]
fn a_cut_in_output_is_no_growth_because_orders_dry_up() {
    let reading = read("Foundries cut production as orders dry up", "", None);
    assert_eq!((reading.event, reading.about), (E::ProfitWarning, About::Sector));
}
