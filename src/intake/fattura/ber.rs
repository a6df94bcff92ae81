//! BER into DER: signers that stream do not know lengths beforehand and leave them open, and cut long texts into pieces.

/// An envelope nests some fifteen deep.
const MAX_DEPTH: usize = 40;
/// Values in all: an envelope has some thousand, and one for each piece of its content.
const MAX_VALUES: usize = 50_000;
/// Members of a set: whoever decodes one puts them in order, which takes the square of their number.
const MAX_MEMBERS: usize = 1_000;
/// Sets, and the tags in an envelope that stand for one: certificates and signed attributes, revocations and unsigned ones.
const SETS: [u8; 3] = [0x31, 0xa0, 0xa1];
/// A string of bytes, in one piece.
const OCTET_STRING: u8 = 0x04;
/// The same in pieces.
const OCTET_STRING_IN_PIECES: u8 = 0x24;
/// What marks a value that is made of others.
const CONSTRUCTED: u8 = 0x20;

/// The same value with every length said and every string in one piece; `None` when the bytes are not BER, or hold more than any
/// envelope does.
pub(super) fn to_der(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let (read, _) = value(bytes, &mut out, (0, &mut 0))?;
    // Zeros behind the value are padding of whoever carried it.
    bytes.get(read..)?.iter().all(|b| matches!(b, 0 | b'\r' | b'\n')).then_some(out)
}

/// Reads one value, writes it, and says how many bytes it took and whether it was the mark of an open length's end.
fn value(bytes: &[u8], out: &mut Vec<u8>, (depth, n_values): (usize, &mut usize)) -> Option<(usize, bool)> {
    *n_values += 1;
    if depth > MAX_DEPTH || *n_values > MAX_VALUES {
        return None;
    }
    let tag = *bytes.first()?;
    // Tags of more than one byte do not occur in an envelope.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let (length, head) = length(bytes)?;
    if tag == 0 && length == Some(0) {
        return Some((head, true));
    }
    if tag & CONSTRUCTED == 0 {
        let end = head.checked_add(length?)?;
        put(tag, bytes.get(head..end)?, out);
        return Some((end, false));
    }
    let mut inner = Vec::new();
    let (mut at, mut n_members) = (head, 0);
    let end = length.map(|length| head.checked_add(length)).map_or(Some(None), |end| end.map(Some))?;
    loop {
        if end == Some(at) {
            break;
        }
        let rest = bytes.get(at..end.unwrap_or(bytes.len()))?;
        let (read, is_end) = value(rest, &mut inner, (depth + 1, n_values))?;
        at += read;
        n_members += usize::from(!is_end);
        if n_members > MAX_MEMBERS && SETS.contains(&tag) {
            return None;
        }
        if is_end {
            if end.is_some() {
                return None;
            }
            break;
        }
    }
    match tag {
        OCTET_STRING_IN_PIECES => put(OCTET_STRING, &joined(&inner)?, out),
        _ => put(tag, &inner, out),
    }
    Some((at, false))
}

/// The length that stands behind a tag, none when it is left open, and where the content begins.
fn length(bytes: &[u8]) -> Option<(Option<usize>, usize)> {
    match *bytes.get(1)? {
        0x80 => Some((None, 2)),
        short @ 0..0x80 => Some((Some(usize::from(short)), 2)),
        long => {
            let n = usize::from(long & 0x7f);
            let digits = bytes.get(2..2 + n).filter(|_| n <= 4)?;
            let length = digits.iter().fold(0usize, |length, b| length << 8 | usize::from(*b));
            Some((Some(length), 2 + n))
        }
    }
}

/// The contents of strings that stand one behind the other, as one.
fn joined(mut pieces: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::new();
    while !pieces.is_empty() {
        let (length, head) = length(pieces)?;
        let end = head.checked_add(length?)?;
        if pieces[0] != OCTET_STRING {
            return None;
        }
        whole.extend_from_slice(pieces.get(head..end)?);
        pieces = pieces.get(end..)?;
    }
    Some(whole)
}

fn put(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    if content.len() < 0x80 {
        out.push(u8::try_from(content.len()).unwrap_or_default());
    } else {
        let digits = content.len().to_be_bytes();
        let significant: Vec<u8> = digits.into_iter().skip_while(|b| *b == 0).collect();
        out.push(0x80 | u8::try_from(significant.len()).unwrap_or_default());
        out.extend(significant);
    }
    out.extend_from_slice(content);
}

#[cfg(test)]
mod tests {
    use super::{MAX_MEMBERS, MAX_VALUES, SETS, to_der};

    #[test]
    fn an_open_length_is_closed_and_pieces_are_joined() {
        let ber = [0x30, 0x80, 0x24, 0x80, 0x04, 0x02, 1, 2, 0x04, 0x01, 3, 0, 0, 0x02, 0x01, 7, 0, 0];
        assert_eq!(to_der(&ber).unwrap(), [0x30, 0x08, 0x04, 0x03, 1, 2, 3, 0x02, 0x01, 7]);
        let der = [0x30, 0x03, 0x02, 0x01, 5];
        assert_eq!(to_der(&der).unwrap(), der);
    }

    #[test]
    fn what_ends_too_early_or_nests_without_end_is_none() {
        assert_eq!(to_der(&[0x30, 0x80, 0x04, 0x02, 1]), None);
        assert_eq!(to_der(&[0x30, 0x7f, 1]), None);
        assert_eq!(to_der(&[0x30, 0x80].repeat(10_000)), None);
        assert_eq!(to_der(&[0x04, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }

    #[test]
    fn a_set_of_more_members_than_an_envelope_has_is_none() {
        let of = |tag: u8, n: usize| [&[tag, 0x80][..], &[0x02, 0x01, 7].repeat(n), &[0, 0]].concat();
        for tag in SETS {
            assert!(to_der(&of(tag, MAX_MEMBERS)).is_some());
            assert_eq!(to_der(&of(tag, MAX_MEMBERS + 1)), None, "{tag:x}");
        }
        assert!(to_der(&of(0x30, MAX_MEMBERS + 1)).is_some(), "a sequence keeps its order");
        assert_eq!(to_der(&of(0x30, MAX_VALUES)), None);
    }
}
