//! The forms, and the items of form 8-K.

/// What a form is to a creditor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// 8-K: something happened.
    Current,
    /// The yearly or quarterly report.
    Periodic,
    /// The notice that one of them will be late.
    Late,
    /// Its shares leave an exchange.
    Delisting,
    /// It stops reporting.
    Deregistration,
    /// Shares, insiders, offerings, letters: known, and nothing of credit.
    Other,
}

/// Forms that say nothing of credit, by how they begin.
const OTHERS: &[&str] = &[
    "1-",
    "10-12",
    "10-C",
    "10-D",
    "10-SB",
    "10SB12",
    "11-K",
    "13F",
    "13H",
    "15F",
    "18-K",
    "24F",
    "253G",
    "305B2",
    "40-",
    "424",
    "425",
    "485",
    "497",
    "6-K",
    "8-A",
    "8-M",
    "ABS-",
    "ADV",
    "ANNLRPT",
    "APP ",
    "ATS-N",
    "C-",
    "CERT",
    "CORRESP",
    "CT ORDER",
    "DEF",
    "DEL AM",
    "DFAN",
    "DFRN",
    "DOS",
    "DRS",
    "EFFECT",
    "F-",
    "FOCUSN",
    "FWP",
    "G-",
    "IRANNOTICE",
    "LETTER",
    "MA-",
    "N-",
    "N14",
    "N54",
    "NO ACT",
    "NPORT",
    "NRSRO",
    "POS",
    "PRE",
    "PX14",
    "QUALIF",
    "REG-",
    "REVOKED",
    "S-",
    "SB-2",
    "SBSE",
    "SC ",
    "SC13",
    "SCHEDULE ",
    "SEC ",
    "SF-",
    "SH-",
    "SP 15",
    "SUPPL",
    "T-",
    "TA-",
    "UNDER",
    "UPLOAD",
    "X-17",
];

/// The same by their whole names, which are too short to begin anything; the numbers are those of insiders.
const SHORT: &[&str] =
    &["3", "4", "5", "144", "ARS", "AW", "C", "CB", "D", "MA", "RW", "RW WD", "AW WD", "SD", "SE", "TTW"];

/// What a form is; none for one that nobody knows.
pub(super) fn kind_of(form: &str) -> Option<Kind> {
    let amended = form.trim_end_matches("/A");
    Some(match amended {
        "8-K" | "8-K12B" | "8-K12G3" | "8-K15D5" => Kind::Current,
        "10-K" | "10-Q" | "20-F" | "40-F" | "10-KT" | "10-QT" | "10-K405" | "10-KSB" | "10-QSB" => Kind::Periodic,
        "25" | "25-NSE" => Kind::Delisting,
        late if late.starts_with("NT ") || late.starts_with("NTN ") => {
            // A pension plan's or a trust's report that is late says nothing of the company's own.
            let report = late.trim_start_matches("NTN ").trim_start_matches("NT ");
            let is_own = kind_of(report) == Some(Kind::Periodic) || matches!(report, "10K" | "10Q");
            if is_own { Kind::Late } else { Kind::Other }
        }
        "15" | "15-12B" | "15-12G" | "15-15D" => Kind::Deregistration,
        other if SHORT.contains(&other) || OTHERS.iter().any(|start| other.starts_with(start)) => Kind::Other,
        _ => return None,
    })
}

/// An item by today's number, and whether it speaks of credit; none for one that nobody knows. Until August 2004 items were
/// single numbers, and bankruptcy was the third.
pub(super) fn item(written: &str) -> Option<(&'static str, bool)> {
    Some(match written {
        "1.01" => ("1.01", false),
        // The end of a material agreement: a lender's, often enough.
        "1.02" => ("1.02", false),
        "1.03" | "3" => ("1.03", true),
        "1.04" => ("1.04", false),
        "1.05" => ("1.05", false),
        "2.01" | "2" => ("2.01", false),
        "2.02" | "12" => ("2.02", false),
        "2.03" => ("2.03", false),
        // An event that makes a debt fall due at once.
        "2.04" => ("2.04", true),
        // Plants closed, people sent home.
        "2.05" => ("2.05", true),
        "2.06" => ("2.06", true),
        "3.01" => ("3.01", true),
        "3.02" => ("3.02", false),
        "3.03" => ("3.03", false),
        // The auditor left or was changed; and the books can no longer be relied on.
        "4.01" | "4" => ("4.01", true),
        "4.02" => ("4.02", true),
        "5.01" | "1" => ("5.01", false),
        "5.02" | "6" => ("5.02", false),
        "5.03" | "8" => ("5.03", false),
        "5.04" | "11" => ("5.04", false),
        "5.05" | "10" => ("5.05", false),
        "5.06" => ("5.06", false),
        "5.07" => ("5.07", false),
        "5.08" => ("5.08", false),
        "6.01" | "6.02" | "6.03" | "6.04" | "6.05" | "6.06" | "6.10" => ("6", false),
        "7.01" | "9" => ("7.01", false),
        "8.01" | "5" => ("8.01", false),
        "9.01" | "7" => ("9.01", false),
        _ => return None,
    })
}
