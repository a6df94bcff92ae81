//! Sources that are only described: one invented register in each of the four forms, and what each of them could send
//! instead. All names, numbers and layouts are made up.

use jiff::civil::date;
use url::Url;
use vedetta::{
    collect::{
        Answer, Cursor, DEFAULT_SOURCES, Misread, Page, Request, Source, SourceOptions, Watched, read_sources,
        sources::build,
    },
    domain::{ClientId, Country, Fact, Identifier, Instrument, Mention, NewsEvent, Prospect, ProtestState, Status},
};

use super::{TAX, leftover_paths, recorded};

const JSON: &str = r#"
    url = "debtors/{tax}/protests"
    items = "data.protests"
    kind = "protest"
    own_id = "id"
    dates = "%d/%m/%Y"
    decimal = ","
    ignore = ["data.generatedAt", "clerk.*.initials"]
    next = "links.next"
    subject.name = "debtor.name"
    subject.tax = "debtor.taxCode"
    fields.amount = "sum.text"
    fields.currency = { is = "EUR" }
    fields.raised_on = "raised"
    fields.instrument = "paper"
    fields.state = "standing"
    words.instrument = { bill = ["Cambiale", "Tratta"], cheque = ["Assegno"] }
    words.state = { standing = ["IN ESSERE"], cancelled = ["RADIATO"] }
    expect = { present = ["data"], total = "data.count", max = 500, empty = "clean:protests" }
"#;

const XML: &str = r#"
    url = "notices.xml"
    items = "notices.notice"
    kind = "company_status"
    own_id = "@id"
    subject.name = "company"
    subject.registry = "company.@number"
    subject.country = { is = "GB" }
    valid_at = "made"
    fields.status = "outcome"
    fields.procedure_words = "outcome"
    fields.opened_on = "made"
    words.status = { insolvent_liquidation = ["Winding-up order"], ceased = ["Dissolved"] }
    expect = { present = ["notices.@issue"], empty = "nothing" }
"#;

const HTML: &str = r#"
    url = "search?cf={tax}"
    items = "table.acts tr.act"
    kind = "prejudicial_act"
    own_id = "@data-id"
    dates = ["%d/%m/%Y", "%d.%m.%Y"]
    decimal = ","
    ignore = ["td.office"]
    next = "a.next@href"
    fields.act = "td.kind"
    fields.amount = "td.sum"
    fields.registered_on = "td.day"
    fields.cancelled = "td.state"
    words.act = { mortgage = ["Ipoteca giudiziale"], seizure = ["Pignoramento"] }
    words.cancelled = { true = ["cancellata"], false = ["attiva"] }
    expect = { present = ["main.register"], empty = "clean:prejudicial_acts", empty_mark = "p.none" }
"#;

const CSV: &str = r#"
    kind = "indicator"
    delimiter = ";"
    decimal = ","
    ignore = ["Note"]
    fields.series = { is = "turnover" }
    fields.sector = "Settore"
    fields.country = { is = "IT" }
    fields.period = "Mese"
    fields.value = "Indice"
    fields.unit = { is = "I21" }
    fields.flag = "Segno"
    words.flag = { p = ["provvisorio"] }
    expect = { empty = "nothing", min = 2 }
"#;

fn options(text: &str) -> SourceOptions {
    SourceOptions {
        base_url: Url::parse("https://register.example/v1/").unwrap(),
        feeds: Vec::new(),
        country: None,
        language: None,
        credential: None,
        options: text.parse().unwrap(),
    }
}

fn described(kind: &str, text: &str) -> Box<dyn Source> {
    build("described".parse().unwrap(), kind, &options(text)).unwrap()
}

fn refusal(kind: &str, text: &str) -> String {
    build("described".parse().unwrap(), kind, &options(text)).err().unwrap_or_else(|| panic!("{text} was accepted"))
}

fn italian() -> Watched {
    let who = Prospect {
        name: "Fonderie Ghisalba S.r.l.".to_owned(),
        country: Some(Country::IT),
        identifiers: vec![Identifier::tax(Country::IT, TAX).unwrap()],
        ..Prospect::default()
    };
    Watched { client: ClientId::new(4), who }
}

