use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

/// One value as somebody wrote it: a text, or a number or truth value of a JSON body in its own spelling.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cell(pub String);

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;
        impl Visitor<'_> for Scalar {
            type Value = Cell;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, true or false")
            }
            fn visit_str<E: Error>(self, v: &str) -> Result<Cell, E> {
                Ok(v.into())
            }
            fn visit_bool<E: Error>(self, v: bool) -> Result<Cell, E> {
                Ok(Cell(v.to_string()))
            }
            fn visit_i64<E: Error>(self, v: i64) -> Result<Cell, E> {
                Ok(Cell(v.to_string()))
            }
            fn visit_u64<E: Error>(self, v: u64) -> Result<Cell, E> {
                Ok(Cell(v.to_string()))
            }
            // The shortest decimal that is this double: 1234.56 comes back as it was written.
            fn visit_f64<E: Error>(self, v: f64) -> Result<Cell, E> {
                Ok(Cell(v.to_string()))
            }
        }
        deserializer.deserialize_any(Scalar)
    }
}

macro_rules! input {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $what:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $(#[doc = $what] #[serde(default)] pub $field: Option<Cell>),+ }

        impl $name {
            /// Every column, in our words.
            pub const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];

            /// Fills a column by name; a name that is none is left out.
            pub fn set(&mut self, column: &str, value: &str) {
                match column {
                    $(stringify!($field) => self.$field = Some(value.into()),)+
                    _ => {}
                }
            }

            /// What a column holds, as it came.
            pub fn get(&self, column: &str) -> &str {
                let cell = match column {
                    $(stringify!($field) => self.$field.as_ref(),)+
                    _ => None,
                };
                cell.map_or("", |c| c.0.as_str())
            }
        }
    };
}

input! {
    /// A row about a client, unchecked: a line of a file, or an item of a request.
    ClientInput {
        client: "The creditor's own code; required.",
        name: "Its name; required.",
        country: "ISO 3166-1 alpha-2.",
        tax_id: "Tax or VAT number.",
        registry_id: "Number in the national register.",
        lei: "Legal Entity Identifier.",
        sector: "NACE or ATECO.",
        city: "Town of the seat.",
        address: "Street and number.",
        since: "Client since this day.",
        active: "Whether it still buys.",
        credit_limit: "The limit granted.",
        currency: "ISO 4217.",
        yearly_value: "What it buys in a year.",
        email: "Whom to write to.",
        phone: "Whom to call.",
    }
}

input! {
    /// A row about an invoice, unchecked: a line of a file, or an item of a request. The columns from `name` to `city`
    /// describe the client and count only where an unknown code creates it.
    InvoiceInput {
        client: "The creditor's own code of the client; required.",
        invoice: "The invoice's number, unique per client; required.",
        issued_on: "The day on the document; required.",
        due_on: "The day payment is due; the day of issue when absent.",
        amount: "What it is for, positive; required.",
        currency: "ISO 4217.",
        paid_on: "The day the last payment arrived.",
        paid_amount: "What has been paid in all; the whole amount when only the day is known.",
        kind: "`invoice` or `credit_note`.",
        credit_type: "The creditor's own word for the type of credit.",
        disputed: "Whether the client disputes it.",
        name: "The client's name.",
        country: "The client's country.",
        tax_id: "The client's tax number.",
        sector: "The client's activity.",
        city: "The client's town.",
        reference: "What the client is asked to pay under, where it is not the invoice's number.",
        refers_to: "Of a credit note: the number of the invoice that it takes away from.",
        disputed_on: "Since when the client disputes it.",
        disputed_amount: "About how much; all of it when absent.",
        dispute_closed_on: "When the dispute ended.",
        dispute_outcome: "`upheld`, `rejected`, `withdrawn` or `settled`.",
        promised_on: "The day by which the client promised to pay.",
        promised_amount: "How much of it; what is open when absent.",
        plan: "The plan of instalments that it is part of.",
        plan_due_on: "The day agreed for it in the plan.",
        written_off_on: "When it was given up.",
        written_off_amount: "How much of it; what is open when absent.",
    }
}

input! {
    /// A row about a payment, unchecked: a line of a file.
    PaymentInput {
        client: "The creditor's own code of the client; required.",
        invoice: "The number of the invoice that was paid; required.",
        paid_on: "The day it arrived; required.",
        amount: "How much, positive; required.",
        currency: "ISO 4217.",
        payment: "The creditor's own name of the payment.",
        reference: "What the payer wrote.",
    }
}
