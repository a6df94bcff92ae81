-- What persons said of whether a subject of a source is a client, in the order they said it: the newest of each client,
-- source and subject binds. The subject is a hash of its name, town and numbers.
create table judgement (
    id integer primary key,
    client bigint not null references client (id),
    source text not null,
    fingerprint blob not null,
    decision text not null,
    author text not null,
    at bigint not null
);
create index judgement_subject on judgement (client, source, fingerprint, id);

alter table review add column fingerprint blob;
