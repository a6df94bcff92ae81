-- Requests that came with a word of the caller's own (Idempotency-Key), so that a repeated one has no second effect.
create table request (
    caller text not null,
    key text not null,
    -- The hash of all that was asked.
    asked blob not null,
    -- When it was taken, and when it is free again if it was neither answered nor marked; milliseconds.
    at integer not null,
    until integer not null,
    -- Whether a transaction was committed under it.
    has_effect integer not null default 0,
    -- The answer, once there is one.
    status integer,
    content_type text,
    location text,
    answer blob,
    names_signals integer not null default 0,
    primary key (caller, key)
) without rowid;
create index request_at on request (at);
create index request_answers on request (names_signals) where answer is not null;
