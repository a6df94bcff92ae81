//! The file for the lawyer, taken over the API: what it holds, that it proves itself, and what is never in it.

#![expect(clippy::disallowed_methods, reason = "the answers come from a server of the test's own")]

use std::{collections::BTreeMap, io::Read as _, sync::Arc};

use jiff::SignedDuration;
use serde_json::json;
use vedetta::{
    desk::{Desk, FileKind, FileOrder, Language},
    domain::{Certainty, Country, Creditor, Evidence, Fact, Identifier, NewsItem, Sha256, Signal, SignalId},
    store::{NewSignal, Scope, SignalTarget},
};

use crate::{
    intake::invoice_xml::Written,
    world::{World, house, problem, read},
};

/// What a document of the archive reads like.
const ARTICLE: &str = "<html><p>Meccanica Valdossa chiude uno stabilimento</p></html>";
const PATH: &str = "/v1/clients/C-1/file?portfolio=main";

/// The entries of a ZIP archive.
fn entries(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut found = BTreeMap::new();
    for place in 0..archive.len() {
        let mut file = archive.by_index(place).unwrap();
        let mut content = Vec::new();
        file.read_to_end(&mut content).unwrap();
        let name = file.name().unwrap().into_owned();
        assert!(found.insert(name.clone(), content).is_none(), "{name} is there twice");
    }
    found
}

/// What a PDF says, without blanks: a long number may go over two lines.
fn text_of(pdf: &[u8]) -> String {
    let document = lopdf::Document::load_mem(pdf).unwrap();
    let pages: Vec<u32> = document.get_pages().into_keys().collect();
    document.extract_text(&pages).unwrap().chars().filter(|c| !c.is_whitespace()).collect()
}

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

