//! What a judgment means, by its *nature*: the rules of the directory of French companies (`bodacc/rule.yml` of
//! annuaire-entreprises-data-gouv-fr/search-infra), in their order, the first that fits decides. A nature that no rule
//! knows is read by the words it holds.

use super::text::{folded, holds, is_same};
use crate::domain::Status;

/// What a judgment does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A procedure is opened, extended, or takes the place of another; with the rules' own word for it.
    Opens(Status, &'static str),
    /// A procedure of this kind has ended.
    Ends(Status),
    /// A decision that opened a procedure of this kind is taken back.
    Revokes(Status),
    /// Nothing changes: an organ is named, a list is filed.
    Informs,
}

const LIQUIDATION: Meaning = Meaning::Opens(Status::InsolventLiquidation, "liquidation_judiciaire");
const REDRESSEMENT: Meaning = Meaning::Opens(Status::Restructuring, "redressement_judiciaire");
const SAUVEGARDE: Meaning = Meaning::Opens(Status::Restructuring, "sauvegarde");
/// A plan that failed, with nothing said of what comes next: no procedure, and no good news.
const PLAN_FAILED: Meaning = Meaning::Opens(Status::ActiveWarning, "resolution_du_plan");
const LIQUIDATION_ENDS: Meaning = Meaning::Ends(Status::InsolventLiquidation);
const SAUVEGARDE_ENDS: Meaning = Meaning::Ends(Status::Restructuring);

/// A rule: the nature, a text the complement must hold, what it means. Folded: no accents, lower case.
type Rule = (&'static str, &'static str, Meaning);

const RULES: [Rule; 53] = [
    ("jugement d'ouverture de liquidation judiciaire", "", LIQUIDATION),
    ("jugement d'extension de liquidation judiciaire", "", LIQUIDATION),
    ("jugement de conversion en liquidation judiciaire", "", LIQUIDATION),
    ("jugement de conversion en liquidation judiciaire de la procedure de sauvegarde", "", LIQUIDATION),
    (
        "jugement de conversion en liquidation judiciaire de la procedure de sauvegarde financiere acceleree",
        "",
        LIQUIDATION,
    ),
    ("jugement prononcant la resolution du plan de sauvegarde et la liquidation judiciaire", "", LIQUIDATION),
    ("jugement prononcant la resolution du plan de sauvegarde acceleree et la liquidation judiciaire", "", LIQUIDATION),
    (
        "jugement prononcant la resolution du plan de sauvegarde financiere acceleree et la liquidation judiciaire",
        "",
        LIQUIDATION,
    ),
    ("jugement prononcant la resolution du plan de cession et la liquidation judiciaire", "", LIQUIDATION),
    (
        "jugement prononcant la resolution du plan de traitement de sortie de crise et la liquidation judiciaire",
        "",
        LIQUIDATION,
    ),
    (
        "jugement mettant fin a la procedure de traitement de sortie de crise et ouvrant une procedure de liquidation \
         judiciaire",
        "",
        LIQUIDATION,
    ),
    ("autre jugement prononcant", "liquidation judiciaire", LIQUIDATION),
    ("autre jugement d'ouverture", "liquidation judiciaire", LIQUIDATION),
    ("jugement d'ouverture d'une procedure de redressement judiciaire", "", REDRESSEMENT),
    ("jugement d'extension d'une procedure de redressement judiciaire", "", REDRESSEMENT),
    ("jugement prononcant la resolution du plan de sauvegarde et le redressement judiciaire", "", REDRESSEMENT),
    ("jugement de conversion en redressement judiciaire de la procedure de sauvegarde", "", REDRESSEMENT),
    (
        "jugement de conversion en redressement judiciaire de la procedure de sauvegarde financiere acceleree",
        "",
        REDRESSEMENT,
    ),
    (
        "jugement mettant fin a la procedure de traitement de sortie de crise et ouvrant une procedure de redressement \
         judiciaire",
        "",
        REDRESSEMENT,
    ),
    ("autre jugement prononcant", "redressement judiciaire", REDRESSEMENT),
    ("autre jugement d'ouverture", "redressement judiciaire", REDRESSEMENT),
    ("jugement d'ouverture d'une procedure de sauvegarde", "", SAUVEGARDE),
    ("jugement d'extension d'une procedure de sauvegarde", "", SAUVEGARDE),
    ("jugement d'ouverture d'une procedure de sauvegarde acceleree", "", SAUVEGARDE),
    ("jugement d'ouverture d'une procedure de sauvegarde financiere acceleree", "", SAUVEGARDE),
    ("autre jugement prononcant", "sauvegarde", SAUVEGARDE),
    ("autre jugement d'ouverture", "sauvegarde", SAUVEGARDE),
    ("jugement de plan de redressement", "continuation de l'activite", SAUVEGARDE_ENDS),
    ("jugement de cloture pour insuffisance d'actif", "", LIQUIDATION_ENDS),
    ("jugement de cloture pour extinction du passif", "", LIQUIDATION_ENDS),
    (
        "jugement de cloture pour insuffisance d'actif et autorisant la reprise des poursuites individuelles",
        "",
        LIQUIDATION_ENDS,
    ),
    ("jugement de cloture de la liquidation des biens pour insuffisance d'actif", "", LIQUIDATION_ENDS),
    ("jugement de cloture de la liquidation des biens pour extinction du passif", "", LIQUIDATION_ENDS),
    ("jugement de cloture de la procedure de sauvegarde", "", SAUVEGARDE_ENDS),
    ("jugement prononcant la cloture de la procedure de retablissement professionnel", "", SAUVEGARDE_ENDS),
    ("jugement prononcant la resolution du plan de sauvegarde", "", PLAN_FAILED),
    ("autre jugement de liquidation des biens", "", Meaning::Informs),
    ("autre jugement de cloture", "", LIQUIDATION_ENDS),
    ("autre arret de la cour d'appel", "", Meaning::Informs),
    (
        "arret de la cour d'appel infirmant une decision soumise a publicite",
        "",
        Meaning::Revokes(Status::InsolventLiquidation),
    ),
    ("jugement d'ouverture d'une procedure de traitement de sortie de crise", "", Meaning::Informs),
    ("jugement de designation des organes de la procedure", "", Meaning::Informs),
    ("jugement accordant un delai pour deposer la liste des creances", "", Meaning::Informs),
    ("depot de l'etat des creances", "", Meaning::Informs),
    ("depot de l'etat des creances loi de 1985", "", Meaning::Informs),
    ("depot de l'etat de collocation", "", Meaning::Informs),
    ("depot du projet de repartition", "", Meaning::Informs),
    ("depot de l'etat des creances et du projet de repartition", "", Meaning::Informs),
    (
        "liste des creances nees apres le jugement d'ouverture d'une procedure de liquidation judiciaire",
        "",
        Meaning::Informs,
    ),
    (
        "liste des creances nees apres le jugement d'ouverture d'une procedure de redressement judiciaire",
        "",
        Meaning::Informs,
    ),
    ("autre avis de depot", "", Meaning::Informs),
    ("autre jugement prononcant", "", Meaning::Informs),
    ("autre jugement d'ouverture", "", Meaning::Informs),
];

