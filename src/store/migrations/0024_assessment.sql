-- Prospects that were evaluated before credit was granted: the answer as it was given, byte for byte, and the facts it rests on.
-- They are nobody's facts until the prospect is a client.
create table assessment (
    id integer primary key,
    name text not null unique, -- what outsiders call it: asm_ and 32 hexadecimal digits
    portfolio bigint not null references portfolio (id),
    client bigint references client (id), -- whose file it is, once the prospect is a client
    country text,
    made_at bigint not null,
    keep_until bigint not null, -- it goes then, unless it is a client's
    named text not null, -- what names the prospect, as a JSON list: whoever erases a person looks for it
    body blob not null, -- the answer
    remains blob not null, -- what may still be shown of it when a fact it rests on is withdrawn
    is_withdrawn bigint not null default 0
);
create index assessment_portfolio on assessment (portfolio, id);
create index assessment_client on assessment (client);
create index assessment_keep on assessment (keep_until);

-- The numbers of a prospect, as they are compared with a client's.
create table assessment_number (
    assessment bigint not null references assessment (id) on delete cascade,
    number text not null,
    primary key (assessment, number)
) without rowid;

-- What was surely about the prospect.
create table assessment_signal (
    assessment bigint not null references assessment (id) on delete cascade,
    signal blob not null,
    source text not null,
    own_id text not null,
    certainty double precision not null,
    subject blob,
    by_number bigint not null,
    body blob not null,
    primary key (assessment, signal)
) without rowid;
create index assessment_signal_signal on assessment_signal (signal);
create index assessment_signal_own on assessment_signal (source, own_id);

-- From which day the terms of these facts run.
create table assessment_term (
    assessment bigint not null references assessment (id) on delete cascade,
    signal blob not null,
    rule text not null,
    day bigint not null,
    primary key (assessment, signal, rule)
) without rowid;
create index assessment_term_day on assessment_term (rule, day);

-- The documents that were read.
create table assessment_document (
    assessment bigint not null references assessment (id) on delete cascade,
    sha256 blob not null,
    primary key (assessment, sha256)
) without rowid;
create index assessment_document_sha256 on assessment_document (sha256);
