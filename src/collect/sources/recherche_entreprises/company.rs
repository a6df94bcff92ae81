//! One company of the search.

use jiff::civil::Date;

use crate::{
    collect::sources::{france::subject_of, record::Record, reply::since},
    domain::{Country, Fact, Identifier, Identity, Mention, Nace, Procedure, Status, StatusChange, Subject},
};

/// Where a person can look a company up.
const PUBLIC_PAGE: &str = "https://annuaire-entreprises.data.gouv.fr/entreprise/";

/// What a company's record says: its state, its name, its address.
pub(super) fn mentions(mut company: Record, seen: Date) -> Vec<Mention> {
    let siren = company.text("siren");
    let identifier = siren.as_deref().and_then(|siren| Identifier::registry(Country::FR, siren).ok());
    if let (Some(siren), None) = (&siren, &identifier) {
        company.leave("siren", siren);
    }
    // A company that asked not to be shown: the register answers, and not about it.
    let is_hidden = company.word("statut_diffusion", |word| match word {
        "O" => Some(false),
        "P" | "N" => Some(true),
        _ => None,
    });
    let is_hidden = is_hidden == Some(true);
    let name = ["nom_raison_sociale", "nom_complet"].map(|member| company.text(member)).into_iter().flatten().next();
    let name = name.filter(|_| !is_hidden);
    let address = head_office(&mut company).filter(|_| !is_hidden);
    let (change, on) = state(&mut company, seen, is_hidden);
    let sector = sector(&mut company);
    let is_person = sole_trader(&mut company);
    ignore_known(&mut company);
    let label = identifier.as_ref().map_or_else(String::new, ToString::to_string);
    let subject = Subject { name: name.clone().unwrap_or_default(), sector, is_person, ..of(identifier) };
    let mention = |own_id: String, fact: Fact, on: Option<Date>| Mention {
        own_id,
        subject: subject.clone(),
        fact,
        valid_at: since(on, seen),
        published_at: None,
        is_official: true,
        url: (!label.is_empty()).then(|| format!("{PUBLIC_PAGE}{label}")),
    };
    let mut mentions = vec![mention(format!("status/{label}"), Fact::CompanyStatus(change), on)];
    // A sole trader's name and address are a natural person's.
    for (what, text) in [("legal_name", name), ("address", address)] {
        if let (Some(text), false) = (text, is_person) {
            let own_id = format!("{what}/{label}/{text}");
            let identity = Identity { what: what.to_owned(), text, valid_from: None, valid_until: None };
            mentions.push(mention(own_id, Fact::Identity(identity), None));
        }
    }
    mentions
}

fn of(identifier: Option<Identifier>) -> Subject {
    match identifier {
        Some(identifier) => subject_of(identifier, ""),
        None => Subject { country: Some(Country::FR), ..Subject::default() },
    }
}

/// The state, and since when: ceased, asleep (active without an open establishment), with a liquidator, active.
fn state(company: &mut Record, seen: Date, is_hidden: bool) -> (StatusChange, Option<Date>) {
    let letter = company.text("etat_administratif");
    let closed_on = company.day("date_fermeture");
    let n_open = company.text("nombre_etablissements_ouverts").and_then(|text| text.parse::<u64>().ok());
    let struck_off_on = struck_off_on(company).filter(|on| *on <= seen);
    let has_liquidator = has_liquidator(company);
    let plain = StatusChange::plain;
    let state = match letter.as_deref() {
        _ if is_hidden => (plain(Status::Unknown), None),
        Some("C") => {
            let words = if has_liquidator { "cessée, liquidateur nommé" } else { "cessée" };
            let procedure = Some(Procedure { code: "C".to_owned(), words: words.to_owned() });
            (StatusChange { procedure, ..plain(Status::Ceased) }, closed_on.or(struck_off_on))
        }
        // Wound up by its own members; when they stop, the register says "active" again, which takes this one's place.
        Some("A") if has_liquidator => (plain(Status::VoluntaryLiquidation), None),
        Some("A") if struck_off_on.is_some() => (plain(Status::ActiveWarning), struck_off_on),
        Some("A") if n_open == Some(0) => (plain(Status::Dormant), None),
        Some("A") => (plain(Status::Active), None),
        None => (plain(Status::Unknown), None),
        Some(other) => {
            company.leave("etat_administratif", other);
            (plain(Status::Unknown), None)
        }
    };
    company.ignore(&["nombre_etablissements"]);
    state
}

/// The day the company was taken out of the register of commerce.
fn struck_off_on(company: &mut Record) -> Option<Date> {
    let mut registration = company.record("immatriculation")?;
    let on = registration.day("date_radiation");
    registration.ignore(&[
        "date_debut_activite",
        "date_immatriculation",
        "duree_personne_morale",
        "date_fin_existence",
        "nature_entreprise",
        "date_cloture_exercice",
        "capital_social",
        "capital_variable",
        "devise_capital",
        "indicateur_associe_unique",
    ]);
    on
}

/// Whether one of the officers is a liquidator. Who it is, is not read.
fn has_liquidator(company: &mut Record) -> bool {
    let mut found = false;
    for mut officer in company.records("dirigeants") {
        found |= officer.text("qualite").is_some_and(|role| role.to_lowercase().contains("liquidateur"));
        officer.ignore_rest();
    }
    found
}

/// The activity: NAF, which is NACE Rev. 2 with a letter behind; the code of 2025 where there is no other.
fn sector(company: &mut Record) -> Option<Nace> {
    let mut sector = None;
    for member in ["activite_principale", "activite_principale_naf25"] {
        // "00.00Z" is the office's word for an activity that it does not know yet.
        if company.peek(member).and_then(|value| value.as_str()).is_some_and(|code| code.starts_with("00")) {
            company.ignore(&[member]);
        }
        sector = sector.or(company.word(member, |code| code.parse().ok()));
    }
    sector
}

/// The address of the head office, in one line.
fn head_office(company: &mut Record) -> Option<String> {
    let mut office = company.record("siege")?;
    let address = office.text("adresse");
    office.ignore_rest();
    address
}

/// 1000 is the legal form of a natural person in business.
fn sole_trader(company: &mut Record) -> bool {
    company.text("nature_juridique").as_deref() == Some("1000")
}

/// Known, and not for us: sizes, dates of upkeep, certificates, figures of the accounts.
fn ignore_known(company: &mut Record) {
    company.ignore(&[
        "nom_complet",
        "nom_raison_sociale",
        "sigle",
        "section_activite_principale",
        "categorie_entreprise",
        "caractere_employeur",
        "annee_categorie_entreprise",
        "date_creation",
        "date_mise_a_jour",
        "date_mise_a_jour_insee",
        "date_mise_a_jour_rne",
        "tranche_effectif_salarie",
        "annee_tranche_effectif_salarie",
        "matching_etablissements",
        "finances",
        "complements",
        "admin",
        "slug",
        "score",
        "nombre_etablissements",
    ]);
}
