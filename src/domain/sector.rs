use std::{fmt, str::FromStr};

use super::WordError;

/// An activity by NACE Rev. 2 / ATECO: a section letter, or two to six digits.
///
/// All the common spellings mean the same: `62.01`, `6201`, `62.01.00`, `256200`, `C25`, `C 25.62`, `NACE 62.01`.
/// A single section letter (`C`) is a sector too: statistics use it. Shown as `62.01`, `62.01.00` or `C`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Nace {
    /// The digits, left aligned, zero bytes behind; or the letter in the first place.
    code: [u8; 6],
}

impl Nace {
    fn places(self) -> usize {
        self.code.iter().take_while(|c| **c != 0).count()
    }

    /// The two-digit division (25 of `25.62`), where the code has one.
    pub fn division(self) -> Option<u8> {
        match self.code {
            [a, b, ..] if a.is_ascii_digit() && b.is_ascii_digit() => Some((a - b'0') * 10 + (b - b'0')),
            _ => None,
        }
    }

    /// The section letter of NACE Rev. 2 (Regulation (EC) No 1893/2006, Annex I).
    pub fn section(self) -> char {
        let Some(division) = self.division() else { return char::from(self.code[0]) };
        match division {
            0..=3 => 'A',
            4..=9 => 'B',
            10..=33 => 'C',
            34..=35 => 'D',
            36..=39 => 'E',
            40..=43 => 'F',
            44..=47 => 'G',
            48..=53 => 'H',
            54..=56 => 'I',
            57..=63 => 'J',
            64..=66 => 'K',
            67..=68 => 'L',
            69..=75 => 'M',
            76..=82 => 'N',
            83..=84 => 'O',
            85 => 'P',
            86..=88 => 'Q',
            89..=93 => 'R',
            94..=96 => 'S',
            97..=98 => 'T',
            _ => 'U',
        }
    }

    /// The code in NACE Rev. 2, where it is one that only Rev. 2.1 (ATECO 2025) has: the repair of motor vehicles moved
    /// from 45.2 to 95.3. Everything else keeps its division, and a digit code does not say of which edition it is.
    /// Source: Delegated Regulation (EU) 2023/137, Annex, and Eurostat's correspondence table.
    fn in_rev_2(self) -> Self {
        if self.code.starts_with(b"953") { Self { code: *b"452\0\0\0" } } else { self }
    }

    /// Whether a statistic published under `heading` (a section, a division, or a range such as `B-E`) covers us.
    pub fn is_within(self, heading: &str) -> bool {
        heading.parse::<Heading>().is_ok_and(|h| h.covers(self))
    }
}

/// A heading that statistics are published under, read once: `C`, `C25`, `25.62`, `B-E`, `C10-C12`, `B-S_X_O_S94`
/// (from B to S, except O and S94).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    span: Span,
    except: Vec<Span>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Span {
    Sections(char, char),
    Divisions(u8, u8),
    Code(Nace),
}

impl Heading {
    /// Whether an activity falls under this heading. A code that only Rev. 2.1 has is covered by its own heading there, and
    /// by that of its place in Rev. 2.
    pub fn covers(&self, nace: Nace) -> bool {
        let is_in = |nace: Nace| self.span.covers(nace) && !self.except.iter().any(|s| s.covers(nace));
        is_in(nace) || (nace.in_rev_2() != nace && is_in(nace.in_rev_2()))
    }

    /// How narrow it is: 0 for a range of sections, then the places of the code; the narrowest says most about a company.
    pub fn narrowness(&self) -> usize {
        match self.span {
            Span::Sections(..) => 0,
            Span::Divisions(..) => 2,
            Span::Code(code) => code.places(),
        }
    }
}

impl Span {
    fn covers(self, nace: Nace) -> bool {
        match self {
            Self::Sections(from, to) => (from..=to).contains(&nace.section()),
            Self::Divisions(from, to) => nace.division().is_some_and(|d| (from..=to).contains(&d)),
            Self::Code(code) if code.division().is_none() => code.section() == nace.section(),
            Self::Code(code) => code.code[..code.places()] == nace.code[..code.places()],
        }
    }

    fn parse(text: &str) -> Result<Self, WordError> {
        if let Some((from, to)) = text.split_once('-') {
            if let (Some(from), Some(to)) = (section_letter(from), section_letter(to)) {
                return Ok(Self::Sections(from, to));
            }
            let division = |t: &str| t.parse::<Nace>().ok().and_then(Nace::division);
            if let (Some(from), Some(to)) = (division(from), division(to)) {
                return Ok(Self::Divisions(from, to));
            }
        }
        text.parse().map(Self::Code)
    }
}

