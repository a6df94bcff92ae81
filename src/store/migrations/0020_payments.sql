-- Money that arrived, as a bank or a file tells it, and what it was matched to. A ledger line says what has been paid in all;
-- these rows say in which payments, so that a file that knows of fewer takes none of them back.
create table payment (
    id integer primary key,
    portfolio bigint not null references portfolio (id),
    own_id blob not null, -- hash of what tells it from every other
    client bigint references client (id), -- whose; null while nobody knows, and where it pays for several
    kind text not null, -- bank, file, note
    state text not null, -- booked, review, dismissed
    arrived_on bigint not null,
    minor bigint not null,
    currency text not null,
    payer text, -- as the bank writes the name
    account text, -- the payer's IBAN
    reference text not null,
    known_at bigint not null,
    batch bigint not null,
    decided_by text, -- a person; null when the program was sure
    decided_at bigint,
    unique (portfolio, own_id)
);
create index payment_state on payment (portfolio, state, id);
create index payment_client on payment (client);

-- What a payment took off an invoice, or a credit note off an invoice and itself.
create table payment_part (
    client bigint not null references client (id),
    invoice blob not null,
    payment bigint not null references payment (id) on delete cascade,
    minor bigint not null,
    primary key (client, invoice, payment)
) without rowid;
create index payment_part_payment on payment_part (payment);

-- What a payment that waits for a person may be for.
create table payment_candidate (
    payment bigint not null references payment (id) on delete cascade,
    client bigint not null references client (id),
    invoice text not null,
    because text not null,
    primary key (payment, client, invoice)
) without rowid;
create index payment_candidate_client on payment_candidate (client);

-- Accounts that clients have paid from, learned from payments that were certain.
create table payer (
    portfolio bigint not null references portfolio (id),
    account text not null,
    client bigint not null references client (id),
    known_at bigint not null,
    primary key (portfolio, account, client)
) without rowid;
create index payer_client on payer (client);
