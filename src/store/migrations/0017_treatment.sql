-- What was done about a client and what came of it: facts with two clocks. The content is one value (codec/treatment.rs).
create table outcome (
    client bigint not null references client (id),
    id blob not null, -- a hash of whose it is and what it says: told twice is told once
    happened_on bigint not null,
    known_at bigint not null,
    body blob not null,
    primary key (client, id)
) without rowid;

-- How a client was treated when that was last announced; who is only watched has no row.
create table treated (
    client bigint primary key references client (id),
    phase text not null,
    action text not null,
    due_on bigint,
    known_at bigint not null
) without rowid;
create index treated_due on treated (due_on, client);
