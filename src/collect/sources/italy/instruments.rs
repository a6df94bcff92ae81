//! Protested papers: what they are and what became of them, by the words or by the codes of the register.

use crate::domain::{Instrument, ProtestState};

/// Bills (*cambiale, vaglia, pagherò, tratta*) and cheques, by the word or by the code's letter.
pub(in crate::collect::sources) fn instrument_of(text: &str) -> Option<Instrument> {
    let text = text.to_lowercase();
    let any = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match text.as_str() {
        "c" | "t" | "v" => Some(Instrument::Bill),
        "a" => Some(Instrument::Cheque),
        _ if any(&["assegn"]) => Some(Instrument::Cheque),
        _ if any(&["cambial", "pagher", "tratta", "vaglia"]) => Some(Instrument::Bill),
        _ => None,
    }
}

/// What became of a protest: in the register, annotated as paid late, taken out.
pub(in crate::collect::sources) fn protest_state_of(text: &str) -> Option<ProtestState> {
    let text = text.to_lowercase();
    match text.as_str() {
        "n" | "normale" => Some(ProtestState::Standing),
        "a" => Some(ProtestState::Annotated),
        _ if text.contains("annota") => Some(ProtestState::Annotated),
        _ if text.contains("cancell") || text.contains("riabilit") => Some(ProtestState::Cancelled),
        _ => None,
    }
}