/// Families of judgments that inform and decide nothing, unless a rule knows their nature.
const INFORMING_FAMILIES: [&str; 3] = ["avis de depot", "extrait de jugement", "loi de 1967"];

/// What a nature that no rule knows holds when it decides nothing.
const INFORMING_WORDS: [&str; 16] = [
    "liste des",
    "depot",
    "designa",
    "nomm",
    "nomination",
    "remplace",
    "delai",
    "proroge",
    "prolonge",
    "prorogation",
    "interdiction",
    "faillite personnelle",
    "report",
    "modifi",
    "rejet",
    "poursuite de l'activite",
];

/// What a judgment of this family, nature and complement means; none when nobody can tell.
pub(super) fn meaning(family: &str, nature: &str, complement: &str) -> Option<Meaning> {
    let (family, nature, complement) = (folded(family), folded(nature), folded(complement));
    let fits = |rule: &&Rule| is_same(&nature, rule.0) && (rule.1.is_empty() || holds(&complement, rule.1));
    match RULES.iter().find(fits).map(|rule| rule.2) {
        // An ending tells in its complement which procedure it ends, where the nature does not.
        Some(Meaning::Ends(status)) => Some(Meaning::Ends(kind(&nature).or(kind(&complement)).unwrap_or(status))),
        Some(Meaning::Revokes(status)) => Some(Meaning::Revokes(kind(&complement).unwrap_or(status))),
        Some(known) => Some(known),
        None if INFORMING_FAMILIES.iter().any(|known| is_same(&family, known)) => Some(Meaning::Informs),
        None => by_words(&nature, &complement),
    }
}

fn by_words(nature: &str, complement: &str) -> Option<Meaning> {
    let has = |word: &str| holds(nature, word);
    let named = kind(nature).or_else(|| kind(complement));
    if has("infirm") || has("retract") || has("annulant") {
        return Some(Meaning::Revokes(named.unwrap_or(Status::InsolventLiquidation)));
    }
    // A closing that is put off or refused is none: these words come first.
    if INFORMING_WORDS.iter().any(|word| has(word)) {
        return None;
    }
    if has("reouver") {
        return Some(LIQUIDATION);
    }
    if has("cloture") {
        return Some(Meaning::Ends(named.unwrap_or(Status::InsolventLiquidation)));
    }
    // The business is sold, and the procedure in which it is goes on.
    if has("plan de cession") && (has("arretant") || has("adoptant") || has("homologuant")) {
        return Some(Meaning::Informs);
    }
    // A plan that a court adopts ends the procedure that prepared it.
    if (has("arretant") || has("adoptant") || has("homologuant")) && has("plan de ") {
        return Some(Meaning::Ends(Status::Restructuring));
    }
    opening(nature)
}

/// The procedure a nature opens. What a conversion or an opening leads to stands behind these words; what it leads from,
/// before or behind.
fn opening(nature: &str) -> Option<Meaning> {
    let after = |mark: &str| nature.split_once(mark).map(|(_, rest)| rest);
    if let Some(target) = after("conversion en ") {
        return [LIQUIDATION, REDRESSEMENT, SAUVEGARDE].into_iter().find(|m| holds_first(target, *m));
    }
    let target = after("ouvrant ").unwrap_or(nature);
    if holds(target, "liquidation judiciaire") {
        return Some(LIQUIDATION);
    }
    if holds(target, "redressement judiciaire") {
        return Some(REDRESSEMENT);
    }
    (holds(target, "procedure de sauvegarde") || holds(target, "ouverture de sauvegarde")).then_some(SAUVEGARDE)
}

fn holds_first(target: &str, meaning: Meaning) -> bool {
    let Meaning::Opens(_, word) = meaning else { return false };
    let words = word.replace('_', " ");
    target.get(..words.len()).is_some_and(|head| is_same(head, &words))
}

/// The kind of procedure a text speaks of.
fn kind(text: &str) -> Option<Status> {
    if holds(text, "liquidation") {
        return Some(Status::InsolventLiquidation);
    }
    let softer = ["redressement", "sauvegarde", "retablissement professionnel", "sortie de crise"];
    softer.iter().any(|word| holds(text, word)).then_some(Status::Restructuring)
}