async fn taken(world: &World, path: &str) -> Vec<u8> {
    let response = world.ask("GET", path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    response.bytes().await.unwrap().to_vec()
}

/// A piece of news whose page is in the archive.
fn article(world: &World, client: vedetta::domain::ClientId) -> NewSignal {
    let now = world.clock.now();
    let sha256 = world.desk.store.archive().put(ARTICLE.as_bytes()).unwrap();
    let item = NewsItem {
        title: "Valdossa chiude uno stabilimento".to_owned(),
        url: "https://giornale.example/valdossa".to_owned(),
        language: "it".to_owned(),
        event: "closure".parse().unwrap(),
        severity: 3,
        about: "client".parse().unwrap(),
        negated: false,
    };
    let source = "press".parse().unwrap();
    let signal = Signal {
        id: SignalId::of(&source, "valdossa", ""),
        source,
        valid_at: vedetta::domain::AsOf::at(now).valid_at,
        known_at: now,
        is_official: false,
        fact: Fact::News(item),
        url: Some("https://giornale.example/valdossa".to_owned()),
        evidence: Evidence { url: "https://giornale.example/feed".to_owned(), seen_at: now, sha256 },
    };
    let target = SignalTarget::Clients(vec![(client, Certainty::CERTAIN)]);
    NewSignal { signal, own_id: "valdossa".to_owned(), target, subject: None, by_number: Vec::new() }
}

/// A client that owes, with a year of invoices, an electronic one, a dispute, actions, a protest and a page of a newspaper.
async fn world() -> World {
    let world = World::new().await;
    world.client("main", "C-1", "Meccanica Valdossa S.r.l.", 40).await;
    let row = json!({"client": "C-1", "name": "Meccanica Valdossa S.r.l.", "country": "IT", "tax_id": "00743110157"});
    read(world.ask("PUT", "/v1/clients/C-1?portfolio=main").json(&row).send().await.unwrap(), 200).await;
    let invoice = Written { number: "FE-77/2026".to_owned(), ..Written::default() }.file();
    let sent = world.ask("POST", "/v1/invoices?portfolio=main").header("content-type", "application/xml").body(invoice);
    assert_eq!(read(sent.send().await.unwrap(), 200).await["accepted"], 1);
    for action in [
        json!({"kind": "reminder_sent", "on": "2026-10-20", "note": "inviato per e-mail all'amministrazione"}),
        json!({"kind": "call", "on": "2026-11-02", "note": "perché «una carenza momentanea di liquidità»: 1.500 € a breve"}),
        json!({"kind": "dispute", "on": "2026-11-10", "invoice": "C-1-3", "note": "merce difforme"}),
    ] {
        world.post("/v1/clients/C-1/actions?portfolio=main", &action, 200).await;
    }
    world.protest("C-1", "18000.00").await;
    let id =
        world.desk.store.facts().client(portfolio(&world).await, &"C-1".parse().unwrap()).await.unwrap().unwrap().id;
    assert_eq!(world.desk.store.facts().put_signals(&[article(&world, id)]).await.unwrap(), 1);
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    world
}

async fn portfolio(world: &World) -> vedetta::domain::PortfolioId {
    let all = world.desk.store.facts().portfolios().await.unwrap();
    all.into_iter().find(|(_, name)| name.as_str() == "main").unwrap().0
}

#[tokio::test]
async fn the_file_opens_is_complete_and_proves_itself() {
    let world = world().await;
    let bytes = taken(&world, PATH).await;
    let entries = entries(&bytes);
    // What `sha256sum -c` does: two blanks between hash and path, every file listed, every hash right.
    let sums = String::from_utf8(entries["SHA256SUMS"].clone()).unwrap();
    let listed: BTreeMap<&str, &str> =
        sums.lines().map(|line| line.split_once("  ").unwrap()).map(|(h, p)| (p, h)).collect();
    let held: Vec<&str> = entries.keys().map(String::as_str).filter(|path| *path != "SHA256SUMS").collect();
    assert_eq!(listed.keys().copied().collect::<Vec<_>>(), held);
    for (path, hash) in &listed {
        assert_eq!(Sha256::of(&entries[*path]).to_string(), *hash, "{path}");
    }
    let text = text_of(&entries["dossier.pdf"]);
    let tables: String =
        held.iter().filter(|path| path.ends_with(".csv")).map(|p| String::from_utf8_lossy(&entries[*p])).collect();
    let ledger = world.get("/v1/clients/C-1/ledger?portfolio=main&limit=500").await;
    let lines = ledger["items"].as_array().unwrap();
    assert_eq!(lines.len(), 13);
    for number in lines.iter().map(|line| line["invoice"].as_str().unwrap()) {
        assert!(text.contains(number) && tables.contains(number), "{number}");
    }
    let signals = world.get("/v1/clients/C-1/signals?portfolio=main").await;
    for signal in signals["items"].as_array().unwrap() {
        assert!(text.contains(signal["evidence"]["sha256"].as_str().unwrap()), "{signal}");
        assert!(tables.contains(signal["signal"].as_str().unwrap()), "{signal}");
    }
    let article = format!("evidence/{}.html", Sha256::of(ARTICLE.as_bytes()));
    assert_eq!(entries[&article], ARTICLE.as_bytes(), "as it was archived");
    let invoice = held.iter().find(|path| path.ends_with(".xml")).unwrap();
    assert!(String::from_utf8_lossy(&entries[*invoice]).contains("FE-77/2026"), "an electronic invoice has one buyer");
    for said in [
        "Meccanica Valdossa S.r.l.",
        "merce difforme",
        "«una carenza momentanea di liquidità»",
        "00743110157",
        "18.000,00 €",
        "20/10/2026",
        "Fascicolo del credito",
        "Pagina 1 di",
        "prescrizione",
        "n. 1060/2009",
    ] {
        assert!(text.contains(&squeezed(said)), "{said} in {text}");
    }
    // The PDF names the hash of the list without its own line.
    let others: String =
        sums.lines().filter(|line| !line.contains("dossier.pdf")).map(|line| format!("{line}\n")).collect();
    assert!(text.contains(&Sha256::of(others.as_bytes()).to_string()));
    assert!(world.desk.store.audit().verify().await.unwrap() > 0);
}

#[tokio::test]
async fn the_same_moment_gives_the_same_bytes_whatever_is_learned_later() {
    let world = world().await;
    let path = format!("{PATH}&known_at={}&valid_at=2026-11-20", world.clock.now());
    let first = taken(&world, &path).await;
    world.clock.advance(SignedDuration::from_hours(24 * 40));
    let later = json!({"kind": "call", "note": "learned later"});
    world.post("/v1/clients/C-1/actions?portfolio=main", &later, 200).await;
    let row = json!({"client": "C-1", "name": "Learned Later S.p.A.", "country": "IT"});
    read(world.ask("PUT", "/v1/clients/C-1?portfolio=main").json(&row).send().await.unwrap(), 200).await;
    let invoice = json!([{"client": "C-1", "invoice": "LATER-1", "issued_on": "2026-11-01", "amount": "5.00"}]);
    world.post("/v1/invoices?portfolio=main", &invoice, 200).await;
    world.settle().await;
    assert_eq!(taken(&world, &path).await, first);
    let now = text_of(&entries(&taken(&world, PATH).await)["dossier.pdf"]);
    for later in ["Learned Later S.p.A.", "LATER-1", "learned later"] {
        assert!(now.contains(&squeezed(later)), "{later}");
    }
}

#[tokio::test]
async fn the_pages_alone_come_in_either_language_and_say_what_they_are() {
    let world = world().await;
    let get = async |path: &str, accept: &str| world.ask("GET", path).header("accept", accept).send().await.unwrap();
    let english = get(&format!("{PATH}&locale=en"), "application/pdf").await;
    assert_eq!(english.headers()["content-type"], "application/pdf");
    assert_eq!(english.headers()["content-disposition"], "attachment; filename=\"dossier-C-1-2026-11-20.pdf\"");
    let pdf = english.bytes().await.unwrap();
    let text = text_of(&pdf);
    for said in ["Credit file", "Since when", "18,000.00 €", "20 Oct 2026", "Page 1 of"] {
        assert!(text.contains(&squeezed(said)), "{said}");
    }
    // Tagged, in a language, with its fonts inside: what PDF/UA-1 and PDF/A-2a ask for and a reader can see.
    let document = lopdf::Document::load_mem(&pdf).unwrap();
    let catalog = document.catalog().unwrap();
    for key in [&b"StructTreeRoot"[..], b"MarkInfo", b"Lang", b"Metadata", b"OutputIntents", b"Outlines"] {
        assert!(catalog.has(key), "{}", String::from_utf8_lossy(key));
    }
    let fonts = document.objects.values().filter_map(|object| object.as_dict().ok());
    let descriptors: Vec<_> = fonts.filter(|dict| dict.has_type(b"FontDescriptor")).collect();
    assert_eq!(descriptors.len(), 2);
    assert!(descriptors.iter().all(|dict| [&b"FontFile2"[..], b"FontFile3"].iter().any(|key| dict.has(key))));
    problem(get(&format!("{PATH}&locale=fr"), "*/*").await, 400).await;
    problem(get(PATH, "text/html").await, 406).await;
    problem(get("/v1/clients/NOBODY/file?portfolio=main", "*/*").await, 404).await;
}

#[tokio::test]
async fn hostile_texts_do_not_break_the_file() {
    let world = World::new().await;
    let name = "\u{202E}Evil <script>alert(1)</script> 🍕 عربى שלום 测试 \u{200B}=HYPERLINK(\"x\")";
    world.client("main", "H/..\\=1", name, 40).await;
    let long = "X".repeat(2_000);
    for note in [long.as_str(), name, "a\u{0007}b", &"é".repeat(1_000)] {
        world
            .post("/v1/clients/H%2F..%5C%3D1/actions?portfolio=main", &json!({"kind": "note", "note": note}), 200)
            .await;
    }
    let number = format!("=cmd|'{}'", "N".repeat(90));
    let invoice = json!([{"client": "H/..\\=1", "invoice": number, "issued_on": "2026-08-01", "amount": "5.00"}]);
    world.post("/v1/invoices?portfolio=main", &invoice, 200).await;
    let told = json!({"client": "H/..\\=1", "kind": "news", "valid_at": "2026-11-18", "source": "salesman",
        "url": format!("https://x.example/{}", "u".repeat(10_000)),
        "fields": {"title": "🍕".repeat(300), "event": "layoffs", "severity": 4}});
    world.post("/v1/signals", &told, 202).await;
    world.settle().await;
    let response = world.ask("GET", "/v1/clients/H%2F..%5C%3D1/file?portfolio=main").send().await.unwrap();
    let disposition = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert_eq!(disposition, "attachment; filename=\"dossier-H-----1-2026-11-20.zip\"");
    let entries = entries(&response.bytes().await.unwrap());
    assert!(entries.keys().all(|path| path.bytes().all(|b| b.is_ascii_alphanumeric() || b"./-".contains(&b))));
    let text = text_of(&entries["dossier.pdf"]);
    assert!(text.contains("Evil<script>alert(1)</script>"), "{text}");
    assert!(text.contains(&"X".repeat(2_000)), "a note goes over as many lines as it needs");
    assert!(!text.contains('\u{202E}') && text.contains('\u{FFFD}'));
    let identity = String::from_utf8(entries["identity.csv"].clone()).unwrap();
    assert!(identity.contains("测试") && identity.contains('🍕'), "the tables have the whole text");
    let invoices = String::from_utf8(entries["ledger/invoices.csv"].clone()).unwrap();
    assert!(invoices.contains(&format!("'{number}")), "no spreadsheet runs it");
}

#[tokio::test]
async fn nothing_of_others_is_in_the_file_and_the_log_knows_who_took_it() {
    let world = world().await;
    world.client("other", "C-1", "Stranieri S.p.A.", 5).await;
    world.client("main", "C-2", "Vicini S.n.c.", 5).await;
    let stranger = world.key_for(Scope::Read, &["other"]).await;
    let reader = world.key_for(Scope::Read, &["main"]).await;
    problem(world.bare("GET", PATH).bearer_auth(&stranger).send().await.unwrap(), 404).await;
    problem(world.bare("GET", PATH).send().await.unwrap(), 401).await;
    let before = world.desk.store.audit().verify().await.unwrap();
    let response = world.bare("GET", "/v1/clients/C-1/file").bearer_auth(&reader).send().await.unwrap();
    assert_eq!(response.status(), 200);
    let entries = entries(&response.bytes().await.unwrap());
    assert_eq!(world.desk.store.audit().verify().await.unwrap(), before + 1);
    for (path, bytes) in &entries {
        let text = if path.ends_with(".pdf") { text_of(bytes) } else { String::from_utf8_lossy(bytes).into_owned() };
        for stranger in ["Stranieri", "Vicini", "C-2"] {
            assert!(!text.contains(stranger), "{stranger} in {path}");
        }
    }
}

#[tokio::test]
async fn what_was_withdrawn_or_erased_is_not_in_the_file() {
    let world = world().await;
    let cancelled = json!({"client": "C-1", "kind": "protest", "valid_at": "2026-11-18", "source": "chamber",
        "official": true, "fields": {"instrument": "bill", "amount": "18000.00", "raised_on": "2026-11-18", "state": "cancelled"}});
    world.post("/v1/signals", &cancelled, 202).await;
    world.client("main", "P-9", "Perseghin Mario", 5).await;
    let beside = json!({"kind": "note", "note": "Perseghin Mario ha telefonato per loro"});
    world.post("/v1/clients/C-1/actions?portfolio=main", &beside, 200).await;
    world.clock.advance(SignedDuration::from_secs(60));
    world.settle().await;
    assert!(text_of(&entries(&taken(&world, PATH).await)["dossier.pdf"]).contains("PerseghinMario"));
    let caller = house();
    let wanted = vedetta::desk::Wanted { caller: &caller, code: "P-9", portfolio: Some("main") };
    let reason = vedetta::desk::ReasonInput { reason: "asked for it".to_owned() };
    world.desk.erase(&wanted, &reason).await.unwrap();
    for (path, bytes) in entries(&taken(&world, PATH).await) {
        let text = if path.ends_with(".pdf") { text_of(&bytes) } else { String::from_utf8_lossy(&bytes).into_owned() };
        for gone in ["Perseghin", "18000.00", "18.000,00"] {
            assert!(!text.contains(gone), "{gone} in {path}");
        }
    }
}

#[tokio::test]
async fn the_creditor_is_named_as_configured_and_else_as_its_invoice_says() {
    let world = world().await;
    let text = text_of(&entries(&taken(&world, PATH).await)["dossier.pdf"]);
    for said in [
        "Forniture Astengo S.p.A., partita IVA IT01234560785, Via Piave, 17100 Savona, IT",
        "creditore Forniture Astengo",
    ] {
        assert!(text.contains(&squeezed(said)), "{said} in {text}");
    }
    let number = Identifier::tax(Country::IT, "IT09876540106").unwrap();
    let creditor = Creditor::new("Astengo Holding S.p.A.", Some(number), "Corso Italia 4, Genova").unwrap();
    let desk = Desk { creditors: Arc::new([("main".parse().unwrap(), creditor)].into()), ..world.desk.clone() };
    let caller = house();
    let wanted = vedetta::desk::Wanted { caller: &caller, code: "C-1", portfolio: Some("main") };
    let moment = vedetta::desk::Moment { valid_at: None, known_at: None };
    let order = FileOrder { moment, language: Language::English, kind: FileKind::Pdf };
    let text = text_of(&desk.client_file(&wanted, order).await.unwrap().bytes);
    let said = "Astengo Holding S.p.A., VAT number IT09876540106, Corso Italia 4, Genova";
    assert!(text.contains(&squeezed(said)) && !text.contains("(asoftoday)"), "{text}");
    let moment = vedetta::desk::Moment { valid_at: Some("2026-11-01".parse().unwrap()), known_at: None };
    let order = FileOrder { moment, language: Language::English, kind: FileKind::Pdf };
    let text = text_of(&desk.client_file(&wanted, order).await.unwrap().bytes);
    assert!(text.contains(&squeezed(&format!("{said} (as of today)"))), "{text}");
}

#[tokio::test]
async fn the_seller_is_that_of_the_invoice_with_the_latest_date_and_not_of_the_one_that_came_last() {
    let world = world().await;
    let sent = async |number: &str, date: &str, seller: &str| {
        let document = Written { number: number.to_owned(), date: date.to_owned(), ..Written::default() };
        let xml = document.file().replace("Forniture Astengo S.p.A.", seller);
        world.clock.advance(SignedDuration::from_secs(60));
        let sent = world.ask("POST", "/v1/invoices?portfolio=main").header("content-type", "application/xml").body(xml);
        assert_eq!(read(sent.send().await.unwrap(), 200).await["accepted"], 1);
    };
    sent("FE-1/2025", "2025-01-10", "Astengo di una volta S.n.c.").await;
    sent("FE-78/2026", "2026-09-20", "").await;
    world.settle().await;
    let text = text_of(&entries(&taken(&world, PATH).await)["dossier.pdf"]);
    assert!(text.contains(&squeezed("creditore Forniture Astengo")), "one without a name is nobody: {text}");
}

#[tokio::test]
async fn a_promise_that_was_broken_is_told_of_on_the_day_on_which_it_was() {
    let world = world().await;
    let promise = json!({"kind": "promise", "on": "2026-11-20", "due_on": "2026-11-24", "amount": "300.00"});
    world.post("/v1/clients/C-1/actions?portfolio=main", &promise, 200).await;
    let claimed = json!([{"client": "C-1", "invoice": "PROMISED", "issued_on": "2026-10-01", "due_on": "2026-10-31",
        "amount": "77.00", "promised_on": "2026-11-25"},
        {"client": "C-1", "invoice": "PLANNED", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "88.00",
        "plan": "R1", "plan_due_on": "2026-11-26"},
        {"client": "C-1", "invoice": "KEPT", "issued_on": "2026-10-01", "due_on": "2026-10-31", "amount": "99.00",
        "plan": "R1", "plan_due_on": "2026-11-26", "paid_on": "2026-11-15"}]);
    world.post("/v1/invoices?portfolio=main", &claimed, 200).await;
    let told = async || text_of(&entries(&taken(&world, PATH).await)["dossier.pdf"]);
    assert!(!told().await.contains("nonmantenuta,300"), "it may still come");
    world.clock.advance(SignedDuration::from_hours(24 * 10));
    world.settle().await;
    let text = told().await;
    // Three days of grace behind the 24th, and then it is broken.
    let of_a_call = "28/11/2026 Promessa non mantenuta, 300,00 €, entro il 24/11/2026, data il 20/11/2026";
    let of_the_ledger = "26/11/2026 Promessa di pagamento non mantenuta sulla fattura PROMISED, entro il 25/11/2026";
    let of_a_plan =
        "27/11/2026 Rata non pagata del piano R1: fattura PLANNED, entro il 26/11/2026, attesa fino a quel giorno";
    let waited = "data il 20/11/2026, attesa fino al 27/11/2026";
    for said in [of_a_call, of_the_ledger, of_a_plan, waited] {
        assert!(text.contains(&squeezed(said)), "{said} in {text}");
    }
    assert!(!text.contains(&squeezed("fattura KEPT, entro il")), "it was paid in time");
    let recorded = json!({"kind": "promise_broken", "on": "2026-11-28"});
    world.post("/v1/clients/C-1/actions?portfolio=main", &recorded, 200).await;
    assert!(!told().await.contains(&squeezed(of_a_call)), "what a person recorded is told once");
}

#[tokio::test]
async fn no_day_goes_over_two_lines() {
    let world = world().await;
    for number in ["F", "2026/000123/A", "DOCUMENTO-CON-UN-NUMERO-MOLTO-LUNGO-2026-000000001"] {
        let row = json!([{"client": "C-1", "invoice": number, "issued_on": "2026-09-04", "due_on": "2026-10-04",
            "amount": "1234567.89", "promised_on": "2026-10-04"}]);
        world.post("/v1/invoices?portfolio=main", &row, 200).await;
    }
    world.settle().await;
    for (language, day) in [("it", "04/10/2026"), ("en", "4Oct2026")] {
        let pdf = taken(&world, &format!("{PATH}&locale={language}")).await;
        let pdf = &entries(&pdf)["dossier.pdf"];
        let document = lopdf::Document::load_mem(pdf).unwrap();
        let pages: Vec<u32> = document.get_pages().into_keys().collect();
        let raw = document.extract_text(&pages).unwrap();
        let in_lines: usize = raw.lines().map(|line| squeezed(line).matches(day).count()).sum();
        let in_all = text_of(pdf).matches(day).count();
        assert!(in_all >= 6 && in_lines == in_all, "{language}: {in_lines} of {in_all} in {raw}");
    }
}