impl FromStr for Heading {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let (span, except) = text.trim().split_once("_X_").unwrap_or((text.trim(), ""));
        let except = except.split('_').filter(|t| !t.is_empty()).map(Span::parse).collect::<Result<_, _>>()?;
        Ok(Self { span: Span::parse(span)?, except })
    }
}

/// The sections of NACE Rev. 2.1 as divisions: from J on they have other letters than in Rev. 2 (58-63 are two sections,
/// all behind them moved by one), and division 45 is gone into 46, 47 and 95. Divisions kept their numbers.
/// Source: Delegated Regulation (EU) 2023/137, Annex.
const SECTIONS_OF_REV_2_1: [(char, u8, u8); 22] = [
    ('A', 1, 3),
    ('B', 5, 9),
    ('C', 10, 33),
    ('D', 35, 35),
    ('E', 36, 39),
    ('F', 41, 43),
    ('G', 46, 47),
    ('H', 49, 53),
    ('I', 55, 56),
    ('J', 58, 60),
    ('K', 61, 63),
    ('L', 64, 66),
    ('M', 68, 68),
    ('N', 69, 75),
    ('O', 77, 82),
    ('P', 84, 84),
    ('Q', 85, 85),
    ('R', 86, 88),
    ('S', 90, 93),
    ('T', 94, 96),
    ('U', 97, 98),
    ('V', 99, 99),
];

/// A heading of NACE Rev. 2.1 (ATECO 2025) in the words of Rev. 2: letters that moved become the divisions they hold
/// (`K` → `61-63`), digits and the letters up to I stay as they are. What is no section comes back as it came.
pub fn in_rev_2(heading: &str) -> String {
    let find = |letter: char| SECTIONS_OF_REV_2_1.iter().find(|(l, ..)| *l == letter);
    let ends = heading.split_once('-').unwrap_or((heading, heading));
    let (Some(from), Some(to)) = (section_letter(ends.0).and_then(find), section_letter(ends.1).and_then(find)) else {
        // `K62`: the letter in front of a division says nothing that the division does not.
        let is_moved = heading.starts_with(|c: char| ('J'..='V').contains(&c));
        let digits = heading.get(1..).filter(|rest| is_moved && rest.starts_with(|c: char| c.is_ascii_digit()));
        return digits.unwrap_or(heading).to_owned();
    };
    if to.0 < 'J' { heading.to_owned() } else { format!("{:02}-{:02}", from.1, to.2) }
}

fn section_letter(text: &str) -> Option<char> {
    let mut letters = text.chars();
    letters.next().filter(|c| c.is_ascii_uppercase() && letters.next().is_none())
}

impl FromStr for Nace {
    type Err = WordError;

    fn from_str(text: &str) -> Result<Self, WordError> {
        let bad = |why| WordError::new("sector", text, why);
        let upper = text.trim().to_ascii_uppercase();
        let bare = ["NACE", "ATECO", "NAF", "SIC"].iter().fold(upper.as_str(), |t, p| t.trim_start_matches(p)).trim();
        let mut digits: String = bare.chars().filter(char::is_ascii_digit).collect();
        let letters: String = bare.chars().filter(char::is_ascii_alphabetic).collect();
        let stray = |c: char| !c.is_ascii_alphanumeric() && !matches!(c, '.' | ' ' | '_' | '-' | '/');
        if bare.chars().any(stray) || letters.len() > 1 {
            return Err(bad("must be a NACE or ATECO code, as 25.62 or C"));
        }
        if digits.is_empty() {
            return match letters.as_bytes() {
                [letter @ b'A'..=b'U'] => Ok(Self { code: [*letter, 0, 0, 0, 0, 0] }),
                _ => Err(bad("must be a NACE or ATECO code, as 25.62 or C")),
            };
        }
        // `1.11` lost the leading zero of division 01 somewhere in a spreadsheet.
        if bare.split_once('.').is_some_and(|(whole, _)| whole.len() == 1) {
            digits.insert(0, '0');
        }
        if !(2..=6).contains(&digits.len()) {
            return Err(bad("must have two to six digits"));
        }
        let mut code = [0; 6];
        code[..digits.len()].copy_from_slice(digits.as_bytes());
        let nace = Self { code };
        match nace.division() {
            Some(1..=99) => Ok(nace),
            _ => Err(bad("there is no division 00")),
        }
    }
}

impl fmt::Display for Nace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, c) in self.code.iter().take_while(|c| **c != 0).enumerate() {
            if place == 2 || place == 4 {
                f.write_str(".")?;
            }
            write!(f, "{}", char::from(*c))?;
        }
        Ok(())
    }
}
