use jiff::{Span, civil::Date};

use super::{
    Element,
    document::{Refused, amount, day},
};
use crate::domain::{Currency, Money};

/// Instalments of one invoice, at most: a plan of ten years by the month.
const MAX_PARTS: usize = 120;

/// What is to be paid on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    pub(super) minor: i64,
    pub(super) due_on: Date,
    /// What the buyer is asked to pay under.
    pub(super) reference: Option<String>,
}

/// An amount of the format in minor units; it may have up to eight decimals, and halves go away from zero.
pub(super) fn minor(text: &str, currency: Currency) -> Option<i64> {
    let places = currency.minor_digits() as usize;
    let (sign, digits) = match text.strip_prefix('-') {
        Some(digits) => (-1, digits),
        None => (1, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let are_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(places).collect();
    let rounds_up = fraction.as_bytes().get(places).is_some_and(|b| *b >= b'5');
    let minor: i64 = format!("{whole}{kept}").parse().ok()?;
    Some(sign * minor.checked_add(i64::from(rounds_up))?)
}

/// What a document comes to: as it says, or the sum of its parts with the rounding that it states. An amount that the buyer
/// withholds, and a tax that a public buyer pays to the treasury itself (`EsigibilitaIVA` S), are not paid to the creditor.
pub(super) fn total(body: &Element, general: &Element, currency: Currency) -> Result<Total, Refused> {
    let at = |element: Option<&Element>| element.map_or(Ok(0), |element| amount(element, currency));
    let sum = |elements: Vec<&Element>, name: &str| -> Result<i64, Refused> {
        elements.into_iter().try_fold(0i64, |sum, element| Ok(sum.saturating_add(at(element.at(name))?)))
    };
    let goods = body.at("DatiBeniServizi");
    let summaries = || goods.into_iter().flat_map(|goods| goods.all("DatiRiepilogo"));
    let to_treasury = sum(summaries().filter(|s| s.text_at("EsigibilitaIVA") == Some("S")).collect(), "Imposta")?;
    let withheld = sum(general.all("DatiRitenuta").collect(), "ImportoRitenuta")?;
    let stated = match general.at("ImportoTotaleDocumento") {
        Some(stated) => amount(stated, currency)?,
        // A simplified invoice has no summary: each of its lines says what it comes to.
        None if summaries().next().is_none() => sum(body.all("DatiBeniServizi").collect(), "Importo")?,
        None => {
            let net = sum(summaries().collect(), "ImponibileImporto")?;
            let tax = sum(summaries().collect(), "Imposta")?;
            let rounded = at(general.at("Arrotondamento"))?;
            net.saturating_add(tax).saturating_add(rounded)
        }
    };
    Ok(Total { stated, payable: stated.saturating_sub(to_treasury).saturating_sub(withheld) })
}

/// What a document comes to, minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Total {
    /// As it says.
    pub(super) stated: i64,
    /// Of that, what is paid to the creditor.
    pub(super) payable: i64,
}

/// The instalments of an invoice of that total, which was issued and would by the usual terms fall due on these days. Several
/// blocks that each come to the same sum are ways to pay the same money; then the first counts.
pub(super) fn parts(
    body: &Element,
    total: Total,
    (issued_on, term): (Date, Date),
    currency: Currency,
) -> Result<Vec<Part>, Refused> {
    let mut blocks = Vec::new();
    for block in body.all("DatiPagamento") {
        let details = block.all("DettaglioPagamento").map(|detail| part(detail, (issued_on, term), currency));
        let details: Vec<Part> = details.collect::<Result<_, _>>()?;
        if !details.is_empty() {
            blocks.push(details);
        }
    }
    let sum = |block: &[Part]| block.iter().fold(0i64, |sum, part| sum.saturating_add(part.minor));
    if blocks.len() > 1 && blocks.iter().all(|block| sum(block) == sum(&blocks[0])) && sum(&blocks[0]) >= total.payable
    {
        blocks.truncate(1);
    }
    let mut parts: Vec<Part> = blocks.into_iter().flatten().collect();
    if parts.len() > MAX_PARTS {
        let reason = format!("at most {MAX_PARTS} instalments are read");
        return Err(Refused::new(body.line, "DatiPagamento", &parts.len().to_string(), "too_long", &reason));
    }
    within(&mut parts, total.stated, body, currency)?;
    // Some programs write the whole document where the tax goes to the treasury: the buyer does not owe that.
    if let [only] = parts.as_mut_slice()
        && only.minor == total.stated
    {
        only.minor = total.payable;
    }
    match parts.is_empty() {
        true => Ok(vec![Part { minor: total.payable, due_on: term, reference: None }]),
        false => Ok(parts),
    }
}

/// Instalments come to no more than their document: what is rounding the last of them goes without, and more is an error of
/// whoever wrote it, which would be claimed of the buyer.
fn within(parts: &mut [Part], stated: i64, body: &Element, currency: Currency) -> Result<(), Refused> {
    let sum = parts.iter().fold(0i64, |sum, part| sum.saturating_add(part.minor));
    let over = sum.saturating_sub(stated);
    let rounding = 10i64.pow(currency.minor_digits());
    match parts.last_mut() {
        Some(last) if (1..=rounding).contains(&over) && last.minor > over => last.minor -= over,
        Some(_) if over > 0 => {
            let (sum, stated) = (Money::from_minor(sum, currency), Money::from_minor(stated, currency));
            let reason = format!("the instalments come to {sum}, and the document to {stated}");
            let line = body.at("DatiPagamento").map_or(body.line, |block| block.line);
            return Err(Refused::new(line, "ImportoPagamento", &sum.to_string(), "more_than_invoice", &reason));
        }
        _ => {}
    }
    Ok(())
}

fn part(detail: &Element, (issued_on, term): (Date, Date), currency: Currency) -> Result<Part, Refused> {
    let missing = || Refused::new(detail.line, "ImportoPagamento", "", "missing", "an instalment needs its amount");
    let minor = amount(detail.at("ImportoPagamento").ok_or_else(missing)?, currency)?;
    let due_on = match (detail.at("DataScadenzaPagamento"), detail.at("GiorniTerminiPagamento")) {
        (Some(due), _) => day(due)?,
        (None, Some(days)) => {
            let from = detail.at("DataRiferimentoTerminiPagamento").map_or(Ok(issued_on), day)?;
            let text = days.text().unwrap_or_default();
            let reason = "must be a number of days from 0 to 999";
            let n: Option<u16> = text.parse().ok().filter(|n| *n <= 999);
            let n = n.ok_or_else(|| Refused::new(days.line, "GiorniTerminiPagamento", text, "bad_word", reason))?;
            from.saturating_add(Span::new().days(i64::from(n)))
        }
        (None, None) => term,
    };
    let reference = detail.text_at("CodicePagamento").map(str::to_owned);
    Ok(Part { minor, due_on, reference })
}

#[cfg(test)]
mod tests {
    use super::{Currency, minor};

    #[test]
    fn amounts_are_rounded_to_the_currency() {
        let read =
            ["1234.56", "1234.565", "-0.005", "7", "0.004", "x", "", "1,5", "1."].map(|t| minor(t, Currency::EUR));
        assert_eq!(read, [Some(123_456), Some(123_457), Some(-1), Some(700), Some(0), None, None, None, Some(100)]);
    }
}
