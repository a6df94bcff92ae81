//! Oracle: names of elements from the types of the chambers' services; codes from answers of a reseller of the same data.

use vedetta::{
    collect::{Answer, Credential, Misread, Request},
    domain::{Country, Fact, Identifier, ProtestState, Status},
};

use super::{
    TAX, dorivale, first_request, fixture, leftover_paths, of_kind, read, read_bytes, reader, recorded, statuses,
};

const KIND: &str = "infocamere";

fn answered(request: &Request, body: &[u8]) -> vedetta::collect::Page {
    reader(KIND).read(&Answer { request: request.clone(), ..recorded(body) }).unwrap()
}

#[test]
fn a_search_leads_to_the_detail_of_whom_we_asked_about_and_of_nobody_else() {
    let request = first_request(KIND, &dorivale());
    assert!(request.url.as_str().ends_with(&format!("protesti/ricerca/codicefiscale?codiceFiscale={TAX}")));
    assert_eq!(request.credential, Some(Credential::BasicPair("key".to_owned())));
    let page = answered(&request, &fixture("infocamere/search.xml"));
    assert_eq!(page.next.len(), 1, "the other debtor of the list has another tax code");
    assert!(page.next[0].url.as_str().ends_with("protesti/visura?kAnagrafica=000000042"));
    assert_eq!((&page.next[0].whom, &page.next[0].about), (&request.whom, &request.about));
    assert_eq!((page.mentions.len(), page.leftovers.len()), (0, 0));
}

#[test]
fn a_debtor_listed_under_two_keys_has_two_parts_of_a_list_and_no_whole_one() {
    let request = first_request(KIND, &dorivale());
    let search = String::from_utf8(fixture("infocamere/search.xml")).unwrap().replace("RCCMNL83S18D969H", TAX);
    let page = answered(&request, search.as_bytes());
    assert_eq!(page.next.len(), 2);
    let empty = answered(&page.next[0], b"<Risposta><VisuraEffetto/></Risposta>");
    let papers = answered(&page.next[1], &fixture("infocamere/papers.xml"));
    assert_eq!((empty.mentions.len(), empty.whole.len()), (0, 0), "the papers may stand under the other key");
    assert_eq!((of_kind(&papers, "protest").len(), papers.whole.len()), (2, 0));
    let cut = String::from_utf8(fixture("infocamere/search.xml")).unwrap().replace("Posizioni>2<", "Posizioni>3<");
    let cut = answered(&request, cut.as_bytes());
    assert_eq!(answered(&cut.next[0], &fixture("infocamere/papers.xml")).whole.len(), 0, "one entry was not shown");
    let alone = answered(&request, &fixture("infocamere/search.xml"));
    assert_eq!(answered(&alone.next[0], &fixture("infocamere/papers.xml")).whole.len(), 1);
}

#[test]
fn papers_are_read_with_days_in_either_way_and_an_unknown_state_stands() {
    let page = read(KIND, "infocamere/papers.xml");
    let protests: Vec<_> =
        page.mentions.iter().filter_map(|m| if let Fact::Protest(p) = &m.fact { Some(p) } else { None }).collect();
    assert_eq!(protests[0].amount.unwrap().to_string(), "2000.50 EUR");
    assert_eq!(protests[0].raised_on.unwrap().to_string(), "2026-10-19");
    assert_eq!(protests[0].reason_code.as_deref(), Some("CM2"));
    assert_eq!(protests[1].raised_on.unwrap().to_string(), "2026-10-05");
    assert_eq!(protests[1].state, ProtestState::Standing);
    assert_eq!(leftover_paths(&page).len(), 1);
    assert_eq!(page.mentions[0].subject.identifiers, [Identifier::tax(Country::IT, TAX).unwrap()]);
    assert_eq!(page.mentions[0].published_at.unwrap().to_string(), "2026-11-05");
}

