//! What a reader of JSON says of a wrong value, in plain words and with its place.
//!
//! # Why
//!
//! *Why are sentences of a library taken apart?* They are all that it gives: of a missing field it says the object that lacks it
//! and, in its text, the name. Whoever fills in a form of ours knows neither of `struct`s nor of `u32`. A sentence that is not
//! recognised, and those that our own types say, are handed on as they are.

use serde_path_to_error::{Path, Segment};

/// Ends of what the library calls a whole number, and what it is called here.
const WHOLE_NUMBERS: [(&str, &str); 10] = [
    ("u8", "a whole number from 0 to 255"),
    ("u16", "a whole number from 0 to 65535"),
    ("u32", "a whole number from 0 to 4294967295"),
    ("u64", "a whole number of 0 or more"),
    ("usize", "a whole number of 0 or more"),
    ("i8", "a whole number from -128 to 127"),
    ("i16", "a whole number from -32768 to 32767"),
    ("i32", "a whole number from -2147483648 to 2147483647"),
    ("i64", "a whole number"),
    ("isize", "a whole number"),
];

/// A wrong value of a body: where, as a JSON pointer (RFC 6901), and what would have been right.
pub fn in_plain_words(error: &serde_path_to_error::Error<serde_json::Error>) -> (String, String) {
    let (field, why) = said(&error.inner().to_string());
    let mut pointer = pointer(error.path());
    // Of a field that is missing only the object is named, of others sometimes.
    if let Some(step) = field.map(|field| format!("/{}", escaped(&field)))
        && !pointer.ends_with(&step)
    {
        pointer.push_str(&step);
    }
    (pointer, why)
}

/// A slash before every step, `~` and `/` in names escaped.
fn pointer(path: &Path) -> String {
    let step = |segment: &Segment| match segment {
        Segment::Seq { index } => format!("/{index}"),
        Segment::Map { key } => format!("/{}", escaped(key)),
        Segment::Enum { variant } => format!("/{}", escaped(variant)),
        Segment::Unknown => String::new(),
    };
    path.iter().map(step).collect()
}

