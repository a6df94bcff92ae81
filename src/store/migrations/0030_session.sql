-- A browser that has signed in, as a person or with a key. Only the hash of its token is kept.
create table session (
    hash blob primary key,
    person text references person (id),
    access_key text references access_key (id),
    created_at bigint not null,
    expires_at bigint not null
) without rowid;
create index session_expires_at on session (expires_at);
