-- When a source last answered about a client, whatever it said: what is not here was never looked at.
create table seen (
    client bigint not null references client (id),
    source text not null,
    seen_at bigint not null,
    primary key (client, source)
) without rowid;
create index seen_source on seen (source, client);
