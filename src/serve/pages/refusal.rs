//! What would be right where a form was refused on a page of its own: in the reader's language, and without the names that the
//! desk has for its fields.

use super::look::Tongue;
use crate::serve::fault::{FieldProblem, Problem};

/// An instalment's field, behind its place in the plan.
const INSTALMENTS: &str = "/instalments/";

/// How a field begins, a part of what the desk says of it, and what would be right: Italian, English. `{n}` is the first number
/// of what the desk says, `{last}` its last word. The first that fits is said.
const HINTS: &[(&str, &str, &str, &str)] = &[
    (
        "/amount",
        "what the invoice is for",
        "L'importo non può superare quello della fattura.",
        "The amount cannot be more than the invoice is for.",
    ),
    (
        "/amount",
        "",
        "L'importo si scrive come 1.234,56, e sta sopra lo zero.",
        "An amount is written as 1,234.56, and lies above zero.",
    ),
    (
        "/invoice",
        "no invoice of this number",
        "Il cliente non ha una fattura con questo numero.",
        "The client has no invoice of this number.",
    ),
    (
        "/grade",
        "notches",
        "La classe può stare al più {n} classi sopra o sotto quella del modello, che è {last}.",
        "The grade can be at most {n} notches above or below the model's, which is {last}.",
    ),
    (
        "/grade",
        "in default",
        "Il cliente è insolvente: sopra quella classe non si decide.",
        "The client is in default: no decision stands above that.",
    ),
    (
        "/due_on",
        "needs its first day",
        "Un piano ha bisogno del suo primo giorno e di un importo.",
        "A plan needs its first day, and an amount.",
    ),
    (
        "/due_on",
        "days: agree on a plan",
        "Una promessa arriva al più a {n} giorni: oltre, serve un piano di rientro.",
        "A promise reaches {n} days ahead at most: beyond that, agree on a plan.",
    ),
    (
        "/due_on",
        "promise needs",
        "Serve il giorno entro cui paga, non prima di quello in cui l'ha promesso.",
        "The day by which it pays is needed, not before the day on which that was promised.",
    ),
    (
        "/instalments",
        "the one before, and the first",
        "Tra una rata e l'altra, e prima della prima, passano al più {n} giorni.",
        "At most {n} days lie between instalments, and before the first.",
    ),
    ("/instalments", "days of the plan", "Un piano dura al più {n} giorni.", "A plan lasts {n} days at most."),
    (
        "/instalments",
        "must not come before",
        "Le rate stanno in ordine di giorno, e nessuna prima del piano.",
        "Instalments stand in the order of their days, and none before the plan.",
    ),
    (
        "/instalments/",
        "",
        "Prima il giorno, poi l'importo, come 15/12/2026 1.500,00.",
        "First the day, then the amount, as 15/12/2026 1,500.00.",
    ),
    (
        "/instalments",
        "",
        "Un piano ha da 1 a 24 rate uguali, o una rata per riga.",
        "A plan has 1 to 24 equal instalments, or one a line.",
    ),
    (
        "/expires_at",
        "future",
        "Il giorno non è passato, e dista al più {n} giorni.",
        "The day is not past, and {n} days ahead at most.",
    ),
    ("/on", "future", "Ciò che è stato fatto non può essere nel futuro.", "What was done cannot lie in the future."),
    ("/reason", "", "Il motivo ha da 1 a 500 caratteri.", "A reason has 1 to 500 characters."),
    ("/note", "needs words", "Una nota ha bisogno di parole.", "A note needs words."),
    ("/note", "at most", "Una nota ha al più {n} caratteri.", "A note has {n} characters at most."),
    (
        "",
        "no promise or plan is open",
        "Quel giorno non è aperta alcuna promessa, né un piano: registra prima com'è cominciata, col suo giorno.",
        "No promise or plan is open on that day: record it first, with the day on which it began.",
    ),
    (
        "",
        "no promise is open",
        "Quel giorno non è aperta alcuna promessa: registrala prima, col giorno in cui è stata fatta.",
        "No promise is open on that day: record it first, with the day on which it was given.",
    ),
    (
        "",
        "no plan is open",
        "Quel giorno non è aperto alcun piano: registralo prima, col giorno in cui è stato concordato.",
        "No plan is open on that day: record it first, with the day on which it was agreed.",
    ),
    (
        "",
        "no dispute",
        "Quel giorno non è aperta alcuna contestazione: registrala prima, col giorno in cui è cominciata.",
        "No dispute is open on that day: record it first, with the day on which it began.",
    ),
    (
        "",
        "is waited for until",
        "Si aspetta ancora: il giorno entro cui paga deve essere passato.",
        "It is waited for still: the day by which it pays must be over.",
    ),
    (
        "",
        "no such client",
        "Tra ciò che puoi vedere non c'è un cliente con questo codice.",
        "Among what you may see there is no client of this code.",
    ),
    (
        "",
        "is not known here",
        "L'indirizzo chiede qualcosa che questa pagina non conosce.",
        "The address asks for something that this page does not know.",
    ),
    ("", "must be a day", "Il giorno si scrive come 20/11/2026.", "A day is written as 20/11/2026."),
];

