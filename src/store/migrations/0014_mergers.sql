-- Two codes of one company: what is known of "client" counts for "survivor" as well, from the instant at which somebody
-- decided so until the instant at which it was taken back. No fact moves; a row that ended stays for whoever asks what was
-- believed then.
create table merger (
    id integer primary key,
    client bigint not null references client (id),
    survivor bigint not null references client (id),
    from_known bigint not null,
    to_known bigint, -- null while it is in force
    decided_by text not null,
    ended_by text,
    -- Something of the client's went meanwhile: when it is rated by itself again, it is rated without memory.
    forgets bigint not null default 0
);
create unique index merger_in_force on merger (client) where to_known is null;
create index merger_client on merger (client);
create index merger_survivor on merger (survivor);

-- The pointers in force now.
create view merged as select client, survivor from merger where to_known is null;

-- The other clients that are one company with a client now.
create view one_company (client, other) as
    select client, survivor from merged
    union all select survivor, client from merged
    union all select a.client, b.client from merged a join merged b on b.survivor = a.survivor and b.client <> a.client;

-- Whom a record speaks of, as far as its source tells: the hash that judgements are kept under.
alter table signal add column subject blob;
create index signal_subject on signal (source, subject) where subject is not null;

-- Whether the client was found by its own number: only then are the names that a record tells the client's for certain.
alter table link add column by_number bigint not null default 0;
create index signal_identity on signal (key) where kind = 'identity';
