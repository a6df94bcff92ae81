-- What a night notes beside the ratings, page by page and in the page's own transaction.

-- How many clients fell into each bin of the model's inputs; page -1 is the whole night.
create table night_tally (
    run bigint not null,
    page bigint not null,
    model text not null,
    body blob not null,
    primary key (run, page)
) without rowid;
create index night_tally_model on night_tally (model, run) where page = -1;

-- What the challenger would have said, beside what was said.
create table night_shadow (
    run bigint not null,
    page bigint not null,
    model text not null,
    body blob not null,
    primary key (run, page)
) without rowid;
