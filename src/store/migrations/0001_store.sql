-- Instants are milliseconds and days are days since 1970-01-01; money is minor units and a currency; closed sets are
-- their wire words. A table without a rowid is clustered by its primary key, which is the order it is read in.

-- Numbers that are given out inside the transaction that uses them: a database sequence would leave holes.
create table counter (name text primary key, value bigint not null) without rowid;
insert into counter (name, value) values ('seq', 0), ('mark', 0), ('identity', 0);

create table setting (name text primary key, value text not null) without rowid;

create table portfolio (id integer primary key, name text not null unique);

create table batch (id integer primary key, name text not null, seen_at bigint not null, sha256 blob not null, unique (sha256, name));

create table client (
    id integer primary key,
    portfolio bigint not null references portfolio (id),
    code text not null,
    version bigint not null, -- the newest
    -- Of the newest version, lower case and in one spelling, for lists.
    search text not null,
    sector text not null,
    unique (portfolio, code)
);

create table client_version (
    client bigint not null references client (id),
    version bigint not null,
    known_at bigint not null,
    batch bigint not null,
    name text not null,
    country text,
    city text,
    address text,
    identifiers text not null,
    sector text,
    since bigint,
    active bigint,
    credit_limit bigint,
    credit_limit_currency text,
    yearly_value bigint,
    yearly_value_currency text,
    currency text not null,
    email text,
    primary key (client, version)
) without rowid;

-- The line itself is one value (codec/ledger.rs): a night reads millions of them, and a column costs more than a line.
create table ledger (
    client bigint not null references client (id),
    invoice blob not null,
    revision bigint not null,
    body blob not null,
    primary key (client, invoice, revision)
) without rowid;

create table ledger_span (one integer primary key check (one = 1), first_day bigint not null, last_day bigint not null);

create table signal (
    key integer primary key,
    id blob not null unique,
    source text not null,
    own_id text not null,
    kind text not null,
    valid_at bigint not null,
    known_at bigint not null,
    is_official bigint not null,
    country text,
    sector text, -- of signals about a market
    url text,
    evidence_url text not null,
    seen_at bigint not null,
    sha256 blob not null,
    fact blob not null
);
create index signal_own_id on signal (source, own_id);
create index signal_sector on signal (known_at) where sector is not null;

create table link (
    client bigint not null references client (id),
    signal bigint not null references signal (key),
    certainty double precision not null,
    known_at bigint not null,
    decided_by text, -- a person; null when the program was sure
    primary key (client, signal)
) without rowid;
create index link_signal on link (signal);

-- What remains of something withdrawn: no content, only that it was, when, and by which rule.
create table receipt (hash blob primary key, rule text not null, at bigint not null) without rowid;

create table review (
    id integer primary key,
    client bigint not null references client (id),
    signal blob not null,
    source text not null,
    own_id text not null,
    certainty double precision not null,
    because text not null,
    subject_name text not null,
    body blob not null,
    opened_at bigint not null,
    decision text,
    author text,
    decided_at bigint,
    unique (client, signal)
);
create index review_own_id on review (source, own_id);

-- Clients with facts newer than their last rating.
create table touched (client integer primary key, cause text not null, known_at bigint not null, mark bigint not null);
create index touched_mark on touched (mark);

-- Clients with facts newer than their packed page.
create table dirty (client integer primary key, mark bigint not null);

create table page (number integer primary key, mark bigint not null, body blob not null);

create table word (id integer primary key, text text not null unique);

-- A rating and its announcement are one row: they cannot come apart.
create table event (
    seq integer primary key,
    at bigint not null,
    kind text not null,
    portfolio bigint,
    client bigint,
    client_seq bigint,
    valid_at bigint,
    known_at bigint,
    body blob not null
);
create unique index event_client on event (client, client_seq) where client_seq is not null;

create table current (
    client integer primary key references client (id),
    client_seq bigint not null,
    grade text not null,
    pd double precision,
    points bigint,
    coverage double precision not null,
    exposure bigint not null,
    valid_at bigint not null,
    known_at bigint not null
);
create index current_grade on current (grade);

create table night_figures (
    page bigint not null,
    run bigint not null,
    valid_at bigint not null, -- the earliest inside
    known_at bigint not null,
    body blob not null,
    primary key (page, run)
);

create table analyst_override (
    client bigint not null references client (id),
    made_at bigint not null,
    grade text not null,
    reason text not null,
    author text not null,
    expires_at bigint not null,
    ended_at bigint,
    primary key (client, made_at)
) without rowid;

create table run (
    id integer primary key,
    kind text not null,
    state text not null,
    valid_at bigint not null,
    known_at bigint not null,
    next_page bigint not null default 0,
    scanned bigint not null default 0,
    moved_up bigint not null default 0,
    moved_down bigint not null default 0,
    exposure_on_movers bigint not null default 0,
    failed bigint not null default 0,
    started_at bigint not null,
    ended_at bigint,
    error text
);
create unique index run_unfinished on run (kind, valid_at) where ended_at is null;

create table checkpoint (relay text primary key, seq bigint not null) without rowid;

create table subscription (
    id text primary key,
    portfolio bigint not null references portfolio (id),
    name text not null,
    channel text not null,
    target text,
    conditions text not null,
    secrets text not null, -- newest first, one to a line
    locale text not null,
    created_at bigint not null,
    disabled text,
    failing_since bigint
);

create table delivery (
    id integer primary key,
    subscription text not null references subscription (id) on delete cascade,
    seq bigint not null,
    state text not null,
    n_attempts bigint not null default 0,
    next_at bigint,
    last_status bigint,
    last_error text,
    updated_at bigint not null
);
create unique index delivery_event on delivery (subscription, seq) where seq > 0;
create index delivery_due on delivery (next_at) where state = 'pending';

create table episode (
    subscription text not null references subscription (id) on delete cascade,
    client bigint not null,
    state text not null,
    primary key (subscription, client)
) without rowid;

create table access_key (
    id text primary key,
    hash blob not null unique,
    hint text not null,
    scope text not null,
    portfolios text not null, -- keys, space between; empty means all
    created_at bigint not null,
    revoked_at bigint
);

create table source (
    id text primary key,
    cursor text not null,
    last_ok_at bigint,
    last_tried_at bigint,
    last_error text,
    is_stale bigint not null
);

create table validator (
    source text not null,
    url text not null,
    etag text,
    last_modified text,
    body blob,
    seen_at bigint,
    primary key (source, url)
) without rowid;

create table audit (
    id integer primary key,
    at bigint not null,
    who text not null,
    what text not null,
    object text not null,
    details text not null,
    hash blob not null
);
