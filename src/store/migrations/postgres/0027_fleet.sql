-- Pages of an unfinished run that were done ahead of its checkpoint: with several workers a later page may be done before an
-- earlier one.
create table run_page (
    run bigint not null references run (id) deferrable,
    page bigint not null,
    primary key (run, page)
);
