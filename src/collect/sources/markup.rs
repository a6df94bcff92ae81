//! Text out of the markup that feeds put into their fields, escaped once or twice.

/// The text of a fragment: tags taken out, entities resolved, blanks collapsed. Two rounds, because double-escaped
/// entities are common; more would turn what somebody wrote *about* markup into markup.
pub(super) fn plain(fragment: &str) -> String {
    let once = unescape(&without_tags(fragment));
    let twice = if once.contains(['&', '<']) { unescape(&without_tags(&once)) } else { once };
    twice.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What stands between tags; a lone `<` is a sign, not a tag. Scripts and styles are no text.
fn without_tags(fragment: &str) -> String {
    let mut pieces = fragment.split('<');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let is_tag = piece.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '!' | '?'));
        if !is_tag {
            text.push('<');
            text.push_str(piece);
            continue;
        }
        let name: String = piece.chars().take_while(|c| c.is_ascii_alphanumeric()).collect::<String>().to_lowercase();
        let is_hidden = matches!(name.as_str(), "script" | "style");
        if let (Some((_, after)), false) = (piece.split_once('>'), is_hidden) {
            // Words on either side of a tag are two words, unless it only changes the type.
            if !matches!(name.as_str(), "b" | "i" | "em" | "strong" | "span" | "a" | "u" | "sup" | "sub") {
                text.push(' ');
            }
            text.push_str(after);
        }
    }
    text
}

/// Resolves entities; one that is not known stays as it was written.
pub(super) fn unescape(text: &str) -> String {
    let mut pieces = text.split('&');
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        match piece.split_once(';').and_then(|(name, rest)| Some((entity(name)?, rest))) {
            Some((c, rest)) => {
                out.push(c);
                out.push_str(rest);
            }
            None => {
                out.push('&');
                out.push_str(piece);
            }
        }
    }
    out
}

/// The character of an entity: by number, or one of the names that newspapers use.
pub(super) fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hexadecimal) => u32::from_str_radix(hexadecimal, 16).ok()?,
            None => number.parse().ok()?,
        };
        return char::from_u32(code).filter(|c| !c.is_control() || c.is_whitespace());
    }
    ENTITIES.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

const ENTITIES: [(&str, char); 62] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("nbsp", ' '),
    ("euro", '€'),
    ("pound", '£'),
    ("copy", '©'),
    ("reg", '®'),
    ("deg", '°'),
    ("middot", '·'),
    ("hellip", '…'),
    ("ndash", '–'),
    ("mdash", '—'),
    ("laquo", '«'),
    ("raquo", '»'),
    ("ldquo", '“'),
    ("rdquo", '”'),
    ("bdquo", '„'),
    ("lsquo", '‘'),
    ("rsquo", '’'),
    ("agrave", 'à'),
    ("egrave", 'è'),
    ("igrave", 'ì'),
    ("ograve", 'ò'),
    ("ugrave", 'ù'),
    ("Agrave", 'À'),
    ("Egrave", 'È'),
    ("Igrave", 'Ì'),
    ("Ograve", 'Ò'),
    ("Ugrave", 'Ù'),
    ("aacute", 'á'),
    ("eacute", 'é'),
    ("iacute", 'í'),
    ("oacute", 'ó'),
    ("uacute", 'ú'),
    ("Aacute", 'Á'),
    ("Eacute", 'É'),
    ("Iacute", 'Í'),
    ("Oacute", 'Ó'),
    ("Uacute", 'Ú'),
    ("acirc", 'â'),
    ("ecirc", 'ê'),
    ("icirc", 'î'),
    ("ocirc", 'ô'),
    ("ucirc", 'û'),
    ("auml", 'ä'),
    ("euml", 'ë'),
    ("iuml", 'ï'),
    ("ouml", 'ö'),
    ("uuml", 'ü'),
    ("Auml", 'Ä'),
    ("Ouml", 'Ö'),
    ("Uuml", 'Ü'),
    ("szlig", 'ß'),
    ("ccedil", 'ç'),
    ("Ccedil", 'Ç'),
    ("ntilde", 'ñ'),
    ("Ntilde", 'Ñ'),
    ("shy", '\u{ad}'),
    ("bull", '•'),
];
