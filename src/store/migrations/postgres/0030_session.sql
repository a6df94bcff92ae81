-- A browser that has signed in, as a person or with a key. Only the hash of its token is kept.
create table session (
    hash bytea primary key,
    person text collate "C" references person (id) deferrable,
    access_key text collate "C" references access_key (id) deferrable,
    created_at bigint not null,
    expires_at bigint not null
);
create index session_expires_at on session (expires_at);
alter table session alter column hash set statistics 0, alter column person set statistics 0,
    alter column access_key set statistics 0;
