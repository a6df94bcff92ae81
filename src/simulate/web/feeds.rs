use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use encoding_rs::WINDOWS_1252;

use super::{Economy, Web, hex_mark, iso};
use crate::{
    domain::day_of_number,
    simulate::{
        identity::fingerprint,
        stories::{Feed, Story},
    },
};

/// A feed carries what was printed in so many days.
const DAYS: i32 = 30;

/// The feeds by file name.
pub(super) const FEEDS: [(&str, Feed); 4] = [
    ("economia.xml", Feed::Economia),
    ("finanza.xml", Feed::Finanza),
    ("business.xml", Feed::Business),
    ("markets.xml", Feed::Markets),
];

pub(super) fn routes() -> Router<Web> {
    Router::new().route("/press/{feed}", get(feed))
}

async fn feed(State(web): State<Web>, Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some((_, feed)) = FEEDS.iter().find(|(known, _)| *known == name) else {
        return (StatusCode::NOT_FOUND, "Not Found").into_response();
    };
    let body = body(web.economy(), *feed, web.today());
    let etag = format!("\"{}\"", hex_mark(&body, 16));
    let theirs = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok()).unwrap_or("");
    if theirs.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag) {
        return (StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response();
    }
    let kind = match feed {
        Feed::Economia => "application/rss+xml; charset=utf-8",
        // The charset stands in the XML declaration alone, as on many a newspaper's server.
        Feed::Finanza => "text/xml",
        Feed::Business => "application/atom+xml; charset=utf-8",
        Feed::Markets => "application/rdf+xml; charset=utf-8",
    };
    (StatusCode::OK, [(header::ETAG, etag.as_str()), (header::CONTENT_TYPE, kind)], body).into_response()
}

/// The bytes of a feed on a day, newest story first.
pub(super) fn body(economy: &Economy, feed: Feed, day: i32) -> Vec<u8> {
    let recent = economy.stories.iter().filter(|story| story.told_on <= day && story.told_on > day - DAYS);
    let stories: Vec<&Story> = recent.filter(|story| story.stands_in(feed)).rev().collect();
    match feed {
        Feed::Economia => rss(&stories, "Economia", "economia", None).into_bytes(),
        Feed::Finanza => {
            let text = rss(&stories, "Finanza e mercati", "finanza", Some("windows-1252"));
            WINDOWS_1252.encode(&text).0.into_owned()
        }
        Feed::Business => atom(&stories, day).into_bytes(),
        Feed::Markets => rdf(&stories).into_bytes(),
    }
}

pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The address of a story in a paper: the same story has another address in another paper.
pub(super) fn address(story: &Story, paper: &str) -> String {
    let mark = fingerprint(&format!("{paper}{}{}", story.told_on, story.title)) % 1_000_000_000;
    format!("https://{paper}.example/{}/{mark:09}.html", iso(story.told_on).replace('-', "/"))
}

fn clock(story: &Story) -> String {
    format!("{:02}:{:02}:00", story.minute / 60, story.minute % 60)
}

/// `Fri, 11 Sep 2026`, or in Italian `ven, 11 set 2026`.
pub(super) fn day_words(day: i32, in_italian: bool) -> String {
    const ENGLISH: ([&str; 7], [&str; 12]) = (
        ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
    );
    const ITALIAN: ([&str; 7], [&str; 12]) = (
        ["lun", "mar", "mer", "gio", "ven", "sab", "dom"],
        ["gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"],
    );
    let (days, months) = if in_italian { ITALIAN } else { ENGLISH };
    let date = day_of_number(day);
    let weekday = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or(0);
    let month = usize::try_from(date.month() - 1).unwrap_or(0);
    format!("{}, {:02} {} {}", days[weekday], date.day(), months[month], date.year())
}

