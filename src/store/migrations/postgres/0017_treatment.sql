-- What was done about a client and what came of it: facts with two clocks. The content is one value (codec/treatment.rs).
create table outcome (
    client bigint not null references client (id) deferrable,
    id bytea not null, -- a hash of whose it is and what it says: told twice is told once
    happened_on bigint not null,
    known_at bigint not null,
    body bytea not null,
    primary key (client, id)
);

-- How a client was treated when that was last announced; who is only watched has no row.
create table treated (
    client bigint primary key references client (id) deferrable,
    phase text collate "C" not null,
    action text collate "C" not null,
    due_on bigint,
    known_at bigint not null
);
create index treated_due on treated (due_on, client);
