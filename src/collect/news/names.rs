//! Which company a text names: runs of capitalised words, weighed by what stands in and around them.

use super::{
    lexicon::{LEXICON, Marked, Role},
    tokens::Token,
};

/// In a headline with this share of capitalised words a capital says nothing: English likes it so.
const TITLE_CASE: (usize, usize) = (3, 4);

/// A run of words that may be a name.
struct Run {
    from: usize,
    to: usize,
}

/// A text whose names are looked for.
struct Text<'a> {
    marked: &'a Marked<'a>,
    /// Words that belong to phrases and so to no name.
    spoken: &'a [bool],
    is_title_case: bool,
    /// Every noun has a capital: a single one is no name without another reason.
    is_german: bool,
}

/// The best candidate, as it is written. `spoken` marks the words that belong to phrases and so to no name, `of_trade`
/// those that name a trade.
pub(super) fn company(marked: &Marked<'_>, spoken: &[bool], of_trade: &[bool], is_german: bool) -> Option<String> {
    let text = Text { marked, spoken, is_title_case: is_title_case(marked.tokens), is_german };
    let mut best: Option<(i32, Run)> = None;
    for run in text.runs() {
        // A trade alone is the trade, not a company of it.
        if of_trade.get(run.from..run.to).is_some_and(|words| words.iter().all(|is_trade| *is_trade)) {
            continue;
        }
        let score = text.score(&run);
        if score > 0 && best.as_ref().is_none_or(|(so_far, _)| score > *so_far) {
            best = Some((score, run));
        }
    }
    best.map(|(_, run)| written(marked.tokens, &run))
}

/// Whether a word is written as a name is.
fn is_capital(token: &Token) -> bool {
    token.raw.chars().next().is_some_and(char::is_uppercase) && token.raw.chars().count() > 1
}

fn is_title_case(words: &[Token]) -> bool {
    let long: Vec<&Token> = words.iter().filter(|w| w.raw.chars().count() >= 4 && !w.is_quoted).collect();
    let (part, whole) = TITLE_CASE;
    long.len() >= 4 && long.iter().filter(|w| is_capital(w)).count() * whole > long.len() * part
}

impl Text<'_> {
    fn word(&self, at: usize) -> Option<&Token> {
        self.marked.tokens.get(at)
    }

    fn is(&self, at: usize, role: Role) -> bool {
        LEXICON.is(self.marked, at, role)
    }

    fn same_clause(&self, a: usize, b: usize) -> bool {
        matches!((self.word(a), self.word(b)), (Some(a), Some(b)) if a.clause == b.clause)
    }

    /// Whether a word may belong to a name. A common word inside a sentence has its capital from a name (la cooperativa
    /// Nuova Aurora); at its beginning, from the sentence.
    fn may(&self, at: usize) -> bool {
        let begins_clause = || at.checked_sub(1).is_none_or(|before| !self.same_clause(before, at));
        let is_trade = || self.is(at, Role::Trade) || self.is(at, Role::Compound);
        // Kaufhaus Altenberg: a trade before a name is part of it, however common.
        let is_named = || is_trade() && self.same_clause(at, at + 1) && self.word(at + 1).is_some_and(is_capital);
        let is_common =
            || (self.is_title_case || self.is_german || begins_clause()) && self.is(at, Role::Common) && !is_named();
        let is_spoken = self.spoken.get(at).copied().unwrap_or(false) && !is_named();
        self.word(at).is_some_and(is_capital) && !is_spoken && !is_common() && !self.is(at, Role::Institution)
    }

    fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let mut at = 0;
        while at < self.marked.tokens.len() {
            if !self.may(at) {
                at += 1;
                continue;
            }
            let from = at;
            while self.may(at + 1) && self.same_clause(at, at + 1) || self.bridges(at) {
                at += if self.may(at + 1) { 1 } else { 2 };
            }
            let mut to = at + 1;
            // Numbers and legal forms belong to the name before them.
            while self.same_clause(at, to) && self.is_tail(to) {
                to += 1;
            }
            at = to;
            runs.push(Run { from, to });
        }
        // Somebody's words are not where the subject is named, unless they are nothing but a name.
        let is_speech = |run: &Run| {
            let clause = self.word(run.from).filter(|w| w.is_quoted).map(|w| w.clause);
            let n_of = |clause| self.marked.tokens.iter().filter(|w| w.clause == clause).count();
            clause.is_some_and(|clause| n_of(clause) > run.to - run.from)
        };
        runs.retain(|run| !is_speech(run));
        runs
    }

    /// A particle between two capitalised words, of the same clause.
    fn bridges(&self, at: usize) -> bool {
        let is_joined = |w: &Token| w.joint.is_some() && w.raw.chars().count() <= 2;
        let is_particle = self.is(at + 1, Role::Particle) || self.word(at + 1).is_some_and(is_joined);
        // A bridge from a first word that names no trade (`Sequestro della Guardia`) is grammar, not a name.
        is_particle && self.is(at, Role::Trade) && self.may(at + 2) && self.same_clause(at, at + 2)
    }

    fn is_tail(&self, at: usize) -> bool {
        let (Some(word), next) = (self.word(at), self.word(at + 1)) else { return false };
        let folded = word.folded.as_str();
        let is_number = folded.bytes().all(|b| b.is_ascii_digit()) && word.joint.is_none() && folded.len() <= 4;
        // `S.r.l.` comes as three letters.
        let is_letter = folded.len() == 1
            && (word.joint.is_some() || next.is_some_and(|n| n.joint.is_some() && n.folded.len() == 1));
        let is_number = is_number && (next.is_none() || self.is(at + 1, Role::Form));
        is_number || self.is(at, Role::Form) || is_letter || matches!(folded, "sociale" | "agricola")
    }

    fn score(&self, run: &Run) -> i32 {
        let has = |role: Role| (run.from..run.to).any(|at| self.is(at, role));
        let is_single = run.to - run.from == 1;
        let (is_form, is_trade, is_compound) = (has(Role::Form), has(Role::Trade), has(Role::Compound));
        // A trade alone is the trade, not a company of it.
        if is_single && is_trade {
            return 0;
        }
        let before = run.from.checked_sub(1);
        let is_introduced = before.is_some_and(|at| self.is(at, Role::Introduction) && self.same_clause(at, run.from));
        let is_quoted = self.word(run.from).is_some_and(|w| w.is_quoted);
        let leads = run.from == 0 && self.word(run.to).is_some_and(|w| !is_capital(w) && w.clause == 0);
        if self.is_german && is_single && !(is_form || is_introduced || is_quoted || leads) {
            return 0;
        }
        let mut score = 1 + i32::from(!is_single);
        score += 4 * i32::from(is_form);
        score += 3 * i32::from(is_trade || is_compound);
        score += i32::from(run.from <= 1);
        if before.is_some_and(|at| self.is(at, Role::BeforePlace)) && is_single && !is_compound {
            score -= 3;
        } else if is_introduced {
            score += 2;
        }
        score
    }
}

/// The name as it is written: joined words without a blank, a possessive taken off.
fn written(words: &[Token], run: &Run) -> String {
    let mut name = String::new();
    for token in words.get(run.from..run.to).unwrap_or_default() {
        match token.joint.filter(|_| !name.is_empty()) {
            Some('\'' | '’') if token.folded == "s" => continue,
            Some(joint) => name.push(joint),
            None if name.is_empty() => {}
            None if token.is_anded => name.push_str(" & "),
            None => name.push(' '),
        }
        name.push_str(&token.raw);
    }
    name
}
