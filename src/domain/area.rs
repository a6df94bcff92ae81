use super::Country;

/// Members of the European Union since 2020 (`EU27_2020`).
const UNION: [&str; 27] = [
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT", "LU", "LV",
    "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

/// Members of the Union that have no euro: those of `EA21`, the area since Bulgaria joined in 2026. What was published for
/// `EA20` until then is another series, frozen.
const WITHOUT_EURO: [&str; 6] = ["CZ", "DK", "HU", "PL", "RO", "SE"];

/// An area of several countries that statistics are published for. Two compositions of one area are two areas: their
/// figures are never put into one series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Area {
    /// The euro area, by its number of members (`EA21`); 0 for the changing composition (`EA`).
    Euro(u8),
    /// The European Union, by the year of its composition (`EU27_2020`), or 0.
    Union(u16),
}

impl Area {
    /// The area of a code of Eurostat's; none when it is a country, a region or an area that we do not know.
    pub fn of(code: &str) -> Option<Self> {
        if let Some(members) = code.strip_prefix("EA") {
            return if members.is_empty() { Some(Self::Euro(0)) } else { members.parse().ok().map(Self::Euro) };
        }
        let rest = code.strip_prefix("EU")?;
        let (members, year) = rest.split_once('_').unwrap_or((rest, "0"));
        (members.is_empty() || members.parse::<u8>().is_ok()).then(|| year.parse().ok().map(Self::Union))?
    }

    /// Whether a country is in it, as it is composed today.
    pub fn holds(self, country: Country) -> bool {
        let is_in = |list: &[&str]| list.contains(&country.code());
        match self {
            Self::Union(_) => is_in(&UNION),
            Self::Euro(members) => {
                let is_late = (country.code() == "BG" && (1..21).contains(&members))
                    || (country.code() == "HR" && (1..20).contains(&members));
                is_in(&UNION) && !is_in(&WITHOUT_EURO) && !is_late
            }
        }
    }

    /// How well it speaks for a member: the narrower area first, of one area the newest composition.
    pub fn nearness(self) -> u32 {
        match self {
            Self::Euro(0) => 99_999,
            Self::Euro(members) => 90_000 + u32::from(members),
            Self::Union(year) => u32::from(year),
        }
    }
}
