-- What each host is owed by all workers, processes and restarts together.
create table host (
    name text primary key,
    widest bigint not null,   -- the longest window, in milliseconds, that any source counts its requests in
    free_at bigint not null,  -- the next request may start
    rests_until bigint not null, -- nobody asks it before
    n_rests bigint not null,  -- rests in a row because it failed; an answer sets it to 0
    why text not null         -- of the rest
) without rowid;

-- Requests that were allowed to start, as many of them as a window may still have to count.
create table host_start (host text not null, at bigint not null, n bigint not null);
create index host_start_at on host_start (host, at);
