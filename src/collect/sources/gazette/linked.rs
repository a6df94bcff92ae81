//! One notice as JSON-LD: a graph of nodes, of which the notice and its company are for us. Practitioners, petitioners and
//! judges are natural persons: their nodes are forgotten whole.

use jiff::civil::Date;
use serde_json::{Map, Value};

use super::{
    super::record::{Leftovers, iso_day},
    codes::meaning,
    notice::{Days, Notice},
};
use crate::{
    collect::{Misread, sources::reply::since},
    domain::{Country, Identifier, Mention},
};

/// Members of a notice's node and of its company's that we know and do not need.
const OF_A_NOTICE: &[&str] = &[
    "@id",
    "@type",
    "isAbout",
    "caseNumber",
    "isInIssue",
    "hasNoticeNumber",
    "hasEdition",
    "hasIssueNumber",
    "isRequiredByLegislation",
    "has_provenance",
    "hasAnchor",
    "hasPageNumber",
    "publisher",
    "label",
    "title",
    "sameAs",
    "hasAuthorisingPerson",
    "hasAuthorisingRole",
];
const OF_A_COMPANY: &[&str] = &[
    "@id",
    "@type",
    "natureOfBusiness",
    "hasRegisteredOffice",
    "hasPrincipalTradingAddress",
    "hasCompanyPrincipalTradingAddress",
    "hasCompanyRegisteredOffice",
    "hasCompanyName",
    "hasPreviousCompany",
    "hasOtherCompanyNames",
    "isMemberOfOrganisation",
    "hasAddress",
    "label",
    "tradingAs",
    "companyType",
];

/// Kinds of node that hold persons, places and the paper itself; nothing in them is for us.
const FORGOTTEN: &[&str] = &[
    "agent",
    "person",
    "practitioner",
    "address",
    "issue",
    "edition",
    "publication",
    "provenance",
    "court",
    "role",
    "point",
    "solicitor",
    "petitioner",
    "office",
    "document",
    "legislation",
    "bundle",
    "activity",
    "entity",
    "page",
];

/// Reads the graph.
pub(super) fn read(value: Value, seen: Date, leftovers: &Leftovers) -> Result<Vec<Mention>, Misread> {
    let nodes = match value {
        Value::Object(mut members) => match members.remove("@graph") {
            Some(Value::Array(nodes)) => nodes,
            Some(node) => vec![node],
            None => {
                members.remove("@context");
                vec![Value::Object(members)]
            }
        },
        other => vec![other],
    };
    let (mut notice, mut days) = (None, Days::default());
    let mut company: Option<Company> = None;
    for (place, node) in nodes.into_iter().enumerate() {
        let Value::Object(members) = node else { continue };
        let mut node = Node { path: format!("$.@graph[{place}]"), members: local(members) };
        let kinds = node.kinds();
        days.take(&mut node);
        if node.members.contains_key("hasNoticeCode") {
            notice = Some(notice_of(node, leftovers));
        } else if node.members.contains_key("companyNumber") {
            // The first is the company the notice is about; a petitioner may be one, too.
            let read = company_of(node, leftovers);
            company = company.or(Some(read));
        } else if !is_known(&kinds) {
            leftovers.add(&format!("{}.@type", node.path), &kinds.join(" "));
        }
    }
    let Some(mut notice) = notice else {
        return Err(Misread::Quarantined("no notice with a code in the graph".to_owned()));
    };
    (notice.name, notice.number) = company.map_or((String::new(), None), |c| (c.name, c.number));
    notice.days = days;
    if meaning(&notice.code).is_none() {
        leftovers.add("$.hasNoticeCode", &notice.code);
    }
    notice.published = Some(since(notice.published, seen));
    Ok(notice.mention(seen).into_iter().collect())
}

struct Company {
    name: String,
    number: Option<Identifier>,
}

/// A node of the graph, its members by their local names.
struct Node {
    path: String,
    members: Map<String, Value>,
}

