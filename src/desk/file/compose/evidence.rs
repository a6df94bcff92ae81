//! What was read and its hashes, what lies in the archive, and what the reader must know of limits.

use super::{Inventory, Teller, row, words};
use crate::{
    desk::file::{
        bundle::{Piece, SUMS},
        documents::{Absent, Document, MAX_BYTES, MAX_DOCUMENTS},
    },
    paper::{Block, Table},
};

pub(super) fn blocks(teller: &Teller<'_>, inventory: &Inventory<'_>, cut: &mut Vec<String>) -> Vec<Block> {
    let documents = &teller.gathered.documents;
    let mut blocks = vec![Block::Subheading(teller.text("Documenti letti", "Documents that were read"))];
    if documents.0.is_empty() {
        blocks.push(Block::Text(teller.text("Nessun documento.", "No document.")));
    }
    blocks.extend(documents.0.iter().enumerate().map(|(place, document)| entry(teller, place + 1, document)));
    if documents.is_cut() {
        let (n, mebibytes) = (documents.n_enclosed(), MAX_BYTES >> 20);
        cut.push(if teller.language.is_italian() {
            format!("Sono allegati {n} documenti (al massimo {MAX_DOCUMENTS}, {mebibytes} MiB); gli altri sono elencati con la loro impronta.")
        } else {
            format!("{n} documents are enclosed (at most {MAX_DOCUMENTS}, {mebibytes} MiB); the others are listed with their hashes.")
        });
    }
    if teller.gathered.left_out.signals {
        cut.push(teller.text(
            "Le fonti hanno più registrazioni di quante il fascicolo ne riporta: mancano le più vecchie.",
            "Sources have more records than this file tells: the oldest are left out.",
        ));
    }
    if teller.gathered.left_out.steps {
        cut.push(teller.text(
            "Il punteggio ha più passi di quanti il fascicolo ne riporta: mancano i più vecchi.",
            "The rating has more steps than this file tells: the oldest are left out.",
        ));
    }
    blocks.extend(enclosed(teller, inventory));
    blocks
}

fn entry(teller: &Teller<'_>, number: usize, document: &Document) -> Block {
    let language = teller.language;
    let source = match document.is_own() {
        true => teller.text("creditore", "creditor"),
        false => document.sources.join(", "),
    };
    let seen = format!("{} {}", teller.say("letto il", "read on"), language.instant(document.seen_at));
    let state = match &document.bytes {
        Ok(_) => {
            let path = document.path().unwrap_or_default();
            format!("{}: {}", teller.say("allegato", "enclosed"), path)
        }
        Err(Absent::TellsOfOthers) => teller.text(
            "non allegato: è un file del creditore che può riguardare anche altri clienti",
            "not enclosed: a file of the creditor's that may tell of other clients as well",
        ),
        Err(Absent::Gone) => teller.text("non allegato: non è più conservato", "not enclosed: it is no longer kept"),
        Err(Absent::TooMany) => teller.text("non allegato: limite raggiunto", "not enclosed: the limit was met"),
    };
    let lines = vec![document.url.clone(), format!("SHA-256 {}", document.sha256), state];
    Block::Entry(format!("{number}. {source}  ·  {seen}"), lines)
}

/// What else lies in the archive, and how it is checked.
fn enclosed(teller: &Teller<'_>, inventory: &Inventory<'_>) -> Vec<Block> {
    let Inventory { pieces, sums, pdf } = inventory;
    // Documents were listed above, each with what it says; no document's name ends so.
    let is_table = |piece: &&Piece| !piece.path.starts_with("evidence/") || piece.path.ends_with(".csv");
    let mut tables: Vec<&Piece> = pieces.iter().filter(is_table).collect();
    tables.sort_by(|a, b| a.path.cmp(&b.path));
    let mut blocks = vec![Block::Subheading(teller.text("Tabelle allegate", "Tables enclosed"))];
    blocks
        .extend(tables.iter().map(|piece| Block::Entry(piece.path.clone(), vec![format!("SHA-256 {}", piece.sha256)])));
    let text = if teller.language.is_italian() {
        format!(
            "Il file {SUMS} elenca l'impronta SHA-256 di ogni file dell'archivio; si verifica con «sha256sum -c {SUMS}». Senza la \
             riga di {pdf}, che non può contenere la propria impronta, quell'elenco ha l'impronta {sums} \
             («grep -v {pdf} {SUMS} | sha256sum»)."
        )
    } else {
        format!(
            "{SUMS} lists the SHA-256 of every file in the archive; check it with \"sha256sum -c {SUMS}\". Without the line of \
             {pdf}, which cannot hold its own hash, the hash of that list is {sums} (\"grep -v {pdf} {SUMS} | sha256sum\")."
        )
    };
    blocks.push(Block::Subheading(teller.text("Come si verifica", "How to check")));
    blocks.push(Block::Text(text));
    blocks.push(Block::Entry(teller.text("Impronta dell'elenco", "Hash of the list"), vec![format!("SHA-256 {sums}")]));
    blocks
}

/// What the reader must know: the two clocks, what never appears, which signs could not be printed, what was cut.
pub(super) fn notes(teller: &Teller<'_>, cut: &[String]) -> Vec<Block> {
    let language = teller.language;
    let as_of = teller.gathered.as_of;
    let (day, known) = (language.day(as_of.valid_at), language.instant(as_of.known_at));
    let clocks = if language.is_italian() {
        format!(
            "Il fascicolo dice che cosa era vero il {day}, secondo quanto il creditore sapeva il {known}. Richiesto per lo stesso \
             momento ha gli stessi byte, finché nessun fatto viene ritirato o cancellato."
        )
    } else {
        format!(
            "This file says what was so on {day}, as far as the creditor knew at {known}. Asked for the same moment it has the \
             same bytes, as long as no fact is withdrawn or erased."
        )
    };
    let mut blocks = vec![Block::Text(clocks)];
    blocks.push(Block::Text(teller.text(
        "Fatti ritirati, cancellati o scaduti per legge non compaiono, né nelle pagine né nelle tabelle né negli allegati.",
        "Facts that were withdrawn, erased, or are past their legal term do not appear: neither on the pages, nor in the tables, nor among the documents.",
    )));
    blocks.push(Block::Text(teller.text(
        "Il segno \u{FFFD} sta per un carattere che il tipo di stampa non ha; il testo intero è nelle tabelle.",
        "The sign \u{FFFD} stands for a character that the typeface does not have; the whole text is in the tables.",
    )));
    blocks.push(Block::Text(teller.notice()));
    if cut.is_empty() {
        blocks.push(Block::Text(teller.text("Nulla è stato tagliato.", "Nothing was cut.")));
    } else {
        let rows = cut.iter().map(|sentence| row(vec![sentence.clone()])).collect();
        let columns = vec![words(teller.say("Che cosa è stato tagliato", "What was cut"), 1.0)];
        blocks.push(Block::Table(Table { columns, rows }));
    }
    blocks
}
