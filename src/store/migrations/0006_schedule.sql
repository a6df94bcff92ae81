-- When a source was last asked about a client, answered or not, and how often its answers for it differed from the ones
-- before: what the order of questions is learned from. What was answered is in "seen".
create table asked (
    source text not null,
    client bigint not null references client (id) on delete cascade,
    asked_at bigint not null,
    n_compared bigint not null default 0, -- answers with one before them to compare with
    n_changed bigint not null default 0, -- of these, those that differed
    watched_ms bigint not null default 0, -- between the answers that were compared
    primary key (source, client)
) without rowid;
create index asked_client on asked (client);

-- What a source was asked and what that cost, by slices of time, so that no stretch of time holds more than allowed,
-- whatever is started anew in between.
create table spent (
    source text not null,
    until bigint not null, -- the end of the slice
    currency text not null, -- empty where nothing is paid
    n_requests bigint not null,
    minor bigint not null,
    primary key (source, until, currency)
) without rowid;