#[test]
fn one_element_instead_of_a_list_is_a_list_of_one_and_none_is_clean() {
    let whole = String::from_utf8(fixture("infocamere/papers.xml")).unwrap();
    let parts: Vec<&str> = whole.split("<RegistroProtesti>").collect();
    let [head, first, _] = parts[..] else { panic!("the fixture has two papers") };
    let one = format!("{head}<RegistroProtesti>{first}</VisuraEffetto></Risposta>");
    assert_eq!(of_kind(&read_bytes(KIND, one.as_bytes()).unwrap(), "protest").len(), 1);
    let none = format!("{head}</VisuraEffetto></Risposta>");
    let page = read_bytes(KIND, none.as_bytes()).unwrap();
    assert_eq!(page.mentions[0].fact, Fact::Clean { what: "protests".to_owned() });
}

#[test]
fn an_extract_in_windows_1252_is_read_with_its_procedures_and_their_days() {
    let page = read(KIND, "infocamere/extract.xml");
    let told = statuses(&page);
    assert_eq!(told.len(), 3, "what the head repeats is not told twice: {told:?}");
    assert_eq!(
        (told[0].status, told[0].opened_on.unwrap().to_string().as_str()),
        (Status::InsolventLiquidation, "2026-01-28")
    );
    assert!(told[0].closed_on.is_none() && told[0].revoked_on.is_none());
    assert_eq!(
        (told[1].status, told[1].revoked_on.unwrap().to_string().as_str()),
        (Status::ActiveWarning, "2025-10-01")
    );
    assert_eq!(told[2].status, Status::Active, "the register says active beside an open procedure");
    let subject = &page.mentions[0].subject;
    assert_eq!(
        (subject.name.as_str(), subject.city.as_deref()),
        ("SOCIETA' ACCIAI DORIVALE PERCHÉ S.P.A.", Some("BRESCIA"))
    );
    assert_eq!(subject.sector.unwrap().to_string(), "24.10", "the primary activity");
    assert_eq!(page.leftovers, []);
    assert!(!format!("{page:?}").contains("ROSSI"));
}

#[test]
fn a_code_without_words_has_the_words_it_is_known_by_and_an_unknown_one_is_a_leftover() {
    let procedure = |code: &str, words: &str| {
        let body = format!(
            "<blocchi-impresa><dati-identificativi c-fiscale=\"{TAX}\"/><procedure-concorsuali f-presenza-info=\"S\">\
             <procedura-concorsuale c-tipo=\"{code}\" tipo=\"{words}\" dt-atto=\"01/02/2026\"/></procedure-concorsuali>\
             </blocchi-impresa>"
        );
        let page = read_bytes(KIND, body.as_bytes()).unwrap();
        (statuses(&page)[0].clone(), page.leftovers.len())
    };
    for (code, status) in [
        ("LG", Status::InsolventLiquidation),
        ("LC", Status::InsolventLiquidation),
        ("LCA", Status::InsolventLiquidation),
        ("FALL", Status::InsolventLiquidation),
        ("CP", Status::Restructuring),
        ("COPR", Status::Restructuring),
        ("CSCI", Status::Restructuring),
        ("PRO", Status::Restructuring),
        ("ASP", Status::Restructuring),
        ("PU01", Status::ActiveWarning),
        ("PU11", Status::ActiveWarning),
        ("ESIM", Status::ActiveWarning),
        ("SL", Status::VoluntaryLiquidation),
    ] {
        let (change, n_leftovers) = procedure(code, "");
        assert_eq!((change.status, n_leftovers), (status, 0), "{code}");
        assert!(!change.procedure.unwrap().words.is_empty(), "{code}");
    }
    assert_eq!(procedure("QX", "CONVENZIONE DI MORATORIA").0.status, Status::Restructuring);
    assert_eq!(procedure("QX", "TRASFERIMENTO IN ALTRA PROVINCIA").0.status, Status::Active);
    let (unknown, n_leftovers) = procedure("QX", "PROVVEDIMENTO INNOMINATO");
    assert_eq!((unknown.status, n_leftovers), (Status::Unknown, 1));
}

