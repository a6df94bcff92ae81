-- What a payment was booked on until somebody took it back: what was believed then stays, and who ended it and when.
create table payment_undone (
    payment bigint not null references payment (id) on delete cascade deferrable,
    client bigint not null references client (id) deferrable,
    invoice bytea not null,
    minor bigint not null,
    booked_at bigint not null,
    undone_by text collate "C" not null,
    undone_at bigint not null,
    primary key (payment, client, invoice, undone_at)
);
create index payment_undone_client on payment_undone (client);
