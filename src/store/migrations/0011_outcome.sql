-- What a night notes of the past: what became of those that an earlier night rated, and of what analysts decided.

-- Page by page and in the page's own transaction; page -1 is the whole night.
create table night_cohort (
    run bigint not null,
    page bigint not null,
    body blob not null,
    primary key (run, page)
) without rowid;

create table night_scoreboard (
    run bigint primary key,
    body blob not null
) without rowid;
