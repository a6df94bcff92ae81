//! Electronic invoices after the public schema (FatturaPA 1.2.2, simplified 1.0.2), with invented companies.

/// The creditor of every invoice.
const SELLER: &str = "<CedentePrestatore><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234560785</IdCodice>\
    </IdFiscaleIVA><Anagrafica><Denominazione>Forniture Astengo S.p.A.</Denominazione></Anagrafica>\
    <RegimeFiscale>RF01</RegimeFiscale></DatiAnagrafici><Sede><Indirizzo>Via Piave</Indirizzo><CAP>17100</CAP>\
    <Comune>Savona</Comune><Nazione>IT</Nazione></Sede></CedentePrestatore>";

/// A document to be written as XML.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) version: &'static str,
    pub(crate) kind: &'static str,
    pub(crate) number: String,
    pub(crate) date: String,
    pub(crate) vat: String,
    pub(crate) name: String,
    /// Net, and tax.
    pub(crate) amounts: (String, String),
    /// More of `DatiGeneraliDocumento`.
    pub(crate) general: String,
    /// More of `DatiGenerali`.
    pub(crate) linked: String,
    /// More of `DatiRiepilogo`.
    pub(crate) summary: String,
    /// `DatiPagamento` and what follows.
    pub(crate) payment: String,
}

impl Default for Written {
    fn default() -> Self {
        Self {
            version: "FPR12",
            kind: "TD01",
            number: "12/2026".to_owned(),
            date: "2026-09-10".to_owned(),
            vat: "00743110157".to_owned(),
            name: "Meccanica Valdossa S.r.l.".to_owned(),
            amounts: ("1000.00".to_owned(), "220.00".to_owned()),
            general: String::new(),
            linked: String::new(),
            summary: String::new(),
            payment: String::new(),
        }
    }
}

impl Written {
    /// A file with this one document.
    pub(crate) fn file(&self) -> String {
        file(std::slice::from_ref(self))
    }

    fn body(&self) -> String {
        let Self { kind, number, date, amounts: (net, tax), general, linked, summary, payment, .. } = self;
        format!(
            "<FatturaElettronicaBody>\n<DatiGenerali><DatiGeneraliDocumento><TipoDocumento>{kind}</TipoDocumento>\
             <Divisa>EUR</Divisa><Data>{date}</Data>\n<Numero>{number}</Numero>{general}</DatiGeneraliDocumento>{linked}</DatiGenerali>\
             <DatiBeniServizi><DettaglioLinee><NumeroLinea>1</NumeroLinea><Descrizione>Merce &amp; posa</Descrizione>\
             <PrezzoUnitario>{net}</PrezzoUnitario><PrezzoTotale>{net}</PrezzoTotale><AliquotaIVA>22.00</AliquotaIVA></DettaglioLinee>\
             <DatiRiepilogo><AliquotaIVA>22.00</AliquotaIVA>{summary}<ImponibileImporto>{net}</ImponibileImporto>\
             <Imposta>{tax}</Imposta></DatiRiepilogo></DatiBeniServizi>{payment}</FatturaElettronicaBody>\n"
        )
    }
}

/// A file with several documents for the buyer of the first.
pub(crate) fn file(documents: &[Written]) -> String {
    let first = &documents[0];
    let (version, vat, name) = (first.version, &first.vat, &first.name);
    let bodies: String = documents.iter().map(Written::body).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:FatturaElettronica versione=\"{version}\" \
         xmlns:p=\"http://ivaservizi.agenziaentrate.gov.it/docs/xsd/fatture/v1.2\">\n<FatturaElettronicaHeader>\
         <DatiTrasmissione><FormatoTrasmissione>{version}</FormatoTrasmissione></DatiTrasmissione>{SELLER}\
         <CessionarioCommittente><DatiAnagrafici><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>{vat}</IdCodice></IdFiscaleIVA>\
         <Anagrafica><Denominazione>{name}</Denominazione></Anagrafica></DatiAnagrafici><Sede><Indirizzo>Via Roma</Indirizzo>\
         <NumeroCivico>1</NumeroCivico><CAP>20100</CAP><Comune>Milano</Comune><Nazione>IT</Nazione></Sede></CessionarioCommittente>\
         </FatturaElettronicaHeader>\n{bodies}</p:FatturaElettronica>\n"
    )
}

/// A simplified invoice.
pub(crate) fn simplified(number: &str, kind: &str, gross: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"windows-1252\"?>\n<n0:FatturaElettronicaSemplificata versione=\"FSM10\" xmlns:n0=\"x\">\
         <FatturaElettronicaHeader><CedentePrestatore><IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>01234560785</IdCodice></IdFiscaleIVA>\
         <Denominazione>Forniture Astengo S.p.A.</Denominazione></CedentePrestatore><CessionarioCommittente><IdentificativiFiscali>\
         <IdFiscaleIVA><IdPaese>IT</IdPaese><IdCodice>00743110157</IdCodice></IdFiscaleIVA></IdentificativiFiscali>\
         <AltriDatiIdentificativi><Denominazione>Meccanica Valdossa S.r.l.</Denominazione></AltriDatiIdentificativi>\
         </CessionarioCommittente></FatturaElettronicaHeader><FatturaElettronicaBody><DatiGenerali><DatiGeneraliDocumento>\
         <TipoDocumento>{kind}</TipoDocumento><Divisa>EUR</Divisa><Data>2026-10-01</Data><Numero>{number}</Numero>\
         </DatiGeneraliDocumento></DatiGenerali><DatiBeniServizi><Descrizione>Ricambi</Descrizione><Importo>{gross}</Importo>\
         <DatiIVA><Aliquota>22.00</Aliquota></DatiIVA></DatiBeniServizi></FatturaElettronicaBody></n0:FatturaElettronicaSemplificata>"
    )
}

/// An instalment of `DatiPagamento`.
pub(crate) fn instalment(amount: &str, due: &str) -> String {
    format!(
        "<DettaglioPagamento><ModalitaPagamento>MP05</ModalitaPagamento><DataScadenzaPagamento>{due}</DataScadenzaPagamento>\
         <ImportoPagamento>{amount}</ImportoPagamento></DettaglioPagamento>"
    )
}
