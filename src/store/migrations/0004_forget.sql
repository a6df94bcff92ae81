-- From which day each term of a fact runs, by the word of the rule that ends it: what is past its term is found without
-- reading anything else. A signal whose terms nobody has noted yet has has_terms = 0.
create table term (
    rule text not null,
    day bigint not null,
    signal bigint not null references signal (key) on delete cascade,
    primary key (rule, day, signal)
) without rowid;
create index term_signal on term (signal);
alter table signal add column has_terms bigint not null default 0;
create index signal_without_terms on signal (key) where has_terms = 0;

-- Who rests on which bytes.
create index signal_sha256 on signal (sha256);

-- Bytes in the archive: by whom and when they were read. What no fact rests on goes after a while.
create table archived (sha256 blob not null, source text not null, read_at bigint not null, primary key (sha256, source))
    without rowid;
create index archived_age on archived (source, read_at);

-- Bytes that must go; the row stays until the file is gone, so that a crash in between forgets nothing. With is_final = 1
-- they go whoever else rests on them; else only when nobody does.
create table doomed (sha256 blob primary key, is_final bigint not null) without rowid;

-- What is kept past its term, because somebody has a right to it: a client, or one signal.
create table hold (
    id integer primary key,
    client bigint,
    signal blob,
    who text not null,
    why text not null,
    made_at bigint not null,
    ended_at bigint
);

-- Numbers of clients that were erased: they are never given out again, for night figures still know them.
create table erased (client integer primary key, at bigint not null);

-- Audit rows whose texts were erased keep their hash and their place in the chain.
alter table audit add column is_erased bigint not null default 0;

-- Since when somebody waits for a source to answer for the first time.
alter table source add column awaited_since bigint;

-- How much an address, or a whole step of a source, gave the last time it was believed, and since when it is doubted.
create table baseline (
    source text not null,
    place text not null,
    n_items bigint not null,
    n_answers bigint not null,
    n_empty bigint not null,
    is_html bigint not null,
    doubted_since bigint,
    primary key (source, place)
) without rowid;