/// An answer to the first question that a source asks about our client.
fn answered(source: &dyn Source, body: &str) -> Answer {
    let request = source.plan(&[italian()], &Cursor::default()).remove(0);
    Answer { request, ..recorded(body.as_bytes()) }
}

fn read(kind: &str, text: &str, body: &str) -> Result<Page, Misread> {
    let source = described(kind, text);
    source.read(&answered(source.as_ref(), body))
}

fn quarantined(kind: &str, text: &str, body: &str) -> String {
    match read(kind, text, body) {
        Err(Misread::Quarantined(why)) => why,
        other => panic!("{body}: {other:?}"),
    }
}

fn facts(page: &Page) -> Vec<&Fact> {
    page.mentions.iter().map(|mention| &mention.fact).collect()
}

const PROTESTS: &str = r#"{"data": {"count": 2, "generatedAt": "2026-11-20", "protests": [
    {"id": 71, "debtor": {"name": "FONDERIE GHISALBA SRL", "taxCode": "09876540155"}, "sum": {"text": "18.000,50 €"},
     "raised": "03/11/2026", "paper": "Cambiale", "standing": "IN ESSERE", "clerk": {"a": {"initials": "R.V."}}},
    {"id": 72, "debtor": {"name": "FONDERIE GHISALBA SRL", "taxCode": "09876540155"}, "sum": {"text": 1250.5},
     "raised": "04/11/2026", "paper": "Vaglia", "standing": "RADIATO", "note": "x"}]}, "links": {"next": null}}"#;

#[test]
fn a_json_register_is_read_by_paths_and_what_was_not_mapped_is_left_over() {
    let page = read("json", JSON, PROTESTS).unwrap();
    let [Fact::Protest(first), Fact::Protest(second)] = facts(&page)[..] else { panic!("{page:?}") };
    assert_eq!(first.amount.unwrap().to_string(), "18000.50 EUR");
    assert_eq!((first.instrument, first.state), (Instrument::Bill, ProtestState::Standing));
    assert_eq!(first.raised_on, Some(date(2026, 11, 3)));
    assert_eq!(second.amount.unwrap().to_string(), "1250.50 EUR", "a number has a point, whatever the texts use");
    assert_eq!((second.instrument, second.state), (Instrument::Other, ProtestState::Cancelled));
    let Mention { own_id, subject, valid_at, is_official, .. } = &page.mentions[0];
    assert_eq!((own_id.as_str(), *valid_at, *is_official), ("protest/71", date(2026, 11, 3), true));
    assert_eq!((subject.name.as_str(), subject.identifiers[0].text()), ("FONDERIE GHISALBA SRL", TAX));
    assert_eq!(leftover_paths(&page), ["$.data.protests[1].note", "$.data.protests[1]: fields.instrument"]);
}