/// RSS 2.0. The one in windows-1252 has Italian dates and an element of its own.
fn rss(stories: &[&Story], title: &str, paper: &str, encoding: Option<&str>) -> String {
    let is_odd = encoding.is_some();
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"{}\"?>\n", encoding.unwrap_or("UTF-8"));
    xml.push_str("<rss version=\"2.0\">\n<channel>\n");
    xml.push_str(&format!("<title>{title}</title>\n<link>https://{paper}.example/</link>\n"));
    xml.push_str("<description>Attualità, imprese e mercati</description>\n<language>it</language>\n<ttl>15</ttl>\n");
    for story in stories {
        let link = address(story, paper);
        xml.push_str("<item>\n");
        if is_odd {
            xml.push_str(&format!("<title>{}</title>\n", escape(&story.title)));
            xml.push_str(&format!(
                "<description>&lt;p&gt;{}&lt;/p&gt;</description>\n",
                escape(&escape(&story.summary))
            ));
            xml.push_str(&format!("<linkmobile>{link}?m=1</linkmobile>\n"));
        } else {
            xml.push_str(&format!("<title><![CDATA[{}]]></title>\n", story.title));
            xml.push_str(&format!("<description><![CDATA[{}]]></description>\n", story.summary));
        }
        xml.push_str(&format!("<link>{link}</link>\n"));
        xml.push_str(&format!("<pubDate>{} {} +0100</pubDate>\n", day_words(story.told_on, is_odd), clock(story)));
        xml.push_str(&format!("<guid isPermaLink=\"true\">{link}</guid>\n</item>\n"));
    }
    xml.push_str("</channel>\n</rss>\n");
    xml
}

fn atom(stories: &[&Story], day: i32) -> String {
    let updated = stories.first().map_or_else(|| format!("{}T00:00:00Z", iso(day - DAYS)), |s| instant(s));
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    xml.push_str("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en\">\n<title>Business</title>\n");
    xml.push_str("<id>https://business.example/</id>\n<link rel=\"self\" href=\"https://business.example/feed\"/>\n");
    xml.push_str(&format!("<updated>{updated}</updated>\n<author><name>Newsroom</name></author>\n"));
    for story in stories {
        let link = address(story, "business");
        xml.push_str(&format!("<entry>\n<title>{}</title>\n<id>{link}</id>\n", escape(&story.title)));
        xml.push_str(&format!("<link rel=\"alternate\" href=\"{link}\"/>\n"));
        xml.push_str(&format!("<published>{0}</published>\n<updated>{0}</updated>\n", instant(story)));
        xml.push_str(&format!("<summary type=\"text\">{}</summary>\n</entry>\n", escape(&story.summary)));
    }
    xml.push_str("</feed>\n");
    xml
}

fn instant(story: &Story) -> String {
    format!("{}T{}Z", iso(story.told_on), clock(story))
}

/// RSS 1.0, which is RDF: items stand beside the channel.
fn rdf(stories: &[&Story]) -> String {
    let links: Vec<String> = stories.iter().map(|story| address(story, "markets")).collect();
    let mut xml =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rdf:RDF xmlns=\"http://purl.org/rss/1.0/\"");
    xml.push_str(" xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"");
    xml.push_str(" xmlns:dc=\"http://purl.org/dc/elements/1.1/\">\n<channel rdf:about=\"https://markets.example/\">\n");
    xml.push_str(
        "<title>Markets</title>\n<link>https://markets.example/</link>\n<description>Market news</description>\n",
    );
    xml.push_str("<dc:language>en</dc:language>\n<items><rdf:Seq>\n");
    for link in &links {
        xml.push_str(&format!("<rdf:li rdf:resource=\"{link}\"/>\n"));
    }
    xml.push_str("</rdf:Seq></items>\n</channel>\n");
    for (story, link) in stories.iter().zip(&links) {
        xml.push_str(&format!("<item rdf:about=\"{link}\">\n<title>{}</title>\n", escape(&story.title)));
        xml.push_str(&format!("<link>{link}</link>\n<description>{}</description>\n", escape(&story.summary)));
        xml.push_str(&format!("<dc:date>{}</dc:date>\n</item>\n", instant(story)));
    }
    xml.push_str("</rdf:RDF>\n");
    xml
}
