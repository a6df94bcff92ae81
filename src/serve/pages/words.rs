//! Words that stand on many pages, in both languages; a page with many of its own has them beside it. A word that is missing in
//! one language does not compile.

use super::look::Theme;

/// Makes the words of a page, or of all: a struct with a text of each key, and one of them in each language.
macro_rules! dictionary {
    ($($key:ident: $italian:literal, $english:literal;)+) => {
        /// The words of a language.
        pub(in crate::serve::pages) struct Words {
            $(pub(in crate::serve::pages) $key: &'static str,)+
        }

        /// Italian.
        pub(in crate::serve::pages) const IT: Words = Words { $($key: $italian,)+ };

        /// English.
        pub(in crate::serve::pages) const EN: Words = Words { $($key: $english,)+ };

        /// Key, Italian, English.
        #[cfg(test)]
        pub(in crate::serve::pages) const ALL: &[(&str, &str, &str)] =
            &[$((stringify!($key), $italian, $english),)+];
    };
}

pub(super) use dictionary;

impl Words {
    /// What the switch of the light is called that leads there.
    pub(super) fn theme_to(&self, theme: Theme) -> &'static str {
        match theme {
            Theme::Auto => self.theme_auto,
            Theme::Dark => self.theme_dark,
            Theme::Light => self.theme_light,
        }
    }
}

