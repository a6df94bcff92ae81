//! The words of a client's papers.

use crate::serve::pages::words::dictionary;

dictionary! {
    papers: "Pratica", "Papers";
    back: "Torna al cliente", "Back to the client";
    refused: "Non si può fare così.", "This cannot be done.";
    release: "Un ordine", "An order";
    release_how: "Quanto vale l'ordine? La risposta è quella che riceve il gestionale; nulla viene registrato.", "What is the order worth? The answer is the one that an order system is given; nothing is recorded.";
    ask: "Chiedi", "Ask";
    order_of: "ordine di", "an order of";
    owes: "deve già", "owes already";
    left: "resta di fido", "left of its limit";
    file: "Il fascicolo per il legale", "The file for the lawyer";
    file_how: "Chi è, quanto deve e da quando, solleciti e promesse, prove con la loro impronta. Chi lo prende resta scritto nel registro.", "Who it is, how much it owes and since when, reminders and promises, evidence with its hashes. Whoever takes it is noted in the log.";
    file_zip: "Tutto, con gli allegati (ZIP)", "All of it, with enclosures (ZIP)";
    file_pdf: "Solo da leggere (PDF)", "Only what is read (PDF)";
    identity: "Un'azienda, due codici", "One company, two codes";
    identity_how: "Se questo codice e un altro sono la stessa azienda, da quel momento l'altro è valutato con i fatti di entrambi. Nulla si sposta, e si può tornare indietro.", "When this code and another one are the same company, the other is rated by the facts of both from then on. Nothing is moved, and it can be taken back.";
    into: "Codice dell'altro cliente", "Code of the other client";
    merge: "Sono la stessa azienda", "They are the same company";
    unmerge: "Non sono la stessa azienda", "They are not the same company";
    is_merged: "Questo codice è la stessa azienda di", "This code is the same company as";
    merged_code: "Codice", "Code";
    survivor: "Valutato come", "Rated as";
    since: "Dal", "Since";
    until: "Fino al", "Until";
    by: "Deciso da", "Decided by";
    said_merged: "Fatto: i due codici sono una sola azienda.", "Done: the two codes are one company.";
    said_unmerged: "Fatto: ogni codice è di nuovo un cliente per sé.", "Done: each code is a client of its own again.";
    reason: "Motivo", "Reason";
    befores: "Prima che fosse cliente", "Before it was a client";
    no_befores: "Nessuna valutazione di quando era un possibile cliente.", "No evaluation from when it was a prospect.";
    holds: "Conservazione per causa legale", "Legal hold";
    holds_how: "Finché dura, nulla di questo cliente scade e il cliente non si cancella: per una causa, una verifica, un'ispezione.", "While it lasts, nothing of this client expires and the client is not erased: for a lawsuit, an audit, an inspection.";
    no_holds: "Nessuna in vigore.", "None is in force.";
    hold_reason: "Perché va conservato", "Why it is to be kept";
    hold: "Conserva", "Hold";
    end_hold: "Togli la conservazione", "End the hold";
    said_held: "Conservato: nulla scade e il cliente non si cancella.", "Held: nothing expires, and the client is not erased.";
    said_freed: "Tolta: ciò che è oltre il suo termine se ne va stanotte.", "Ended: what is past its term goes tonight.";
    since_lower: "dal", "since";
    erase: "Cancellazione", "Erasure";
    erase_how: "Cancella il cliente e tutto ciò che lo nomina: fatti, documenti, testi. Restano le classi, come cifre di nessuno, e una ricevuta. Non si torna indietro.", "Erases the client and whatever names it: facts, documents, texts. Its grades stay, as figures of nobody, and a receipt. It cannot be undone.";
    erase_reason: "Motivo, senza il nome della persona", "Reason, without the person's name";
    type_code: "Scrivi di nuovo il codice", "Type the code once more";
    erase_now: "Cancella per sempre", "Erase for ever";
    erased: "Cancellato", "Erased";
    erased_lead: "Il cliente non c'è più. Conserva la ricevuta: non dice nulla della persona.", "The client is gone. Keep the receipt: it says nothing of the person.";
    receipt: "Ricevuta", "Receipt";
    erased_facts: "Fatti tolti", "Facts taken out";
    erased_files: "File ripuliti", "Files cleaned";
    erased_documents: "Documenti tolti dall'archivio", "Documents taken out of the archive";
    left_to_you: "Resta a te", "Left to you";
    left_to_you_how: "I file che hai importato e quelli delle righe rifiutate, le esportazioni, i backup e ciò che gli avvisi hanno già mandato sono fuori da qui.", "Files that you imported and those of refused rows, exports, backups, and what alerts have sent already are not in here.";
    also: "Altri codici della stessa azienda, che restano clienti:", "Other codes of the same company, which stay clients:";
    to_clients: "Ai clienti", "To the clients";
}
