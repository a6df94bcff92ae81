//! The file in words: what stands on its pages, in which order.

mod claim;
mod evidence;
mod identity;
mod ratings;
mod story;
mod summary;

use super::{bundle::Piece, gather::Gathered, words::Language};
use crate::{
    domain::{Glossary, Money, NOTICE, Sha256},
    paper::{Align, Block, Column, Paper, Row},
};

/// Who tells: what is known, in which language.
pub(in crate::desk::file) struct Teller<'a> {
    pub(in crate::desk::file) gathered: &'a Gathered,
    pub(in crate::desk::file) language: Language,
    pub(in crate::desk::file) glossary: &'a Glossary,
}

/// What lies beside the PDF.
pub(in crate::desk::file) struct Inventory<'a> {
    pub(in crate::desk::file) pieces: &'a [Piece],
    /// The hash of their lines in the list of hashes.
    pub(in crate::desk::file) sums: Sha256,
    /// The PDF's own name there.
    pub(in crate::desk::file) pdf: &'static str,
}

/// A paper, and what its limits cut.
pub(in crate::desk::file) struct Told {
    pub(in crate::desk::file) paper: Paper,
    pub(in crate::desk::file) cut: Vec<String>,
}

/// Puts the file into words.
pub(in crate::desk::file) fn paper(teller: &Teller<'_>, inventory: &Inventory<'_>, max_pages: usize) -> Told {
    let mut cut = Vec::new();
    let claim = claim::blocks(teller, &mut cut);
    let story = story::chronology(teller, &mut cut);
    let correspondence = story::correspondence(teller, &mut cut);
    let ratings = ratings::blocks(teller, &mut cut);
    let evidence = evidence::blocks(teller, inventory, &mut cut);
    let sections = [
        (teller.say("Sintesi", "Summary"), summary::blocks(teller)),
        (teller.say("Identità del debitore", "Who the debtor is"), identity::blocks(teller)),
        (teller.say("Il credito", "The claim"), claim),
        (teller.say("Cronologia", "Chronology"), story),
        (teller.say("Corrispondenza e azioni", "Correspondence and actions"), correspondence),
        (teller.say("Il rating nel tempo", "Ratings over time"), ratings),
        (teller.say("Documenti e impronte", "Documents and hashes"), evidence),
        (teller.say("Avvertenze", "Notes"), evidence::notes(teller, &cut)),
    ];
    let mut blocks = teller.title();
    for (place, (title, section)) in sections.into_iter().enumerate() {
        blocks.push(Block::Heading(format!("{}. {title}", place + 1)));
        blocks.extend(section);
        if place == 0 {
            blocks.push(Block::Contents(teller.say("Indice", "Contents").to_owned()));
            blocks.push(Block::NewPage);
        }
    }
    Told { paper: teller.bound(blocks, max_pages), cut }
}

impl Teller<'_> {
    /// One of two texts.
    fn say(&self, italian: &'static str, english: &'static str) -> &'static str {
        self.language.say(italian, english)
    }

    /// The same, as a text of its own.
    fn text(&self, italian: &'static str, english: &'static str) -> String {
        self.say(italian, english).to_owned()
    }

    fn money(&self, money: Money) -> String {
        let text = money.to_string();
        let decimal = text.split(' ').next().unwrap_or_default();
        self.language.money(decimal, money.currency().code())
    }

    fn title(&self) -> Vec<Block> {
        let Self { gathered, language, .. } = self;
        let creditor = gathered.creditor.as_ref().map_or(gathered.portfolio.as_str(), |creditor| creditor.name());
        let below = [
            gathered.client.facts.who.name.clone(),
            format!("{} {}", self.say("codice", "code"), gathered.client.code),
            format!("{} {creditor}", self.say("creditore", "creditor")),
            format!("{} {}", self.say("situazione al", "as of"), language.day(gathered.as_of.valid_at)),
            format!(
                "{} {}",
                self.say("secondo quanto noto il", "as known at"),
                language.instant(gathered.as_of.known_at)
            ),
        ];
        vec![Block::Title(self.text("Fascicolo del credito", "Credit file"), below.join("  ·  "))]
    }

    fn bound(&self, blocks: Vec<Block>, max_pages: usize) -> Paper {
        let Self { gathered, language, .. } = self;
        let (name, code) = (&gathered.client.facts.who.name, &gathered.client.code);
        let when_cut = match self.language {
            Language::Italian => format!(
                "Questo documento finisce qui: ha al massimo {max_pages} pagine. I dati completi sono nelle tabelle allegate."
            ),
            Language::English => {
                format!("This document ends here: it has at most {max_pages} pages. The tables beside it are complete.")
            }
        };
        let title = self.say("Fascicolo del credito", "Credit file");
        Paper {
            title: format!("{title} – {name} ({code})"),
            head: format!("{title} – {name} ({code}) – {}", language.day(gathered.as_of.valid_at)),
            language: language.code(),
            page_words: if language.is_italian() { ("Pagina", "di") } else { ("Page", "of") },
            at: gathered.as_of.known_at,
            id: format!(
                "vedetta:{}:{code}:{}:{}",
                gathered.portfolio, gathered.as_of.valid_at, gathered.as_of.known_at
            ),
            blocks,
            max_pages,
            when_cut,
        }
    }

    /// What this is not, in the reader's language and as the law names it.
    fn notice(&self) -> String {
        match self.language {
            Language::Italian => format!(
                "Punteggio interno, non un rating del credito ai sensi del Regolamento (CE) n. 1060/2009 ({NOTICE})."
            ),
            Language::English => format!("This is an {NOTICE}."),
        }
    }
}

/// A column of words.
fn words(title: impl Into<String>, share: f32) -> Column {
    Column { title: title.into(), share, align: Align::Left }
}

/// A column of numbers.
fn numbers(title: impl Into<String>, share: f32) -> Column {
    Column { title: title.into(), share, align: Align::Right }
}

fn row(cells: Vec<String>) -> Row {
    Row { cells, is_total: false }
}

fn total(cells: Vec<String>) -> Row {
    Row { cells, is_total: true }
}