fn escaped(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// A sentence of the library in plain words, and the field that it names.
pub fn said(text: &str) -> (Option<String>, String) {
    let text = without_place(text);
    let named = |start: &str| text.strip_prefix(start)?.strip_prefix('`')?.split_once('`');
    if let Some((field, _)) = named("missing field ") {
        return (Some(field.to_owned()), "is missing".to_owned());
    }
    if let Some((field, _)) = named("duplicate field ") {
        return (Some(field.to_owned()), "is there twice".to_owned());
    }
    if let Some((field, rest)) = named("unknown field ") {
        let why = match listed(rest) {
            known if known.is_empty() => "is not known here, where nothing is".to_owned(),
            known => format!("is not known here; what is: {known}"),
        };
        return (Some(field.to_owned()), why);
    }
    if let Some((_, rest)) = named("unknown variant ") {
        return (None, format!("must be one of {}", listed(rest)));
    }
    if text.starts_with("data did not match any variant") {
        return (None, "has none of the shapes that it may have".to_owned());
    }
    // The calendar's reader says what it hoped for at a letter.
    if text.starts_with("failed to parse ") || text.contains("unparsed input") {
        return (None, "must be a day, as 2026-11-20; an instant is 2026-11-20T08:00:00Z".to_owned());
    }
    (None, wrong_value(text).unwrap_or_else(|| text.to_owned()))
}

/// The sentence without ` at line 1 column 7`: a pointer says where.
fn without_place(text: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let place = |(_, place): (_, &str)| place.split_once(" column ").is_some_and(|(l, c)| is_number(l) && is_number(c));
    let cut = text.rsplit_once(" at line ").filter(|cut| place(*cut));
    cut.map_or(text, |(sentence, _)| sentence)
}

/// The words between backticks, with commas.
fn listed(text: &str) -> String {
    let words: Vec<&str> = text.split('`').skip(1).step_by(2).collect();
    words.join(", ")
}

/// `invalid type: integer `7`, expected a string` and its like.
fn wrong_value(text: &str) -> Option<String> {
    let (found, expected) = match text.strip_prefix("invalid type: ").or_else(|| text.strip_prefix("invalid value: ")) {
        Some(both) => both.rsplit_once(", expected ")?,
        None => text.strip_prefix("invalid length ")?.rsplit_once(", expected ")?,
    };
    let expected = right(expected);
    Some(match shown(found) {
        Some(found) => format!("must be {expected}, and is {found}"),
        None => format!("must be {expected}"),
    })
}

/// What the library expects, in words.
fn right(expected: &str) -> &str {
    if let Some((_, words)) = WHOLE_NUMBERS.iter().find(|(name, _)| *name == expected) {
        return words;
    }
    let is = |start: &str| expected.starts_with(start);
    match expected {
        "a string" | "string" => "a text",
        "a boolean" => "true or false",
        "f32" | "f64" => "a number",
        _ if is("a sequence") => "an array",
        _ if is("a map") || is("struct ") || is("internally tagged enum") || is("adjacently tagged enum") => {
            "an object"
        }
        _ if is("enum ") || is("variant ") || is("string or map") => "one of the words that it may be, or an object",
        other => other,
    }
}

/// What was sent instead; a text is not repeated.
fn shown(found: &str) -> Option<String> {
    let value = found.split('`').nth(1);
    match found.split([' ', '`']).next()? {
        "map" => Some("an object".to_owned()),
        "sequence" => Some("an array".to_owned()),
        "null" | "unit" | "Option" => Some("null".to_owned()),
        "boolean" => value.map(str::to_owned),
        "integer" | "floating" => value.map(|value| format!("the number {value}")),
        "string" => Some("a text".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::{in_plain_words, said};

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused is looked at")]
    struct Order {
        name: String,
        #[serde(default)]
        lines: Vec<Line>,
        #[serde(default)]
        colour: Option<Colour>,
        #[serde(default)]
        is_paid: bool,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only what is refused is looked at")]
    struct Line {
        n: u32,
        price: f64,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Colour {
        Red,
        Blue,
    }

    #[test]
    fn a_wrong_value_has_its_pointer_and_says_what_would_be_right() {
        for (body, pointer, why) in [
            (r"{}", "/name", "is missing"),
            (r#"{"name": "a", "lines": [{"n": 1, "price": 2}, {"n": 1}]}"#, "/lines/1/price", "is missing"),
            (r#"{"name": 7}"#, "/name", "must be a text, and is the number 7"),
            (r#"{"name": null}"#, "/name", "must be a text, and is null"),
            (r#"{"name": "a", "lines": {}}"#, "/lines", "must be an array, and is an object"),
            (r#"{"name": "a", "lines": [4]}"#, "/lines/0", "must be an object, and is the number 4"),
            (
                r#"{"name": "a", "lines": [{"n": -1, "price": 2}]}"#,
                "/lines/0/n",
                "must be a whole number from 0 to 4294967295, and is the number -1",
            ),
            (
                r#"{"name": "a", "lines": [{"n": 1, "price": "x"}]}"#,
                "/lines/0/price",
                "must be a number, and is a text",
            ),
            (r#"{"name": "a", "is_paid": "yes"}"#, "/is_paid", "must be true or false, and is a text"),
            (r#"{"name": "a", "colour": "green"}"#, "/colour", "must be one of red, blue"),
            (r#"{"name": "a", "a/b": 1}"#, "/a~1b", "is not known here; what is: name, lines, colour, is_paid"),
            (r#"{"name": "a", "name": "b"}"#, "/name", "is there twice"),
        ] {
            let mut reader = serde_json::Deserializer::from_str(body);
            let error = serde_path_to_error::deserialize::<_, Order>(&mut reader).unwrap_err();
            assert_eq!(in_plain_words(&error), (pointer.to_owned(), why.to_owned()), "{body}");
        }
    }

    #[test]
    fn a_sentence_of_our_own_stays_as_it_is() {
        let own = "must be a day at line 3 of the calendar";
        assert_eq!(said(own), (None, own.to_owned()));
        assert_eq!(said("must be a day at line 3 column 14").1, "must be a day");
        assert_eq!(said("unknown field `a`, there are no fields").1, "is not known here, where nothing is");
    }
}
