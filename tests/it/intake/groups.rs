//! Whose an electronic invoice is, and who issued it.

use super::{
    house::{House, counts, creating},
    invoice_xml::{Written, file},
};

/// The VAT number that the members of a group share, and the tax codes that tell them apart.
const GROUP: &str = "00743110157";
const FIRST: &str = "01654010345";
const SECOND: &str = "02345670984";

/// An invoice for a member of the group.
fn invoice(member: &str, number: &str, name: &str) -> String {
    let (number, name) = (number.to_owned(), name.to_owned());
    let plain = Written { number, name, ..Written::default() }.file();
    let vat = format!("<IdCodice>{GROUP}</IdCodice></IdFiscaleIVA><Anagrafica>");
    assert!(plain.contains(&vat));
    let code =
        format!("<IdCodice>{GROUP}</IdCodice></IdFiscaleIVA><CodiceFiscale>{member}</CodiceFiscale><Anagrafica>");
    plain.replace(&vat, &code)
}

#[tokio::test]
async fn a_member_of_a_vat_group_is_not_billed_for_another() {
    let house = House::new().await;
    let first = invoice(FIRST, "1/A", "Valdossa Meccanica S.r.l.");
    assert_eq!(counts(&house.import("a.xml", &first, &creating()).await), [1, 1, 0, 0, 1]);
    let second = invoice(SECOND, "1/B", "Valdossa Logistica S.r.l.");
    assert_eq!(counts(&house.import("b.xml", &second, &creating()).await), [1, 1, 0, 0, 1], "it is another company");
    assert_eq!(house.rows(&format!("IT{GROUP}")).await.len(), 1);
    assert_eq!(house.rows(&format!("IT{SECOND}")).await[0].number, "1/B");
    let next = invoice(SECOND, "2/B", "Valdossa Logistica S.r.l.");
    assert_eq!(counts(&house.import("c.xml", &next, &creating()).await), [1, 1, 0, 0, 0]);
    assert_eq!(house.rows(&format!("IT{SECOND}")).await.len(), 2);
    // A client of which only the group's number is known contradicts nobody.
    let other = House::new().await;
    let clients = format!("client,name,country,tax_id\nC-7,Valdossa,IT,{GROUP}\n");
    let of_clients = super::options(vedetta::intake::Content::Clients, None);
    other.import("clients.csv", clients, &of_clients).await;
    assert_eq!(counts(&other.import("a.xml", &first, &creating()).await), [1, 1, 0, 0, 0]);
}

#[tokio::test]
async fn invoices_of_several_sellers_are_refused_together_and_leave_nothing() {
    let house = House::new().await;
    let own = Written::default().file();
    let received = file(&[Written { number: "77".to_owned(), ..Written::default() }]).replace("01234560785", SECOND);
    let folder = house.folder.path().join("invoices");
    std::fs::create_dir(&folder).unwrap();
    for (name, text) in [("own.xml", &own), ("received.xml", &received)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let now = super::house::now();
    let refused = vedetta::intake::import_folder(&house.store, &folder, &creating(), now, &|_, _| {}).await;
    let why = refused.unwrap_err().to_string();
    assert!(why.contains("2 sellers") && why.contains("IT01234560785") && why.contains(SECOND), "{why}");
    std::fs::remove_file(folder.join("received.xml")).unwrap();
    let taken = vedetta::intake::import_folder(&house.store, &folder, &creating(), now, &|_, _| {}).await.unwrap();
    assert_eq!(counts(&taken), [1, 1, 0, 0, 1], "nothing was written before");
}

#[tokio::test]
async fn a_single_invoice_that_cannot_be_read_is_refused_with_its_line() {
    let house = House::new().await;
    let broken = Written::default().file().replace("</FatturaElettronicaHeader>\n", "\n");
    let why = house.refusal("a.xml", broken, &creating()).await;
    assert!(why.starts_with("a.xml: line ") && why.contains("bad_xml"), "{why}");
}