impl Node {
    /// Its types without their prefixes, in small letters.
    fn kinds(&self) -> Vec<String> {
        let types = match self.members.get("@type") {
            Some(Value::Array(types)) => types.clone(),
            Some(one) => vec![one.clone()],
            None => Vec::new(),
        };
        types.iter().filter_map(|kind| kind.as_str().map(|kind| local_name(kind).to_lowercase())).collect()
    }

    /// A member's text, in whichever of the ways of JSON-LD it is written.
    fn text(&mut self, name: &str) -> Option<String> {
        self.members.remove(name).and_then(|value| said(&value))
    }

    fn day(&mut self, name: &str) -> Option<Date> {
        self.text(name).and_then(|text| iso_day(&text))
    }

    fn leave_rest(mut self, known: &[&str], leftovers: &Leftovers) {
        self.members.retain(|name, _| !known.contains(&name.as_str()));
        for (name, value) in &self.members {
            leftovers.add_json(&format!("{}.{name}", self.path), value);
        }
    }
}

impl Days {
    /// The days may stand in the notice's node or in that of the thing it is about.
    fn take(&mut self, node: &mut Node) {
        self.presented = self.presented.or(node.day("petitionDate")).or(node.day("dateOfPetitionPresentation"));
        self.opened = self.opened.or(node.day("dateOfAppointment")).or(node.day("dateOfWindingUpOrder"));
        node.members.remove("hearingDate");
    }
}

fn notice_of(mut node: Node, leftovers: &Leftovers) -> Notice {
    // The feed calls a notice by the end of its address; the number alone is not the same name.
    let address = node.text("@id").filter(|id| id.contains("/notice/"));
    let own = node.text("hasNoticeID");
    let id = address.or(own).unwrap_or_default();
    let published = node.day("datePublished").or_else(|| node.day("hasPublicationDate"));
    let notice = Notice {
        id: id.rsplit('/').next().unwrap_or_default().to_owned(),
        code: node.text("hasNoticeCode").unwrap_or_default(),
        published,
        updated: node.day("modified").or_else(|| node.day("dateModified")),
        is_withdrawn: node.text("isWithdrawn").is_some_and(|text| text == "true"),
        ..Notice::default()
    };
    node.members.remove("hasPublicationDate");
    node.leave_rest(OF_A_NOTICE, leftovers);
    notice
}

fn company_of(mut node: Node, leftovers: &Leftovers) -> Company {
    let name = node.text("name").unwrap_or_default();
    let written = node.text("companyNumber").unwrap_or_default();
    let number = Identifier::registry(Country::GB, &written).ok();
    if number.is_none() {
        leftovers.add(&format!("{}.companyNumber", node.path), &written);
    }
    node.leave_rest(OF_A_COMPANY, leftovers);
    Company { name, number }
}

/// A node that is known not to be for us: by its type, or because it has none and only ties others together.
fn is_known(kinds: &[String]) -> bool {
    let is_forgotten = |kind: &String| FORGOTTEN.iter().any(|known| kind.contains(known));
    let is_about = |kind: &String| kind.contains("notice") || kind.contains("insolvency") || kind.contains("petition");
    kinds.is_empty() || kinds.iter().any(|kind| is_forgotten(kind) || is_about(kind) || kind.contains("compan"))
}

fn local(members: Map<String, Value>) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (local_name(&name).to_owned(), value)).collect()
}

/// `gaz:hasNoticeCode` and `https://www.thegazette.co.uk/def/publication#hasNoticeCode` are one name.
fn local_name(name: &str) -> &str {
    if name.starts_with('@') { name } else { name.rsplit([':', '#', '/']).next().unwrap_or(name) }
}

/// The text of `"2450"`, `2450`, `{"@value": "2450"}`, `{"@id": "…"}`, or of the first of a list of them.
fn said(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Array(values) => values.iter().find_map(said),
        Value::Object(members) => members.get("@value").or_else(|| members.get("@id")).and_then(said),
        Value::Null => None,
    }
}
