//! Companies that ask for credit and are no clients yet, each with the truth about it: they measure whether onboarding knows
//! who is who, and whether it refuses whom it must.

use std::collections::BTreeSet;

use rand_chacha::ChaCha8Rng;

use super::{
    Company, Economy,
    identity::{Identity, Land},
    stream,
};
use crate::domain::day_number;

/// Streams of prospects begin far above those of companies and of their variants.
const FIRST_STREAM: u64 = 1 << 41;
/// Draws for a company of a kind that is rare; should they run out, the last draw stands.
const MOST_DRAWS: u64 = 2_000;
/// The codes of the Italian register for procedures of those who cannot pay.
const INSOLVENT: [&str; 4] = ["LG", "LC", "AM", "SI"];
/// How many of each kind there are, fifty in all.
const KINDS: [(&str, usize); 6] =
    [("client", 8), ("homonym", 10), ("insolvent", 6), ("unknown", 6), ("bare", 4), ("sound", 16)];

/// A company that asks for credit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prospect {
    /// Its own id.
    pub id: String,
    /// `client` (it is one already), `homonym` (another company of a client's name), `insolvent`, `unknown` (no register of
    /// the web has heard of it), `bare` (it gives no number) or `sound`.
    pub kind: &'static str,
    /// The name as it writes it.
    pub name: String,
    /// Two letters.
    pub country: String,
    /// The tax number, or empty.
    pub tax_id: String,
    /// The number in the register, or empty.
    pub registry_id: String,
    /// The LEI, or empty.
    pub lei: String,
    /// NACE class.
    pub sector: String,
    /// The town.
    pub city: String,
    /// Street and number.
    pub address: String,
    /// The truth: the code of the client that it is, or whose name it bears; none when nobody's.
    pub client: Option<String>,
}

/// A prospect, and the company that the web tells of, where it tells of one.
pub(super) struct Newcomer {
    pub(super) prospect: Prospect,
    pub(super) company: Option<Company>,
}

impl Economy {
    /// Fifty companies that ask for credit on the opening day; the same seed gives the same. Fewer where there are fewer
    /// clients to resemble.
    pub fn prospects(&self) -> impl Iterator<Item = &Prospect> {
        self.newcomers().iter().map(|newcomer| &newcomer.prospect)
    }

    pub(super) fn newcomers(&self) -> &[Newcomer] {
        self.newcomers.get_or_init(|| self.draw_newcomers())
    }

    fn draw_newcomers(&self) -> Vec<Newcomer> {
        let mut taken: BTreeSet<String> = self.companies.iter().map(|c| c.identity.short_name.to_lowercase()).collect();
        let firms: Vec<&Company> = self.companies.iter().filter(|c| !c.identity.is_person).collect();
        let kinds = KINDS.iter().flat_map(|(kind, n)| (0..*n).map(move |place| (*kind, place)));
        let mut newcomers = Vec::new();
        for (number, (kind, place)) in (1u64..).zip(kinds) {
            let mut rng = stream(self.plan.seed, FIRST_STREAM + number * MOST_DRAWS);
            let company = match kind {
                "client" | "homonym" => {
                    // Every other firm is somebody's client here, and some of them lend a stranger their name.
                    let Some(client) = firms.get(2 * place + usize::from(kind == "homonym")).copied() else { continue };
                    if kind == "client" {
                        newcomers
                            .push(Newcomer { prospect: prospect(number, kind, client, Some(client)), company: None });
                        continue;
                    }
                    let own = namesake(&mut rng, &client.identity, &mut taken);
                    let company = self.live(&mut rng, number, own);
                    newcomers.push(Newcomer {
                        prospect: prospect(number, kind, &company, Some(client)),
                        company: Some(company),
                    });
                    continue;
                }
                "insolvent" => self.draw_insolvent(number, &mut taken),
                "sound" => self.draw_until(number, &mut taken, |company, opening| company.life.is_alive_after(opening)),
                _ => self.draw_until(number, &mut taken, |company, _| !company.identity.is_person),
            };
            let mut prospect = prospect(number, kind, &company, None);
            if kind == "bare" {
                for number in [&mut prospect.tax_id, &mut prospect.registry_id, &mut prospect.lei] {
                    number.clear();
                }
            }
            newcomers.push(Newcomer { prospect, company: (kind != "unknown").then_some(company) });
        }
        newcomers
    }

    fn draw_insolvent(&self, number: u64, taken: &mut BTreeSet<String>) -> Company {
        self.draw_until(number, taken, |company, opening| {
            let procedures = &company.records.procedures;
            let is_open =
                |p: &super::records::Procedure| p.told_on <= opening && p.closed.is_none() && p.revoked.is_none();
            company.identity.land == Land::Italy && procedures.iter().any(|p| INSOLVENT.contains(&p.code) && is_open(p))
        })
    }

    /// The first company of its stream of which this holds on the opening day.
    fn draw_until(
        &self,
        number: u64,
        taken: &mut BTreeSet<String>,
        is_wanted: impl Fn(&Company, i32) -> bool,
    ) -> Company {
        let opening = day_number(self.plan.start);
        let draw = |place: u64, taken: &mut BTreeSet<String>| {
            let mut rng = stream(self.plan.seed, FIRST_STREAM + number * MOST_DRAWS + place);
            let identity = Identity::draw(&mut rng, taken);
            self.live(&mut rng, number, identity)
        };
        let mut company = draw(0, taken);
        for place in 1..MOST_DRAWS {
            if is_wanted(&company, opening) {
                break;
            }
            company = draw(place, taken);
        }
        company
    }

    fn live(&self, rng: &mut ChaCha8Rng, number: u64, identity: Identity) -> Company {
        Company::live(rng, format!("P-{number:04}"), identity, &self.calendar, &self.shocks)
    }
}

/// Another company of this one's name: its own numbers, another town, another legal form.
fn namesake(rng: &mut ChaCha8Rng, of: &Identity, taken: &mut BTreeSet<String>) -> Identity {
    let mut own = Identity::draw(rng, taken);
    while own.land != of.land || own.is_person {
        own = Identity::draw(rng, taken);
    }
    let (town, form) = of.namesake(rng);
    own.name = format!("{} {form}", of.short_name);
    own.short_name.clone_from(&of.short_name);
    Identity { town, form, ..own }
}

fn prospect(number: u64, kind: &'static str, company: &Company, client: Option<&Company>) -> Prospect {
    let who = &company.identity;
    let number_of = |number: &Option<String>| number.clone().unwrap_or_default();
    Prospect {
        id: format!("P-{number:04}"),
        kind,
        name: who.name.clone(),
        country: who.land.code().to_owned(),
        tax_id: number_of(&who.tax),
        registry_id: number_of(&who.registry),
        lei: number_of(&who.lei),
        sector: who.nace.to_owned(),
        city: who.town.name.to_owned(),
        address: who.street.clone(),
        client: client.map(|client| client.code.clone()),
    }
}