#[test]
fn no_records_are_clean_only_where_the_answer_proves_it() {
    let page = read("json", JSON, r#"{"data": {"count": 0, "protests": []}}"#).unwrap();
    let [Fact::Clean { what }] = facts(&page)[..] else { panic!("{page:?}") };
    assert_eq!((what.as_str(), page.mentions[0].subject.identifiers[0].text()), ("protests", TAX));
    for changed in [r#"{"data": {"count": 0}}"#, r#"{"data": {"protests": null}}"#, r#"{"items": []}"#] {
        quarantined("json", JSON, changed);
    }
    let said_nothing = JSON.replace(", empty = \"clean:protests\"", "");
    assert!(quarantined("json", &said_nothing, r#"{"data": {"protests": []}}"#).contains("expect.empty"));
    let by_mark = JSON.replace("empty = ", "empty_mark = \"data.count = 0\", empty = ");
    assert_eq!(read("json", &by_mark, r#"{"data": {"count": 0}}"#).unwrap().mentions.len(), 1);
    quarantined("json", &by_mark, r#"{"data": {"count": 3, "protests": []}}"#);
}

#[test]
fn a_cut_list_and_a_record_without_what_makes_it_one_are_set_aside() {
    let cut = PROTESTS.replace("\"count\": 2", "\"count\": 53");
    assert!(quarantined("json", JSON, &cut).contains("2 of 53"));
    let led_on = cut.replace("\"next\": null", "\"next\": \"/v1/debtors/x/protests?page=2\"");
    let page = read("json", JSON, &led_on).unwrap();
    assert_eq!(page.next[0].url.as_str(), "https://register.example/v1/debtors/x/protests?page=2");
    assert_eq!((page.next[0].about.is_some(), page.next[0].whom.len()), (true, 1));
    let elsewhere = cut.replace("\"next\": null", "\"next\": \"https://evil.example/\"");
    let page = read("json", JSON, &elsewhere).unwrap();
    assert!(page.next.is_empty() && leftover_paths(&page).contains(&"next"), "{page:?}");
    assert!(quarantined("json", JSON, &PROTESTS.replace("\"id\": 71,", "")).contains("own_id"));
    let neither = PROTESTS.replace("\"raised\"", "\"day\"").replace("\"sum\"", "\"total\"");
    assert!(quarantined("json", JSON, &neither).contains("amount"));
    assert!(quarantined("json", &JSON.replace("max = 500", "max = 1"), PROTESTS).contains("at most 1"));
}

#[test]
fn an_xml_register_is_read_with_one_element_instead_of_a_list() {
    let source = described("xml", XML);
    let request = source.plan(&[italian()], &Cursor::default());
    assert_eq!((request.len(), request[0].whom.len()), (1, 0), "asked once for everybody");
    let one = r#"<g:notices xmlns:g="urn:g" issue="4711"><notice id="n1" type="x"><company number="00445790">WHITBY
        KILNS LTD</company><made>2026-10-02</made><outcome>Winding-up order</outcome></notice></g:notices>"#;
    let page = read("xml", XML, one).unwrap();
    let [Fact::CompanyStatus(change)] = facts(&page)[..] else { panic!("{page:?}") };
    assert_eq!((change.status, change.opened_on), (Status::InsolventLiquidation, Some(date(2026, 10, 2))));
    let subject = &page.mentions[0].subject;
    assert_eq!((subject.name.as_str(), subject.identifiers[0].text()), ("WHITBY KILNS LTD", "00445790"));
    assert_eq!(leftover_paths(&page), ["$.notices.notice.@type"]);
    assert!(read("xml", XML, r#"<notices issue="4712"/>"#).unwrap().mentions.is_empty());
    quarantined("xml", XML, "<notices/>");
    assert!(matches!(read("xml", XML, "<notices><notice"), Err(Misread::Unreadable(_))));
    let unknown = read("xml", XML, &one.replace("Winding-up order", "Sequestration")).unwrap();
    let [Fact::CompanyStatus(change)] = facts(&unknown)[..] else { panic!("{unknown:?}") };
    assert_eq!(change.status, Status::Unknown, "a word that nobody taught is neither good nor bad");
    assert!(leftover_paths(&unknown).contains(&"$.notices.notice: fields.status"));
}

const ACTS: &str = r#"<html><body><nav>Home</nav><main class="register"><table class="acts">
    <tr class="act" data-id="A-9"><td class="kind">Ipoteca giudiziale</td><td class="sum">€ 250.000,00</td>
    <td class="day">02.10.2026</td><td class="state">attiva</td><td class="office">Lecco</td><td class="odd">!</td></tr>
    </table><a class="next" href="?page=2">avanti</a></main></body></html>"#;

#[test]
fn a_page_is_read_by_selectors_and_every_text_of_a_record_is_accounted_for() {
    let page = read("html", HTML, ACTS).unwrap();
    let [Fact::PrejudicialAct(act)] = facts(&page)[..] else { panic!("{page:?}") };
    assert_eq!((act.act.as_str(), act.cancelled, act.registered_on), ("mortgage", false, Some(date(2026, 10, 2))));
    assert_eq!(act.amount.unwrap().to_string(), "250000.00 EUR");
    let subject = &page.mentions[0].subject;
    assert_eq!(subject.identifiers[0].text(), TAX, "asked by number, and the record names nobody else");
    assert_eq!(leftover_paths(&page), ["row 1: td.odd"], "the page around the records is nobody's business");
    assert_eq!(page.next[0].url.as_str(), "https://register.example/v1/search?page=2");
    let none = "<html><main class=register><p class=none>Nessun atto</p></main></html>";
    assert!(matches!(facts(&read("html", HTML, none).unwrap())[..], [Fact::Clean { .. }]));
    for other in ["<html><main class=register></main></html>", "<html><h1>Captcha</h1></html>"] {
        quarantined("html", HTML, other);
    }
    quarantined("html", HTML, &ACTS.replace("</main>", "<p class=none>Nessun atto</p></main>"));
}

#[test]
fn a_table_is_read_by_columns_and_a_column_that_is_gone_is_a_changed_layout() {
    let table = "Settore;Mese;Indice;Segno;Note;Fonte\nC25;2026-08;1.104,5;provvisorio;x;ISTAT\nC;2026-08;98,2;;;\n";
    let page = read("csv", CSV, table).unwrap();
    let [Fact::Indicator(first), Fact::Indicator(second)] = facts(&page)[..] else { panic!("{page:?}") };
    assert_eq!((first.value, first.flag.as_str(), first.series.as_str()), (1104.5, "p", "turnover"));
    assert_eq!((second.value, second.flag.as_str(), second.country.as_str()), (98.2, "", "IT"));
    assert_eq!(leftover_paths(&page), ["line 2.Fonte"]);
    assert!(quarantined("csv", CSV, &table.replace("Indice", "Valore")).contains("Indice"));
    assert!(quarantined("csv", CSV, "Settore;Mese;Indice;Segno\nC;2026-08;98,2;\n").contains("at least 2"));
    assert!(quarantined("csv", CSV, "Settore;Mese;Indice;Segno\nC;2026-08;n.d.;\nC;2026-07;1;\n").contains("number"));
    assert!(read("csv", CSV, "Settore;Mese;Indice;Segno\n").unwrap().mentions.is_empty());
}

#[test]
fn every_kind_of_mention_can_be_described() {
    let cases = [
        ("filing", "fields.form = \"a\"\nfields.overdue = \"b\"", r#"{"a": "AA", "b": true}"#),
        ("identity", "fields.what = { is = \"previous_name\" }\nfields.text = \"a\"", r#"{"a": "Alfa S.p.A."}"#),
        ("vat_check", "fields.answer = \"a\"\nwords.answer = { valid = [\"true\"] }", r#"{"a": true}"#),
        ("clean", "fields.what = { is = \"procedures\" }", "{}"),
        ("news", "fields.title = \"a\"", r#"{"a": "Fonderie Ghisalba dichiarata fallita dal tribunale"}"#),
        ("company_status", "fields.status = \"a\"", r#"{"a": "active"}"#),
        ("protest", "fields.amount = \"a\"", r#"{"a": "12.00"}"#),
        ("prejudicial_act", "fields.act = \"a\"", r#"{"a": "charge"}"#),
        (
            "indicator",
            "fields.series = { is = \"x\" }\nfields.sector = { is = \"C\" }\nfields.period = \"p\"\nfields.value = \"v\"",
            r#"{"p": 2026, "v": -1.5}"#,
        ),
    ];
    for (kind, mapping, body) in cases {
        let page = read("json", &format!("url = \"x/{{tax}}\"\nkind = \"{kind}\"\n{mapping}"), body);
        let page = page.unwrap_or_else(|e| panic!("{kind}: {e}"));
        assert_eq!(page.mentions.iter().map(|m| m.fact.kind()).collect::<Vec<_>>(), [kind]);
        assert!(page.leftovers.is_empty(), "{kind}: {:?}", page.leftovers);
        if let Fact::News(item) = &page.mentions[0].fact {
            assert_eq!((item.event, page.mentions[0].is_official), (NewsEvent::Default, false));
        }
    }
}

#[test]
fn a_search_by_name_makes_nobodys_record_the_clients() {
    let mapping = "url = \"search?q={name}\"\nkind = \"company_status\"\nfields.status = \"s\"\nsubject.name = \"n\"";
    let page =
        read("json", mapping, r#"{"s": "insolvent_liquidation", "n": "Fonderie Ghisalba di Bruno Neri"}"#).unwrap();
    let subject = &page.mentions[0].subject;
    assert_eq!((subject.name.as_str(), subject.identifiers.len()), ("Fonderie Ghisalba di Bruno Neri", 0));
    let nameless = read("json", mapping, r#"{"s": "insolvent_liquidation"}"#).unwrap();
    assert!(nameless.mentions[0].subject.identifiers.is_empty() && nameless.mentions[0].subject.name.is_empty());
}

#[test]
fn a_number_that_cannot_be_one_is_left_over_and_is_not_replaced_by_ours() {
    let page = read("json", JSON, &PROTESTS.replace("09876540155", "12345678901")).unwrap();
    assert!(page.mentions.iter().all(|mention| mention.subject.identifiers.is_empty()));
    assert!(leftover_paths(&page).contains(&"$.data.protests[0]: subject.tax"));
}

#[test]
fn amounts_are_read_by_the_decimal_mark_and_nothing_else() {
    let mapping = |decimal: &str| {
        format!(
            "url = \"x/{{tax}}\"\nkind = \"protest\"\ndecimal = \"{decimal}\"\nfields.amount = \"a\"\nfields.raised_on = \"d\""
        )
    };
    let amount = |decimal: &str, text: &str| {
        let body = format!(r#"{{"a": "{text}", "d": "2026-11-03"}}"#);
        let page = read("json", &mapping(decimal), &body).unwrap();
        let Fact::Protest(protest) = &page.mentions[0].fact else { panic!("{page:?}") };
        assert_eq!(protest.amount.is_none(), !page.leftovers.is_empty(), "{text}: {:?}", page.leftovers);
        protest.amount.map(|amount| amount.minor())
    };
    for (decimal, text, minor) in [
        (",", "1.234.567,89", Some(123_456_789)),
        (",", "12.50", None),
        (",", "12,5 €", Some(1250)),
        (",", "EUR 7", Some(700)),
        (".", "1,234.5", Some(123_450)),
        (".", "1 234.50", Some(123_450)),
        (".", "12,5", None),
        (".", "abc12", None),
        (".", "1.2.3", None),
    ] {
        assert_eq!(amount(decimal, text), minor, "{text} with {decimal}");
    }
}

#[test]
fn clients_are_asked_by_what_they_have_and_no_name_leaves_its_place() {
    let by = |url: &str, who: Prospect| {
        let source = described("json", &format!("url = \"{url}\"\nkind = \"company_status\"\nfields.status = \"s\""));
        let plan = source.plan(&[Watched { client: ClientId::new(1), who }], &Cursor::default());
        plan.first().map(|request: &Request| request.url.to_string())
    };
    let named = |name: &str| Prospect { name: name.to_owned(), country: Some(Country::IT), ..Prospect::default() };
    assert_eq!(by("c/{registry}", italian().who), None);
    assert_eq!(by("c/{tax}/{country}", italian().who).unwrap(), format!("https://register.example/v1/c/{TAX}/IT"));
    assert_eq!(
        by("s?q={name}&x=1", named("A&B=C#/é")).unwrap(),
        "https://register.example/v1/s?q=A%26B%3DC%23%2F%C3%A9&x=1"
    );
    assert_eq!(by("s/{name}/x", named("../../admin")).unwrap(), "https://register.example/v1/s/..%2F..%2Fadmin/x");
    assert_eq!(by("s/{name}/x", named("..")), None);
    let twice = described("json", "url = \"c/{tax}\"\nkind = \"company_status\"\nfields.status = \"s\"");
    let plan = twice.plan(&[italian(), Watched { client: ClientId::new(9), ..italian() }], &Cursor::default());
    assert_eq!((plan.len(), plan[0].whom.clone()), (1, vec![ClientId::new(4), ClientId::new(9)]));
}

#[test]
fn a_mistake_in_a_mapping_is_found_before_anybody_is_asked_and_teaches() {
    let good = "url = \"c/{tax}\"\nkind = \"protest\"\nfields.amount = \"a\"\n";
    assert!(build("x".parse().unwrap(), "json", &options(good)).is_ok());
    for (kind, text, part) in [
        ("json", good.replace("protest", "protst"), "company_status, protest"),
        ("json", format!("{good}fields.amonut = \"b\""), "amonut"),
        ("json", format!("{good}colour = 1"), "colour"),
        ("json", format!("{good}subject.vat = \"b\""), "subject.vat"),
        ("json", good.replace("fields.amount", "fields.state"), "one of amount, raised_on"),
        ("json", good.replace("{tax}", "{vat}"), "{tax}, {registry}"),
        ("json", good.replace("c/{tax}", "c/{tax"), "not closed"),
        ("json", good.replace("c/{tax}", "https://{name}.example/"), "host"),
        ("json", good.replace("c/{tax}", "ftp://a.example/{tax}"), "http"),
        ("json", format!("{good}dates = \"%Q\""), "%d/%m/%Y"),
        ("json", format!("{good}dates = \"%Y\""), "dates"),
        ("json", format!("{good}decimal = \";\""), "decimal"),
        ("json", format!("{good}delimiter = \";\""), "delimiter"),
        ("json", format!("{good}words.state = {{ gone = [\"X\"] }}"), "standing annotated cancelled"),
        ("json", format!("{good}words.colour = {{ red = [\"X\"] }}"), "words.colour"),
        ("json", format!("{good}fields.state = {{ path = \"x\" }}"), "constant"),
        ("json", format!("{good}own_id = \"a..b\""), "own_id"),
        ("json", format!("{good}own_id = \"a.*\""), "ignore"),
        ("json", format!("{good}expect.empty = \"clean\""), "clean:protests"),
        ("json", format!("{good}expect.required = [\"fields.state\"]"), "fields.state"),
        ("json", format!("{good}expect.min = 3\nexpect.max = 2"), "expect.max"),
        ("json", format!("{good}send_credential = \"bearer\""), "credential"),
        ("html", good.to_owned(), "items"),
        ("html", format!("{good}items = \"tr[[\""), "CSS selector"),
        ("html", format!("{good}items = \"tr\"\nexpect.empty = \"nothing\""), "empty_mark"),
        ("csv", format!("{good}next = \"x\""), "next"),
        ("csv", format!("{good}items = \"x\""), "items"),
    ] {
        let said = refusal(kind, &text);
        assert!(said.contains(part), "{text}\n{said}");
    }
}

#[test]
fn the_examples_of_the_sources_that_ship_are_right() {
    let (_, examples) = DEFAULT_SOURCES.split_once("#\n# [casellario]").unwrap();
    let examples = format!("# [casellario]{examples}");
    let plain: Vec<&str> = examples.lines().map(|line| line.trim_start_matches(['#', ' '])).collect();
    let sources = read_sources(&plain.join("\n"), "sources.toml").unwrap();
    let mut kinds: Vec<_> = sources.iter().map(|source| source.kind.as_str()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["csv", "html", "json", "xml"]);
    assert!(sources.iter().any(|source| source.budget.money.is_some()));
}

#[test]
fn hostile_answers_end_in_an_error_or_in_leftovers() {
    let deep = format!("{}1{}", "[".repeat(100_000), "]".repeat(100_000));
    let wide = format!(r#"{{"data": {{"protests": [{}0]}}}}"#, "0,".repeat(150_000));
    let many = format!(
        r#"{{"data": {{"protests": [], {} "z": 0}}}}"#,
        (0..5_000).map(|n| format!("\"k{n}\": {n},")).collect::<String>()
    );
    assert!(matches!(read("json", JSON, &deep), Err(Misread::Unreadable(_))));
    quarantined("json", JSON, &wide);
    assert!(read("json", JSON, &many).unwrap().leftovers.len() < 1_000, "enough is enough");
    let laughs = "<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;\">]><notices>&b;</notices>";
    for (kind, mapping, body) in [
        ("xml", XML, laughs.to_owned()),
        ("xml", XML, "<a>".repeat(5_000)),
        ("html", HTML, "<div>".repeat(100_000)),
        ("html", HTML, format!("<p {}>", "a=1 ".repeat(10_000))),
        ("csv", CSV, format!("{}\n1\n", "a;".repeat(5_000))),
        ("json", JSON, "<html>maintenance</html>".to_owned()),
        ("csv", CSV, "<html>maintenance</html>".to_owned()),
        ("csv", CSV, String::new()),
        ("html", HTML, " ".to_owned()),
    ] {
        assert!(matches!(read(kind, mapping, &body), Err(Misread::Unreadable(_))), "{kind}");
    }
    let escape = PROTESTS.replace("FONDERIE", "\\u001b[2J\\u0000FONDERIE");
    let page = read("json", JSON, &escape).unwrap();
    assert!(!page.mentions[0].subject.name.contains(['\u{1b}', '\0']), "{:?}", page.mentions[0].subject.name);
}