#[test]
fn declared_and_not_shown_could_not_be_checked_and_an_empty_block_is_clean() {
    let block = |presence: &str| {
        let body = format!(
            "<blocchi-impresa><dati-identificativi c-fiscale=\"{TAX}\"/><procedure-concorsuali f-presenza-info=\"{presence}\"/>\
             </blocchi-impresa>"
        );
        read_bytes(KIND, body.as_bytes()).unwrap().mentions.remove(0).fact
    };
    assert_eq!(block("N"), Fact::Clean { what: "procedures".to_owned() });
    let Fact::CompanyStatus(unchecked) = block("S") else { panic!("not a state") };
    assert_eq!(unchecked.status, Status::CouldNotCheck);
    let head_only = format!("<blocchi-impresa><dati-identificativi c-fiscale=\"{TAX}\"/></blocchi-impresa>");
    assert!(of_kind(&read_bytes(KIND, head_only.as_bytes()).unwrap(), "clean").is_empty());
}

#[test]
fn a_company_that_was_struck_off_is_ceased() {
    let body = format!(
        "<blocchi-impresa><dati-identificativi c-fiscale=\"{TAX}\"><stato-attivita c=\"C\">CESSATA</stato-attivita>\
         </dati-identificativi><cancellazione-trasferimento><cancellazione causale=\"CANCELLAZIONE D'UFFICIO\" \
         dt-cancellazione=\"12/03/2026\"/></cancellazione-trasferimento></blocchi-impresa>"
    );
    let page = read_bytes(KIND, body.as_bytes()).unwrap();
    let told = statuses(&page);
    assert_eq!((told.len(), told[0].status), (1, Status::Ceased));
    assert_eq!(page.mentions[0].valid_at.to_string(), "2026-03-12");
}

#[test]
fn an_error_of_the_application_comes_with_http_200_and_is_no_clean_register() {
    let message = |words: &str| {
        format!(
            "<Risposta><Testata><Messaggio><CodiceErrore>0042</CodiceErrore><DescrizioneErrore>{words}</DescrizioneErrore>\
             <GravitaErrore>E</GravitaErrore></Messaggio></Testata></Risposta>"
        )
    };
    assert!(matches!(read_bytes(KIND, message("UTENTE NON ABILITATO").as_bytes()), Err(Misread::Refused(_))));
    let request = first_request(KIND, &dorivale());
    let busy = recorded(message("SERVIZIO NON DISPONIBILE, RIPROVARE").as_bytes());
    let busy = reader(KIND).read(&Answer { request: request.clone(), ..busy });
    assert!(matches!(busy, Err(Misread::NotNow(_))));
    let nothing = answered(&request, message("NESSUNA POSIZIONE TROVATA").as_bytes());
    assert_eq!(nothing.mentions[0].fact, Fact::Clean { what: "protests".to_owned() });
    assert_eq!(nothing.mentions[0].subject.identifiers[0].text(), TAX);
}

#[test]
fn a_found_company_leads_to_its_extract() {
    let list = format!(
        "<Risposta><Testata><Riepilogo><NumeroPosizioni>1</NumeroPosizioni></Riepilogo></Testata><ListaImpreseRI><Impresa>\
         <AnagraficaImpresa><Cciaa>BS</Cciaa><NRea>654321</NRea><Denominazione>ACCIAI DORIVALE</Denominazione><CodFisc>{TAX}\
         </CodFisc><DescStatoAttivita>ATTIVA</DescStatoAttivita><DescStatoAttivitaReg>IN CONCORDATO PREVENTIVO\
         </DescStatoAttivitaReg></AnagraficaImpresa></Impresa></ListaImpreseRI></Risposta>"
    );
    let page = answered(&first_request(KIND, &dorivale()), list.as_bytes());
    assert_eq!(statuses(&page)[0].status, Status::Restructuring, "the graver of the two states");
    assert!(page.next[0].url.as_str().ends_with("?cciaa=BS&nRea=654321"));
}

#[test]
fn a_person_s_tax_code_marks_a_person_whatever_the_element_is_called() {
    let body = String::from_utf8(fixture("infocamere/papers.xml")).unwrap().replace(TAX, "RCCMNL83S18D969H");
    assert!(read_bytes(KIND, body.as_bytes()).unwrap().mentions.iter().all(|m| m.subject.is_person));
}

