//! One notice, from whichever format it was read: whom it names, and what it says.

use jiff::civil::Date;

use super::{
    super::reply::since,
    codes::{Meaning, meaning},
};
use crate::domain::{Country, Fact, Filing, Identifier, Mention, Procedure, Status, StatusChange, Subject};

/// Where a person can read a notice.
const PUBLIC_PAGE: &str = "https://www.thegazette.co.uk/notice/";

/// Words before a company's number, in small letters.
const BEFORE_A_NUMBER: [&str; 8] = [
    "cro no",
    "cro number",
    "company number",
    "company no",
    "company registration number",
    "registered number",
    "registered no",
    "registration number",
];

/// What stands behind a company's name where a notice begins with it.
const BEHIND_A_NAME: [&str; 11] = [
    "(Company",
    "(Reg",
    "(CRO",
    "(In ",
    "(in ",
    "…",
    "...",
    "Company Number",
    "Registered office",
    "Registered Office",
    "Trading",
];

/// A name longer than this is the beginning of a sentence.
const MAX_NAME_CHARS: usize = 160;

/// A notice taken apart.
#[derive(Debug, Clone, Default)]
pub(super) struct Notice {
    /// `L-62000-2700001`.
    pub(super) id: String,
    pub(super) code: String,
    pub(super) name: String,
    pub(super) number: Option<Identifier>,
    pub(super) published: Option<Date>,
    /// When it was last changed.
    pub(super) updated: Option<Date>,
    pub(super) is_withdrawn: bool,
    pub(super) days: Days,
}

/// Days that a notice speaks of.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Days {
    /// The petition was presented.
    pub(super) presented: Option<Date>,
    /// It was dismissed.
    pub(super) dismissed: Option<Date>,
    /// The order was made, or somebody appointed.
    pub(super) opened: Option<Date>,
}

impl Days {
    /// Reads them in the text of a notice.
    pub(super) fn in_text(text: &str) -> Self {
        let behind = |marks: &[&str]| marks.iter().find_map(|mark| day_behind(text, mark));
        Self {
            presented: behind(&["presented on ", "date of filing petition: ", "date of presentation: "]),
            dismissed: behind(&["dismissed on ", "was dismissed by the court on "]),
            opened: behind(&["date of winding-up order: ", "date of winding up order: ", "date of appointment: "]),
        }
    }
}

impl Notice {
    /// Its number in The Gazette's own terms.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// It says something of a company's state, and not which company's.
    pub(super) fn needs_number(&self) -> bool {
        let is_word = |m| !matches!(m, Meaning::Told | Meaning::Person | Meaning::Other);
        self.number.is_none() && meaning(&self.code).is_some_and(|(meaning, _)| is_word(meaning))
    }

    /// What it says; nothing when it is no notice of insolvency, or one that was withdrawn before it said anything of a
    /// company's state.
    pub(super) fn mention(&self, seen: Date) -> Option<Mention> {
        let (meaning, words) = meaning(&self.code)?;
        let fact = match meaning {
            Meaning::Other => return None,
            Meaning::Told | Meaning::Person if self.is_withdrawn => return None,
            Meaning::Told => self.filing("insolvency"),
            Meaning::Person => self.filing("personal-insolvency"),
            _ => Fact::CompanyStatus(self.change(meaning, words, seen)),
        };
        let opened_on = if let Fact::CompanyStatus(change) = &fact { change.opened_on } else { None };
        // A petition holds from its presentation on; the word that takes it back comes after the one that told of it.
        let presented = self.days.presented.filter(|_| meaning == Meaning::Petition);
        let day = opened_on.or(presented).or(self.published);
        Some(Mention {
            own_id: format!("notice/{}", self.id),
            subject: self.subject(meaning == Meaning::Person),
            fact,
            valid_at: since(day, seen),
            published_at: self.published.filter(|day| *day <= seen),
            is_official: true,
            url: Some(format!("{PUBLIC_PAGE}{}", self.id)),
        })
    }

