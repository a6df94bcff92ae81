//! What a table's columns are called, before anything of it is read: somebody looks, and says which of them is which.

use super::{
    Content, Error, bank,
    binding::{fold, header, required},
    blocking, decode, fattura,
    map::{Map, known_columns},
    read::{MAX_FILE, layout},
    records::Records,
    workbook,
};

/// Rows that are shown beside the names, so that somebody sees what a column holds.
const N_ROWS: usize = 20;
/// Of a cell so many characters are shown.
const MAX_CELL_CHARS: usize = 60;

/// What programs of Italy, and of elsewhere, call our columns: names as [`fold`] makes them.
const CALLED: &[(&str, &[&str])] = &[
    (
        "client",
        &[
            "codicecliente",
            "codcliente",
            "idcliente",
            "cliente",
            "clientcode",
            "customerid",
            "customer",
            "customercode",
            "codice",
            "conto",
        ],
    ),
    ("name", &["ragionesociale", "denominazione", "nome", "intestazione", "companyname", "customername", "clientname"]),
    ("country", &["nazione", "paese", "stato", "countrycode"]),
    ("tax_id", &["partitaiva", "piva", "codicefiscale", "vat", "vatnumber", "taxnumber", "piva"]),
    ("sector", &["ateco", "codiceateco", "settore", "nace", "attivita"]),
    ("city", &["citta", "città", "comune", "localita", "località", "town"]),
    ("address", &["indirizzo", "via", "street"]),
    ("since", &["clientedal", "dal", "customersince"]),
    ("active", &["attivo", "attiva"]),
    ("credit_limit", &["fido", "fidoconcesso", "fidoaccordato", "limitedicredito", "affidamento", "creditlimit"]),
    ("email", &["mail", "postaelettronica", "indirizzoemail"]),
    ("phone", &["telefono", "tel", "cellulare", "telephone", "phonenumber"]),
    (
        "invoice",
        &[
            "numerofattura",
            "nfattura",
            "nrfattura",
            "numfattura",
            "fattura",
            "numerodocumento",
            "ndocumento",
            "numdoc",
            "invoicenumber",
            "invoiceno",
            "documento",
            "numero",
        ],
    ),
    ("issued_on", &["datafattura", "datadocumento", "dataemissione", "invoicedate", "issuedate", "data"]),
    ("due_on", &["scadenza", "datascadenza", "duedate"]),
    ("amount", &["importo", "totale", "totaledocumento", "totalefattura", "invoiceamount", "total", "importototale"]),
    ("currency", &["valuta", "divisa"]),
    ("paid_on", &["datapagamento", "pagatail", "pagatoil", "datavaluta", "paymentdate", "settleddate", "dataincasso"]),
    ("paid_amount", &["importopagato", "pagato", "incassato", "paid", "amountpaid"]),
    ("kind", &["tipodocumento", "tipo", "documenttype"]),
    ("disputed", &["contestata", "contestato", "incontestazione"]),
];

/// A column of ours, and what it is called in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// Our name.
    pub ours: &'static str,
    /// The file's name: its own when it is ours, else one that programs are known to use. None when there is neither.
    pub theirs: Option<String>,
    /// Whether a file without it cannot be read.
    pub is_required: bool,
}

/// The columns of a table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Headings {
    /// As they stand in the file.
    pub header: Vec<String>,
    /// Ours, those that are required first.
    pub columns: Vec<Heading>,
    /// The first rows, cut to what fits on a line.
    pub rows: Vec<Vec<String>>,
}

/// The columns that a kind of file may have, in our words.
pub fn columns(content: Content) -> &'static [&'static str] {
    known_columns(content)
}

/// The columns of a file; none when it is no table (an electronic invoice, a message of a bank).
pub async fn headings(name: &str, bytes: &[u8], content: Content) -> Result<Option<Headings>, Error> {
    let is_zip_of_invoices =
        content == Content::Invoices && workbook::is_one(bytes) && fattura::is_zip_of_invoices(bytes);
    let is_xml = content != Content::Clients && (bank::is_one(bytes) || fattura::is_one(name, bytes));
    if is_zip_of_invoices || is_xml {
        return Ok(None);
    }
    let (name, bytes) = (name.to_owned(), bytes.to_vec());
    blocking(move || of_table(&bytes, content).map(Some).map_err(|why| Error::File { file: name, why })).await
}

fn of_table(bytes: &[u8], content: Content) -> Result<Headings, String> {
    if bytes.len() > MAX_FILE {
        return Err(format!("has more than {MAX_FILE} bytes, and no more are read: split the file"));
    }
    let map = Map::default();
    if workbook::is_one(bytes) {
        let sheet = workbook::rows(bytes, None)?;
        let map = Map { delimiter: Some(b','), encoding: Some(encoding_rs::UTF_8), ..map };
        return of_text(&decode::decode(&sheet.csv, &map).0, &map, content);
    }
    of_text(&decode::decode(bytes, &map).0, &map, content)
}