#[test]
fn a_procedure_without_a_day_never_hides_a_graver_one_that_has_one() {
    let extract = |named: &str, listed: &str| {
        let body = format!(
            "<blocchi-impresa><dati-identificativi c-fiscale=\"{TAX}\"><tipi-procedure-concorsuali>{named}\
             </tipi-procedure-concorsuali></dati-identificativi><procedure-concorsuali f-presenza-info=\"S\">{listed}\
             </procedure-concorsuali></blocchi-impresa>"
        );
        let page = read_bytes(KIND, body.as_bytes()).unwrap();
        statuses(&page).iter().map(|change| change.status).collect::<Vec<_>>()
    };
    let named = |code: &str| format!("<tipo-procedura-concorsuale c-tipo=\"{code}\"/>");
    let dated = |code: &str| format!("<procedura-concorsuale c-tipo=\"{code}\" dt-atto=\"01/02/2026\"/>");
    assert_eq!(extract(&named("SL"), &dated("LG")), [Status::InsolventLiquidation]);
    assert_eq!(extract(&named("LG"), &dated("SL")), [Status::VoluntaryLiquidation, Status::InsolventLiquidation]);
    assert_eq!(extract(&(named("SL") + &named("LG")), ""), [Status::InsolventLiquidation]);
    let listed_bare = "<procedura-concorsuale c-tipo=\"LG\"/>";
    assert_eq!(extract("", listed_bare), [Status::InsolventLiquidation]);
}

#[test]
fn what_denies_a_right_or_shows_less_than_it_counts_is_no_clean_register() {
    let request = first_request(KIND, &dorivale());
    let ask = |body: &str| reader(KIND).read(&Answer { request: request.clone(), ..recorded(body.as_bytes()) });
    for words in ["NESSUNA ABILITAZIONE AL SERVIZIO", "UTENZA INESISTENTE", "SERVIZIO NON TROVATO"] {
        let body = format!(
            "<Risposta><Testata><Messaggio><CodiceErrore>0042</CodiceErrore><DescrizioneErrore>{words}\
             </DescrizioneErrore></Messaggio></Testata></Risposta>"
        );
        assert!(matches!(ask(&body), Err(Misread::Refused(_))), "{words}");
    }
    let head = "<Testata><Riepilogo><NumeroPosizioni>3</NumeroPosizioni></Riepilogo></Testata>";
    let none = ask(&format!("<Risposta>{head}<ListaAnagrafiche/></Risposta>"));
    assert!(matches!(none, Err(Misread::Quarantined(_))));
    for entry in [format!("<CodFisc>{TAX}</CodFisc>"), "<KAnagrafica>7</KAnagrafica>".to_owned()] {
        let entry = format!("<AnagraficaNominativo><Nominativo>A</Nominativo>{entry}</AnagraficaNominativo>");
        let page = ask(&format!("<Risposta>{head}<ListaAnagrafiche>{entry}</ListaAnagrafiche></Risposta>")).unwrap();
        assert_eq!((statuses(&page)[0].status, page.whole.len()), (Status::CouldNotCheck, 0), "{entry}");
    }
    for paper in ["<RegistroProtesti><Effetto><A>1</A></Effetto></RegistroProtesti>", "<Registro><A>1</A></Registro>"] {
        let page = ask(&format!("<Risposta><VisuraEffetto>{paper}</VisuraEffetto></Risposta>")).unwrap();
        assert_eq!((statuses(&page)[0].status, page.whole.len()), (Status::CouldNotCheck, 0), "{paper}");
    }
}

#[test]
fn a_request_for_a_concordato_is_a_procedure_and_an_unknown_element_is_no_empty_block() {
    let block = |inside: &str| {
        let body = format!(
            "<blocchi-impresa><dati-identificativi c-fiscale=\"{TAX}\"/><procedure-concorsuali>{inside}\
             </procedure-concorsuali></blocchi-impresa>"
        );
        let page = read_bytes(KIND, body.as_bytes()).unwrap();
        assert!(of_kind(&page, "clean").is_empty(), "{inside}");
        statuses(&page)[0].status
    };
    assert_eq!(block("<domanda-concordato dt-atto=\"01/02/2026\"/>"), Status::Restructuring);
    assert_eq!(block("<accordi-debiti>ACCORDO</accordi-debiti>"), Status::Restructuring);
    assert_eq!(block("<esercizio-provvisorio><a>1</a></esercizio-provvisorio>"), Status::CouldNotCheck);
}