dictionary! {
    no_telling: "Nessun fatto che parli di rischio.", "No fact that speaks of risk.";
    checks: "Altri controlli", "Other checks";
    policy: "Regole", "Policy";
    portfolio: "Portafoglio", "Portfolio";
    by_grade: "Per classe", "By grade";
    by_sector: "Per settore", "By sector";
    share: "Quota", "Share";
    keys: "Chiavi", "Keys";
    log: "Registro", "Log";
    people: "Persone", "People";
    largest: "Chi deve di più", "Who owes most";
    moves: "Passaggi di classe", "Moves between grades";
    moves_how: "Righe: la classe di prima; colonne: quella di oggi. Chi è rimasto non c'è.", "Rows: the grade before; columns: today's. Who stayed is not in it.";
    no_moves: "Nessuno ha cambiato classe.", "Nobody has changed grade.";
    from_to: "da / a", "from / to";
    stress: "E se un mercato si rompe?", "What if a market breaks?";
    stress_how: "Ogni cliente viene valutato di nuovo come se le statistiche del settore lo avessero detto. Nulla viene registrato.", "Every client is rated again as if the statistics of the sector had told of it. Nothing is recorded.";
    shock: "Variazione della produzione, %", "Change of output, %";
    try_it: "Prova", "Try it";
    all_sectors: "Tutti i settori", "Every sector";
    loss_before: "Perdita attesa oggi", "Expected loss today";
    loss_after: "Perdita attesa dopo", "Expected loss after";
    would_fall: "Peggiorerebbero", "Would get worse";
    not_said: "non detto", "not said";
    drawn_share: "Quota, disegnata", "Share, drawn";
    after: "successivi", "next";
    age: "Età", "Age";
    ageing: "Scaduto per età", "What is open by age";
    alerts: "Avvisi", "Alerts";
    house: "Gestione", "House";
    all_moves: "Tutti i cambiamenti", "All changes";
    all_work: "Tutto il lavoro", "All work";
    amount: "Importo", "Amount";
    amount_example: "1.234,56", "1,234.56";
    any: "Tutti", "Any";
    api: "API", "API";
    api_key: "Chiave API", "API key";
    as_of_day: "Al", "On";
    as_table: "Come tabella", "As a table";
    at_risk: "A rischio", "At risk";
    at_the_source: "alla fonte", "at the source";
    available: "Disponibile", "Available";
    back_to: "Tornare a", "Back to";
    balanced: "Equilibrato", "Balanced";
    before: "precedenti", "previous";
    bold: "Coraggioso", "Bold";
    by_day: "Entro il", "By";
    by_exposure: "Esposizione", "Exposure";
    by_file: "dal gestionale", "by the creditor's file";
    by_limit: "Uso del fido", "Use of the limit";
    by_lower: "entro il", "by";
    by_name: "Nome", "Name";
    by_risk: "Rischio", "Risk";
    as_list: "Come elenco", "As a list";
    calendar_page: "Calendario", "Calendar";
    calendar: "Scadenze nel calendario", "Deadlines for a calendar";
    call_no_answer: "Telefonata: nessuna risposta", "Call: no answer";
    call_reached: "Telefonata: raggiunto", "Call: reached";
    call_refused: "Telefonata: si rifiuta", "Call: refuses to pay";
    cause: "Causa", "Cause";
    certainty: "certezza", "certainty";
    client: "Cliente", "Client";
    clients: "Clienti", "Clients";
    clients_lower: "clienti", "clients";
    client_lower: "cliente", "client";
    keyboard: "Tastiera", "Keyboard";
    letters_on: "Le lettere da sole sono comandi", "Single letters are commands";
    send_again: "Manda di nuovo", "Send again";
    columns: "Colonne", "Columns";
    tax_id: "Partita IVA", "VAT number";
    told_again: "detto", "said";
    clue: "Indizio", "Clue";
    clues: "Perché potrebbe esserlo", "Why it may be";
    clues_how: "Da dove si parte, e quante volte più o meno probabile ogni indizio rende che si parli di questo cliente; insieme danno la certezza.", "Where one starts from, and how many times likelier or less likely each clue makes it that this client is meant; together they give the certainty.";
    so_it_is: "Lo rende", "Makes it";
    coverage: "Copertura", "Coverage";
    day: "Giorno", "Day";
    days_late: "Giorni di ritardo", "Days late";
    days_overdue: "giorni di scaduto", "days overdue";
    decide: "Decidi", "Decide";
    decide_links: "Decidi", "Decide";
    dispute: "Contestazione", "Dispute";
    disputed: "contestato", "disputed";
    done_so_far: "Fatto finora", "Done so far";
    door_lead: "La vedetta sull'albero: guarda le fonti aperte e il tuo partitario, e chiama quando un cliente peggiora.", "The lookout on the mast: it watches open sources and your own ledger, and calls out when a client gets worse.";
    door_wrong: "Nome e password non vanno insieme, o la chiave non è valida. Dopo cinque errori un nome resta chiuso per un po'.", "Name and password do not go together, or the key opens nothing. After five wrong tries a name is closed for a while.";
    down: "Peggiorati", "Worse";
    drawing: "Disegno", "Drawing";
    due_day: "Scadenza", "Due";
    due_today: "Da fare oggi", "To do today";
    empty_house: "Ancora nessun cliente", "No clients yet";
    empty_house_how: "Importa i clienti e le fatture: dopo la prima notte qui c'è la risposta del mattino.", "Import clients and invoices: after the first night the answer of the morning is here.";
    end_limit: "Togli il fido concesso qui", "End the limit granted here";
    end_override: "Torna alla classe del modello", "Back to the model's grade";
    everybody: "Tutti", "Everybody";
    evidence: "Prova", "Evidence";
    expected_loss: "Perdita attesa", "Expected loss";
    export_csv: "Esporta CSV", "Export CSV";
    exposure: "Esposizione", "Exposure";
    exposure_lower: "esposizione", "exposure";
    fact: "Fatto", "Fact";
    facts: "Fatti", "Facts";
    fell: "Peggiorata", "Got worse";
    find: "Cerca", "Find";
    find_client: "Cerca un cliente", "Find a client";
    find_example: "Nome, partita IVA o codice", "Name, VAT number or code";
    find_path: "Trova la strada", "Find the way";
    fresh: "Nuovi fatti negativi", "New negative facts";
    go_home: "Alla pagina del mattino", "To the morning page";
    grade: "Classe", "Grade";
    grant: "Concedi", "Grant";
    grant_limit: "Concedi un fido", "Grant a limit";
    guessed: "nomi simili a quello cercato", "names like the one you typed";
    help: "Aiuto", "Help";
    import: "Importa", "Import";
    in_force: "In vigore", "In force";
    in_twelve_months: "in dodici mesi", "within twelve months";
    invoice: "Fattura", "Invoice";
    invoices: "Fatture", "Invoices";
    is_it: "parla di", "– is it";
    is_silent: "non risponde", "is silent";
    last_change: "L'ultimo cambiamento", "The last change";
    late_since: "in ritardo dal", "late since";
    ledger: "Partitario", "Ledger";
    limit: "Fido", "Limit";
    links_to_review: "Da verificare", "To review";
    live_back: "Di nuovo in diretta.", "Live again.";
    live_lost: "Collegamento interrotto: riprovo.", "Connection lost: trying again.";
    live_changed: "Questo cliente è cambiato: ricarica la pagina.", "This client has changed: load the page again.";
    look_back: "Torna a un giorno", "Go back to a day";
    merged_into: "È lo stesso di", "Is the same as";
    at_stake: "perdita attesa", "expected loss";
    of_day: "del", "of";
    order_due: "Prima la perdita attesa più alta: probabilità di default × perdita × esposizione.", "The highest expected loss first: probability of default × loss × exposure.";
    order_work: "Giorno per giorno e, in ogni giorno, prima la perdita attesa più alta: probabilità di default × perdita in caso di default × esposizione.", "Day by day and, on each day, the highest expected loss first: probability of default × loss given default × exposure.";
    models: "Modelli", "Models";
    morning: "Mattino", "Morning";
    n_instalments: "Numero di rate", "Instalments";
    nace_map: "Settori in crisi", "Sectors in crisis";
    nace_how: "Divisioni NACE: la perdita attesa su ciò che devono. ▼ da una volta e un quarto quella di tutti, ▼▼ dal doppio.", "Divisions of NACE: the expected loss on what they owe. ▼ from one and a quarter times that of all, ▼▼ from twice.";
    burns: "in crisi", "in crisis";
    stands_out: "peggio degli altri", "worse than the others";
    is_calm: "come gli altri o meglio", "like the others or better";
    name_person: "Nome", "Name";
    no_difference: "Le due valutazioni hanno gli stessi motivi.", "Both ratings rest on the same reasons.";
    no_facts: "Le fonti aperte non hanno detto ancora nulla di questo cliente.", "Open sources have said nothing of this client yet.";
    no_ledger: "Nessuna fattura importata.", "No invoice imported.";
    no_links: "Nessun documento da verificare", "No record to review";
    no_links_how: "Quando una fonte parla di qualcuno che forse è un tuo cliente, lo trovi qui.", "When a source speaks of somebody who may be a client of yours, it is here.";
    no_rating: "Non ancora valutato.", "Not rated yet.";
    no_sources: "Nessuna fonte interrogata ancora.", "No source asked yet.";
    no_suggestion: "Nessun fido suggerito finché il rischio non è determinato.", "No limit is suggested while the risk is not determined.";
    nobody: "Nessuno.", "Nobody.";
    nobody_down: "Nessuno è peggiorato.", "Nobody got worse.";
    nobody_found: "Nessun cliente corrisponde", "No client matches";
    not_same: "Non è lui", "Not the same";
    note: "Nota", "Note";
    note_label: "Nota, in parole tue", "Note, in your own words";
    nothing_due: "Niente da fare", "Nothing to do";
    nothing_due_how: "Chi paga nei termini non chiede nulla. Guarda la settimana o il mese.", "Who pays within terms asks for nothing. Look at the week or the month.";
    nothing_fresh: "Nessun fatto negativo nuovo.", "No new negative fact.";
    notice: "Valutazione interna, non un rating ai sensi del Regolamento (CE) n. 1060/2009.", "Internal score, not a credit rating under Regulation (EC) No 1060/2009.";
    notice_sent: "Messa in mora inviata", "Formal notice sent";
    official: "ufficiale", "official";
    on_day: "Quando", "When";
    on_this_page: "In questa pagina", "On this page";
    only_over: "Solo oltre il fido", "Only over the limit";
    open: "Aperto", "Open";
    open_in_all: "Aperto in tutto", "Open in all";
    order: "Ordine", "Order";
    other_language: "English", "Italiano";
    our_client: "Il nostro cliente", "Our client";
    our_copy: "nostra copia", "our copy";
    over_limit: "oltre il fido", "over the limit";
    overdue: "Scaduto", "Overdue";
    override_: "Decisione sulla classe", "Decision about the grade";
    override_how: "Una classe decisa da te sta sopra quella del modello, per un tempo e con un motivo; mai lontana da essa, mai sopra un default.", "A grade that you decide stands above the model's, for a time and with a reason; never far from it, never above a default.";
    owner: "Chi", "Who";
    pages: "Pagine", "Pages";
    pages_of_list: "Pagine dell'elenco", "Pages of the list";
    password: "Password", "Password";
    past: "Andamento", "Over time";
    blind: "ND: in quei giorni il rischio non era determinato, e una probabilità non c'è.", "ND: on those days the risk was not determined, and there is no probability.";
    past_drawing: "Probabilità di default nel tempo, con ciò che è accaduto", "Probability of default over time, with what happened";
    path_back: "La via del ritorno", "The way back";
    payment_index: "Indice dei pagamenti", "Payment index";
    phase: "Fase", "Phase";
    plan: "Piano di rientro", "Payment plan";
    points: "Punti", "Points";
    points_lower: "punti", "points";
    grades_to_confirm: "Classi da confermare", "Grades to confirm";
    promised: "Denaro promesso", "Money promised";
    promised_one: "Promessi", "Promised";
    promise: "Promessa di pagamento", "Promise to pay";
    prudent: "Prudente", "Prudent";
    reason: "Motivo", "Reason";
    record: "Registra", "Record";
    record_outcome: "Registra l'esito", "Record the outcome";
    refused_forbidden: "Questo non ti è permesso", "You may not do this";
    refused_input: "La richiesta non si può leggere", "The request cannot be read";
    refused_rule: "Qualcosa non va", "Something is not right";
    refused_missing: "Qui non c'è nulla", "There is nothing here";
    refused_ours: "Qualcosa è andato storto da noi", "Something went wrong on our side";
    reminder_sent: "Sollecito inviato", "Reminder sent";
    request_id: "Numero della richiesta:", "Request:";
    review: "Verifica", "Review";
    review_lead: "Una fonte parla di qualcuno che forse è un tuo cliente. Finché nessuno decide, non muove nessuna classe.", "A source speaks of somebody who may be a client of yours. Until somebody decides, it moves no grade.";
    said_action: "Registrato: il trattamento qui sotto ne tiene conto.", "Recorded: the treatment below takes it into account.";
    said_withdrawn: "Ritirato: il trattamento qui sotto non ne tiene più conto.", "Taken back: the treatment below leaves it out.";
    mistaken: "Registrato per errore?", "Recorded by mistake?";
    withdraw: "Ritira", "Take it back";
    said_limit: "Il fido è cambiato.", "The limit has changed.";
    said_override: "La classe è stata decisa di nuovo.", "The grade was decided anew.";
    said_review: "Deciso: la valutazione segue.", "Decided: the rating follows.";
    same: "È lui", "The same";
    sector: "Settore", "Sector";
    show: "Mostra", "Show";
    show_all: "Mostra tutti", "Show all";
    sign_in: "Entra", "Sign in";
    sign_in_with_key: "Entra con una chiave", "Sign in with a key";
    sign_out: "Esci", "Sign out";
    since: "Dal", "Since";
    skip: "Vai al contenuto", "Skip to the content";
    source: "Fonte", "Source";
    source_says: "La fonte dice", "The source says";
    sources: "Fonti", "Sources";
    sources_answer: "fonti rispondono", "sources answer";
    state: "Stato", "State";
    sum: "Somma", "Sum";
    theme_auto: "Luce: come il sistema", "Light: as the system";
    theme_dark: "Luce: scura", "Light: dark";
    theme_light: "Luce: chiara", "Light: bright";
    then: "poi", "then";
    this_month: "Mese", "Month";
    this_week: "Settimana", "Week";
    today: "Oggi", "Today";
    unsure: "Non so", "Not sure";
    until: "Fino al", "Until";
    until_when: "Fino a quando", "Until when";
    up: "Migliorati", "Better";
    used: "Uso", "Used";
    visit: "Visita", "Visit";
    what_happened: "Che cosa è successo", "What happened";
    what_to_do: "Che cosa fare", "What to do";
    when: "Quando", "When";
    where_done: "Dove si fa", "Where it is done";
    why: "Perché", "Why";
    why_change: "Perché è cambiata", "Why it changed";
    why_grade: "Perché", "Why";
    why_level: "Dal punto di partenza ai punti di oggi", "From where every client starts to the points of today";
    with_key: "con una chiave", "with a key";
    words_to_send: "Le parole da mandare", "The words to send";
    work: "Lavoro", "Work";
    decided_by: "deciso da", "decided by";
    asked_by: "chiesto da", "asked for by";
    waits_for_another: "attende una seconda persona", "waits for a second person";
    confirm_override: "Conferma", "Confirm";
    withdraw_override: "Rinuncia", "Give it up";
    said_asked: "Chiesto: con questa esposizione deve confermarlo una seconda persona.", "Asked for: with this exposure a second person must confirm it.";
    prospects: "Nuovi clienti", "Prospects";
    tick: "Scegli", "Choose";
    with_ticked: "Con quelli scelti", "With the chosen ones";
    all_found: "Tutti quelli trovati", "All that were found";
    go_on: "Continua", "Go on";
    payments: "Incassi", "Payments";
    nights: "Notti", "Nights";
    papers: "Pratica", "Papers";
    would_be: "Porterebbe a", "Would lead to";
    different_parts: "Rate diverse: una per riga, giorno e importo", "Different instalments: one a line, day and amount";
    different_parts_example: "15/12/2026 1.500,00", "15/12/2026 1,500.00";
    who_was_right: "Chi aveva ragione", "Who was right";
    client_was_right: "Il cliente", "The client";
    client_was_wrong: "Noi", "We";
    new_client: "Nuovo cliente", "New client";
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::serve::pages::{
        alerts, client, import, newcomer, nights, payments, policy, prospects, seats, settings, sources, together,
    };

    #[test]
    fn no_word_is_empty_or_left_in_the_other_language() {
        // Words that both languages share.
        let same = ["api", "by_email", "file", "password"];
        for (key, italian, english) in ALL
            .iter()
            .chain(alerts::ALL_WORDS)
            .chain(sources::ALL_WORDS)
            .chain(import::ALL_WORDS)
            .chain(client::ALL_WORDS.into_iter().flatten())
            .chain(newcomer::ALL_WORDS)
            .chain(nights::ALL_WORDS)
            .chain(payments::ALL_WORDS)
            .chain(prospects::ALL_WORDS)
            .chain(together::ALL_WORDS)
            .chain(seats::ALL_WORDS)
            .chain(policy::ALL_WORDS)
            .chain(settings::ALL_WORDS)
        {
            assert!(!italian.trim().is_empty() && !english.trim().is_empty(), "{key}");
            assert!(italian != english || same.contains(key), "{key}: {english}");
        }
    }
}
