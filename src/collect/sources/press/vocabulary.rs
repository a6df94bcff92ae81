//! The elements of feeds: those we read, those we know and pass over. Any other is new to us.

/// Which field of an item or of the feed the text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    Title,
    Summary,
    Body,
    Link,
    Guid,
    Date,
    /// A date that counts only when there is no better one.
    LesserDate,
    Language,
    /// Known, not for us.
    Ignored,
    /// Nobody knows it.
    Unknown,
}

/// Elements that are known and carry nothing for us, in an item and around items.
const IGNORED: &[&str] = &[
    "author",
    "category",
    "comments",
    "contributor",
    "enclosure",
    "source",
    "linkmobile",
    "image",
    "thumbnail",
    "rights",
    "copyright",
    "ttl",
    "lastBuildDate",
    "generator",
    "docs",
    "managingEditor",
    "webMaster",
    "cloud",
    "skipHours",
    "skipDays",
    "textInput",
    "textinput",
    "rating",
    "items",
    "subtitle",
    "tagline",
    "modified",
    "logo",
    "icon",
    "cover",
    "editor",
    "keywords",
    "tags",
    "location",
    "url",
    "width",
    "height",
    "audience",
    "webmaster",
    "managingeditor",
];

/// Around items only: these say what the feed is, not what happened.
const OF_CHANNEL: &[&str] =
    &["title", "link", "description", "pubDate", "id", "updated", "published", "date", "summary"];

/// Vocabularies whose every element is known and ignored, by their usual prefix.
const VOCABULARIES: &[&str] = &[
    "media",
    "atom",
    "atom10",
    "a10",
    "sy",
    "itunes",
    "slash",
    "wfw",
    "trackback",
    "ppg",
    "feedburner",
    "georss",
    "geo",
    "gml",
    "creativeCommons",
    "cc",
    "thr",
    "admin",
    "dc",
    "dcterms",
    "rdf",
    "rdfs",
    "prism",
    "googleplay",
    "podcast",
    "webfeeds",
    "snf",
    "content",
    "xhtml",
    "taxo",
    "syn",
    "ent",
    "image",
    "l",
    "foaf",
    "enc",
    "opensearch",
    "f",
    "gd",
    "blogChannel",
    "annotate",
    "ag",
    "company",
    "ev",
    "ref",
    "ss",
    "search",
    "dbpedia",
    "wp",
    "excerpt",
    "post-id",
];

/// Namespaces under whatever prefix they come.
pub(super) const NAMESPACES: &[(&str, &str)] = &[
    ("http://www.w3.org/2005/Atom", "atom"),
    ("http://purl.org/atom/ns#", "atom"),
    ("http://purl.org/rss/1.0/", ""),
    ("http://my.netscape.com/rdf/simple/0.9/", ""),
    ("http://purl.org/rss/1.0/modules/content/", "content"),
    ("http://purl.org/dc/elements/1.1/", "dc"),
    ("http://purl.org/dc/terms/", "dcterms"),
    ("http://search.yahoo.com/mrss/", "media"),
    ("http://search.yahoo.com/mrss", "media"),
    ("http://purl.org/rss/1.0/modules/syndication/", "sy"),
];

/// The field an element fills, by its canonical name.
pub(super) fn field_of(name: &str, in_item: bool) -> Field {
    if !in_item && OF_CHANNEL.contains(&name) {
        return Field::Ignored;
    }
    match name {
        "title" => Field::Title,
        "description" | "summary" => Field::Summary,
        "content" | "content:encoded" => Field::Body,
        "link" => Field::Link,
        "guid" | "id" => Field::Guid,
        "pubDate" | "published" | "pubdate" | "issued" => Field::Date,
        "dc:date" | "updated" | "date" | "dcterms:created" | "dcterms:issued" => Field::LesserDate,
        "language" | "dc:language" => Field::Language,
        name if IGNORED.contains(&name) => Field::Ignored,
        name if name.split_once(':').is_some_and(|(prefix, _)| VOCABULARIES.contains(&prefix)) => Field::Ignored,
        _ => Field::Unknown,
    }
}
