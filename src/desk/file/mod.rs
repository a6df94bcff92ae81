//! The file for the lawyer: everything about a client and its debt in one archive, so that who goes to court begins with what
//! was collected before.
//!
//! A ZIP holds a PDF to read, the facts as tables to calculate with, the archived documents to prove them, and `SHA256SUMS`
//! over all of it. Nothing is decided here: what the ledger, the treatment, the signals and the ratings say is read as of one
//! moment (`gather`) and put into words (`compose`), tables (`tables`) and pages ([`crate::paper`]).
//!
//! # Why
//!
//! *Why may whoever reads take it?* Every part of it is answered to a key that reads: ledger, actions, signals, evidence. To ask
//! for more would only make people collect the parts by hand. What is added is the gathering, so it leaves a row in the audit
//! log with the name of whoever took it and the hash of what was taken.
//!
//! *Why are files of the creditor's named and not enclosed?* A list of clients or a bank's statement tells of others, who are
//! no party to this claim. An electronic invoice has one buyer, and is. The hash says which file it was; the archive has it.
//!
//! *Why does the PDF name the hash of the list without its own line?* It cannot hold a hash of itself. The list in the archive
//! has it; `grep -v` of that one line gives back what the PDF names.
//!
//! *Why are the bytes the same for the same moment?* Two lawyers with two copies must be able to see that they have the same
//! one. Both clocks are part of the file; nothing of the day on which it was made is.

mod bundle;
mod compose;
mod documents;
mod gather;
mod sheets;
mod tables;
mod words;

use serde_json::json;

use self::{
    bundle::{Piece, pack, sums},
    compose::Inventory,
    gather::Gathered,
};
use super::{Desk, Moment, Result, Wanted, place_for_a_heavy_question};
use crate::{domain::Sha256, paper};

pub use words::Language;

/// The PDF in the archive.
const PDF: &str = "dossier.pdf";
/// Pages of the PDF: who reads more looks things up in the tables.
const MAX_PAGES: usize = 400;
/// Characters of a client's code in a file's name.
const MAX_NAME_CHARS: usize = 60;

/// Which file is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileOrder {
    /// As of which moment; the present for a clock that is not set.
    pub moment: Moment,
    /// In which language.
    pub language: Language,
    /// What is taken of it.
    pub kind: FileKind,
}

/// What is taken of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// All of it, as a ZIP archive.
    Archive,
    /// What there is to read, as a PDF.
    Pdf,
}

impl FileKind {
    /// How names of such files end.
    pub const fn ending(self) -> &'static str {
        match self {
            Self::Archive => "zip",
            Self::Pdf => "pdf",
        }
    }

    /// The media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Archive => "application/zip",
            Self::Pdf => "application/pdf",
        }
    }
}

/// The file of a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFile {
    /// A name for it, in plain letters: `dossier-C-1042-2026-11-20.zip`.
    pub name: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Their hash.
    pub sha256: Sha256,
    /// Pages of the PDF.
    pub n_pages: usize,
    /// Documents that the archive holds.
    pub n_documents: usize,
    /// Documents that are named and are not in it.
    pub n_named: usize,
    /// What a limit cut, in sentences of the file's language.
    pub cut: Vec<String>,
}

impl Desk {
    /// The file of a client as of a moment: of a merged client, that of the client it is rated as. Whoever takes it is noted in
    /// the audit log before it leaves.
    pub async fn client_file(&self, wanted: &Wanted<'_>, order: FileOrder) -> Result<ClientFile> {
        let place = place_for_a_heavy_question().await?;
        let gathered = self.gather(wanted, &order).await?;
        let glossary = self.rescorer.glossary();
        let made = tokio::task::spawn_blocking(move || {
            let teller = compose::Teller { gathered: &gathered, language: order.language, glossary: &glossary };
            make(&teller, order.kind).map(|file| (file, gathered.client.code.clone(), gathered.as_of))
        });
        let (file, code, as_of) = made.await??;
        drop(place);
        let details = json!({
            "kind": order.kind.ending(), "sha256": file.sha256.to_string(), "valid_at": as_of.valid_at.to_string(),
            "known_at": as_of.known_at.to_string(), "documents": file.n_documents,
        });
        self.note(wanted.caller, "file.taken", code.as_str(), &details).await?;
        Ok(file)
    }
}

/// Makes the file from what was gathered.
fn make(teller: &compose::Teller<'_>, kind: FileKind) -> Result<ClientFile> {
    let gathered = teller.gathered;
    let mut pieces = tables::pieces(teller)?;
    for document in &gathered.documents.0 {
        if let (Some(path), Ok(bytes)) = (document.path(), &document.bytes) {
            pieces.push(Piece { path, bytes: bytes.clone(), sha256: document.sha256 });
        }
    }
    let listed = sums(&pieces);
    let inventory = Inventory { pieces: &pieces, sums: Sha256::of(listed.as_bytes()), pdf: PDF };
    let told = compose::paper(teller, &inventory, MAX_PAGES);
    let set = paper::set(&told.paper)?;
    let mut cut = told.cut;
    if set.is_cut {
        cut.push(told.paper.when_cut);
    }
    let (n_pages, n_documents) = (set.n_pages, gathered.documents.n_enclosed());
    let bytes = match kind {
        FileKind::Pdf => set.pdf,
        FileKind::Archive => {
            pieces.push(Piece::new(PDF, set.pdf));
            pack(&pieces)?
        }
    };
    Ok(ClientFile {
        name: name_of(gathered, kind),
        sha256: Sha256::of(&bytes),
        bytes,
        n_pages,
        n_documents,
        n_named: gathered.documents.0.len() - n_documents,
        cut,
    })
}

/// A name that every system takes, whatever the client's code is.
fn name_of(gathered: &Gathered, kind: FileKind) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || c == '-' || c == '_' { c } else { '-' };
    let code: String = gathered.client.code.as_str().chars().take(MAX_NAME_CHARS).map(plain).collect();
    format!("dossier-{code}-{}.{}", gathered.as_of.valid_at, kind.ending())
}