    /// The company. A person keeps no name and no number: a bankrupt director is not the company.
    fn subject(&self, is_person: bool) -> Subject {
        let country = Some(Country::GB);
        if is_person {
            return Subject { country, is_person, ..Subject::default() };
        }
        let identifiers = self.number.clone().into_iter().collect();
        Subject { name: self.name.clone(), country, identifiers, ..Subject::default() }
    }

    fn filing(&self, category: &str) -> Fact {
        Fact::Filing(Filing { form: self.code.clone(), category: category.to_owned(), overdue: false })
    }

    /// A notice that opens has a day of opening; one in the course of things has none, so that it takes the place of the
    /// word before it.
    fn change(&self, meaning: Meaning, words: &str, seen: Date) -> StatusChange {
        let published = since(self.published, seen);
        let procedure = Some(Procedure { code: self.code.clone(), words: words.to_owned() });
        let plain = |status| StatusChange { procedure, ..StatusChange::plain(status) };
        let not_later = |day: Option<Date>| day.filter(|day| *day <= seen);
        let Days { dismissed, opened, .. } = self.days;
        let mut change = match meaning {
            Meaning::Opens(status) => {
                StatusChange { opened_on: not_later(opened).or(Some(published)), ..plain(status) }
            }
            Meaning::Ends(status) => StatusChange { closed_on: Some(published), ..plain(status) },
            Meaning::Petition => plain(Status::ActiveWarning),
            Meaning::Dismissed => {
                StatusChange { revoked_on: not_later(dismissed).or(Some(published)), ..plain(Status::ActiveWarning) }
            }
            Meaning::Continues(status) => plain(status),
            Meaning::Told | Meaning::Person | Meaning::Other => plain(Status::Unknown),
        };
        if self.is_withdrawn {
            change.revoked_on = not_later(self.updated).or(Some(published));
        }
        change
    }
}

/// The company number of a text: its first, for the company a notice is about comes before its petitioner, who comes with
/// the word that the petition was presented. A first number that cannot be one is not replaced by somebody else's.
pub(super) fn number_in(text: &str) -> Option<Identifier> {
    let small = text.to_ascii_lowercase();
    let small = small.split("presented").next().unwrap_or_default();
    let places = BEFORE_A_NUMBER.iter().flat_map(|mark| small.match_indices(mark));
    let behind = places.map(|(at, mark)| at + mark.len());
    // "company nominated" is no company number.
    let is_whole_word =
        |at: &usize| !small.get(*at..).is_some_and(|rest| rest.starts_with(|c: char| c.is_alphabetic()));
    let rest = text.get(behind.filter(is_whole_word).min()?..)?.trim_start_matches([' ', ':', '.', '\u{a0}']);
    let number: String = rest.chars().take_while(char::is_ascii_alphanumeric).collect();
    let n_letters = number.bytes().take_while(u8::is_ascii_alphabetic).count();
    let is_shaped = n_letters <= 2 && (5..=8).contains(&number.len());
    is_shaped.then(|| Identifier::registry(Country::GB, &number).ok())?
}

/// The company's name: the title, unless the title only says what kind of notice it is; then the first words of the text.
pub(super) fn name_of(title: &str, categories: &[String], text: &str) -> String {
    let is_kind = categories.iter().any(|category| category.eq_ignore_ascii_case(title));
    if !title.is_empty() && !is_kind {
        return title.to_owned();
    }
    let end = BEHIND_A_NAME.iter().filter_map(|mark| text.find(mark)).min();
    let name = end.and_then(|end| text.get(..end)).unwrap_or_default().trim();
    if name.chars().count() <= MAX_NAME_CHARS { name.to_owned() } else { String::new() }
}

/// The day behind some words, written `4 May 2026` or `4th May 2026`.
fn day_behind(text: &str, mark: &str) -> Option<Date> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let small = text.to_ascii_lowercase();
    let at = small.find(mark)? + mark.len();
    let mut words = small.get(at..)?.split_ascii_whitespace();
    let day = words.next()?.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok()?;
    let month = words.next()?.trim_matches(|c: char| !c.is_ascii_alphabetic());
    let month = MONTHS.iter().position(|name| *name == month)? + 1;
    let year: String = words.next()?.chars().take_while(char::is_ascii_digit).collect();
    Date::new(year.parse().ok()?, month.try_into().ok()?, day).ok()
}