fn of_text(text: &str, map: &Map, content: Content) -> Result<Headings, String> {
    let (body, delimiter, _) = layout(text, map, content);
    let mut records = Records::new(text, delimiter);
    records.skip_to(body);
    let header = header(&mut records)?;
    records.width = Some(header.len());
    let cut = |cell: &str| cell.chars().take(MAX_CELL_CHARS).collect::<String>();
    let rows = records.filter_map(|record| record.fields.ok()).take(N_ROWS);
    let rows = rows.map(|fields| fields.iter().map(|cell| cut(cell)).collect()).collect();
    let columns = bound(&header, content);
    Ok(Headings { header, columns, rows })
}

/// Each of our columns with what it is most likely called, each of theirs given away once.
fn bound(header: &[String], content: Content) -> Vec<Heading> {
    let folded: Vec<String> = header.iter().map(|name| fold(name)).collect();
    let mut is_taken = vec![false; header.len()];
    let mut theirs: Vec<Option<usize>> = Vec::new();
    for ours in known_columns(content) {
        let place = folded.iter().position(|name| *name == fold(ours));
        place.iter().for_each(|place| is_taken[*place] = true);
        theirs.push(place);
    }
    for (ours, place) in known_columns(content).iter().zip(&mut theirs).filter(|(_, place)| place.is_none()) {
        let called = CALLED.iter().find(|(own, _)| own == ours).map_or([].as_slice(), |(_, called)| *called);
        *place = called.iter().find_map(|name| (0..header.len()).find(|p| !is_taken[*p] && folded[*p] == *name));
        place.iter().for_each(|place| is_taken[*place] = true);
    }
    let heading = |(ours, place): (&&'static str, Option<usize>)| Heading {
        ours,
        theirs: place.map(|place| header[place].clone()),
        is_required: required(content).contains(ours),
    };
    let mut columns: Vec<Heading> = known_columns(content).iter().zip(theirs).map(heading).collect();
    columns.sort_by_key(|column| !column.is_required);
    columns
}

#[cfg(test)]
mod tests {
    use super::{Content, Map, of_text};

    #[test]
    fn columns_are_recognised_by_our_names_and_by_those_that_programs_use() {
        let text = "Cod. cliente;N. fattura;Data documento;Importo;Note\nK1;7/A;31/10/2026;1.234,50;urgente\n";
        let found = of_text(text, &Map::default(), Content::Invoices).unwrap();
        let theirs = |ours: &str| found.columns.iter().find(|c| c.ours == ours).unwrap().theirs.clone();
        assert_eq!(theirs("client").as_deref(), Some("Cod. cliente"));
        assert_eq!(theirs("invoice").as_deref(), Some("N. fattura"));
        assert_eq!(theirs("issued_on").as_deref(), Some("Data documento"));
        assert_eq!(theirs("due_on"), None);
        assert_eq!(found.rows, [["K1", "7/A", "31/10/2026", "1.234,50", "urgente"]]);
        assert!(found.columns[0].is_required);
    }

    #[test]
    fn the_headings_of_italian_programs_are_recognised() {
        let found = |text: &str, content: Content, ours: &str| {
            let found = of_text(text, &Map::default(), content).unwrap();
            found.columns.iter().find(|column| column.ours == ours).unwrap().theirs.clone()
        };
        for limit in ["Fido concesso", "Fido accordato"] {
            let text = format!("Codice;Nome;{limit}\nK1;Rossi;1000\n");
            assert_eq!(found(&text, Content::Clients, "credit_limit").as_deref(), Some(limit));
        }
        for number in ["Nr fattura", "Numero fattura", "N. fattura"] {
            for paid in ["Pagato il", "Data pagamento"] {
                let text = format!("Codice cliente;{number};Importo;{paid}\nK1;7/A;100;\n");
                assert_eq!(found(&text, Content::Invoices, "invoice").as_deref(), Some(number));
                assert_eq!(found(&text, Content::Invoices, "paid_on").as_deref(), Some(paid));
            }
        }
    }

    #[test]
    fn a_column_of_theirs_is_given_away_once() {
        let found = of_text("client,cliente,nome\nA,B,C\n", &Map::default(), Content::Clients).unwrap();
        let given: Vec<_> = found.columns.iter().filter_map(|c| c.theirs.as_deref()).collect();
        assert_eq!(given, ["client", "nome"]);
    }
}