/// The first number in a sentence.
fn number(said: &str) -> &str {
    said.split(|c: char| !c.is_ascii_digit()).find(|word| !word.is_empty()).unwrap_or_default()
}

/// The line of the form that an instalment was written on, as people count.
fn line(pointer: &str) -> Option<usize> {
    let (place, _) = pointer.strip_prefix(INSTALMENTS)?.split_once('/')?;
    place.parse::<usize>().ok()?.checked_add(1)
}

fn of_field(field: &FieldProblem, t: Tongue) -> Option<String> {
    let fits = |(pointer, said, _, _): &&(&str, &str, &str, &str)| {
        field.pointer.starts_with(pointer) && field.detail.contains(said)
    };
    let (_, _, italian, english) = HINTS.iter().find(fits)?;
    let last = field.detail.rsplit(' ').next().unwrap_or_default();
    let hint = t.pick(*italian, *english).replace("{n}", number(&field.detail)).replace("{last}", last);
    let line = line(&field.pointer).map(|n| format!("{} {n}: ", t.pick("Riga", "Line")));
    Some(format!("{}{hint}", line.unwrap_or_default()))
}

/// What would be right, and whether it is in the reader's language: what nobody has put into words is said as the desk says it.
pub(super) fn hint(problem: &Problem, t: Tongue) -> (String, bool) {
    match problem.errors.as_slice() {
        [only] => of_field(only, t).map_or_else(|| (only.detail.clone(), !t.is_italian()), |hint| (hint, true)),
        _ => {
            let whole = FieldProblem { pointer: String::new(), detail: problem.detail.clone() };
            of_field(&whole, t).map_or_else(|| (whole.detail.clone(), !t.is_italian()), |hint| (hint, true))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{FieldProblem, HINTS, Tongue, of_field};
    use crate::serve::pages::look::Language;

    fn said(pointer: &str, detail: &str, t: Tongue) -> Option<String> {
        of_field(&FieldProblem { pointer: pointer.to_owned(), detail: detail.to_owned() }, t)
    }

    #[test]
    fn a_refusal_says_what_would_be_right_and_which_line_and_how_far() {
        let (italian, english) = (Tongue::default(), Tongue::from(Language::English));
        let far = "must be at most 3 notches from the model's grade, which is B2";
        let grade = said("/grade", far, italian).unwrap();
        assert!(grade.contains("al più 3 classi") && grade.ends_with("che è B2."), "{grade}");
        let line = said("/instalments/1/due_on", "must be a day, as 2026-11-20, before an amount", italian).unwrap();
        assert!(line.starts_with("Riga 2: Prima il giorno"), "{line}");
        assert!(said("/amount", "must be an amount", english).unwrap().contains("1,234.56"));
        assert!(said("/on", "must be a day, as 2026-11-20", english).unwrap().starts_with("A day is written"));
        assert_eq!(said("/clients", "at most 1000", italian), None);
        let kept = said("", "no promise or plan is open, so none was kept by 2026-11-29: record it first", italian);
        assert!(kept.unwrap().starts_with("Quel giorno non è aperta"));
    }

    #[test]
    fn no_hint_is_without_words() {
        assert!(HINTS.iter().all(|(_, _, italian, english)| !italian.is_empty() && !english.is_empty()));
    }
}
