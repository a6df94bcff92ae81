//! The notice codes of insolvency, and what each says of a company.
//!
//! Oracle: the taxonomy of notices. Other lists in circulation have the codes of winding up by the court shifted.

use crate::domain::Status;

/// What a notice says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// A procedure began.
    Opens(Status),
    /// One is under way.
    Continues(Status),
    /// One is over.
    Ends(Status),
    /// Somebody asked the court to wind the company up.
    Petition,
    /// The court said no, or the petition was taken back.
    Dismissed,
    /// Published, and no word on the company's state: a dividend, a name used again.
    Told,
    /// A natural person's insolvency.
    Person,
    /// Not insolvency at all.
    Other,
}

/// What a code says, and what it is called. None for a code of corporate insolvency that nobody knows.
pub(super) fn meaning(code: &str) -> Option<(Meaning, &'static str)> {
    use Meaning::{Continues, Dismissed, Ends, Opens, Other, Person, Petition, Told};
    use Status::{InsolventLiquidation, Restructuring, VoluntaryLiquidation};
    Some(match code {
        "2401" => (Opens(Restructuring), "Moratorium coming into force"),
        "2402" => (Ends(Restructuring), "End of moratorium"),
        "2403" => (Told, "Re-use of a prohibited name"),
        "2404" => (Continues(InsolventLiquidation), "Cross-border insolvency"),
        "2405" => (Told, "Overseas"),
        "2406" => (Told, "Notice of intended dividend"),
        "2407" => (Told, "Notice of dividend"),
        "2408" => (Told, "Other notice"),
        "2409" => (Told, "Qualifying decision procedure"),
        "2410" => (Opens(Restructuring), "Appointment of administrators"),
        "2411" => (Opens(Restructuring), "Administration order"),
        "2412" => (Continues(Restructuring), "Meeting of creditors (administration)"),
        "2413" => (Continues(Restructuring), "Notice to members (administration)"),
        "2414" => (Continues(Restructuring), "Deemed consent (administration)"),
        "2421" => (Opens(InsolventLiquidation), "Appointment of administrative receivers"),
        "2422" => (Continues(InsolventLiquidation), "Meeting of creditors (receivership)"),
        "2423" => (Opens(InsolventLiquidation), "Appointment of receivers"),
        "2424" => (Continues(InsolventLiquidation), "Deemed consent (receivership)"),
        "2431" => (Opens(VoluntaryLiquidation), "Resolution for winding up (members)"),
        "2432" => (Continues(VoluntaryLiquidation), "Appointment of liquidators (members)"),
        "2433" => (Continues(VoluntaryLiquidation), "Notice to creditors (members)"),
        "2434" => (Continues(VoluntaryLiquidation), "Annual meeting (members)"),
        "2435" => (Continues(VoluntaryLiquidation), "Final meeting (members)"),
        "2441" => (Opens(InsolventLiquidation), "Resolution for winding up (creditors)"),
        "2442" => (Continues(InsolventLiquidation), "Meeting of creditors (creditors' liquidation)"),
        "2443" => (Continues(InsolventLiquidation), "Appointment of liquidators (creditors)"),
        "2444" => (Continues(InsolventLiquidation), "Annual meeting (creditors)"),
        "2445" => (Continues(InsolventLiquidation), "Final meeting (creditors)"),
        "2446" => (Continues(InsolventLiquidation), "Notice to creditors"),
        "2447" => (Continues(InsolventLiquidation), "Deemed consent (creditors)"),
        "2450" => (Petition, "Petition to wind up a company"),
        "2451" => (Petition, "Petition to wind up a partnership"),
        "2452" => (Opens(InsolventLiquidation), "Winding-up order"),
        "2453" => (Opens(InsolventLiquidation), "Winding-up order (partnership)"),
        "2454" => (Continues(InsolventLiquidation), "Appointment of liquidators (court)"),
        "2455" => (Continues(InsolventLiquidation), "Meeting of creditors (court)"),
        "2456" => (Continues(InsolventLiquidation), "Notice of intended dividend (court)"),
        "2457" => (Continues(InsolventLiquidation), "Notice of dividend (court)"),
        "2458" => (Continues(InsolventLiquidation), "Final meeting (court)"),
        "2459" => (Continues(InsolventLiquidation), "Release of liquidator"),
        "2460" => (Continues(InsolventLiquidation), "Notice to creditors (court)"),
        "2461" => (Dismissed, "Dismissal of petition"),
        "2462" => (Petition, "Service of petition"),
        "2463" => (Continues(InsolventLiquidation), "Annual meeting (court)"),
        "2464" => (Continues(InsolventLiquidation), "Public examination"),
        "2465" => (Continues(InsolventLiquidation), "Deemed consent (court)"),
        code if code.starts_with("24") => return None,
        code if code.starts_with("25") => (Person, "Personal insolvency"),
        _ => (Other, ""),
    })
}
