-- Files that were taken, and what each wrote: as long as it is there, the file can be taken back.
create table imported_file (
    id integer primary key,
    portfolio bigint not null references portfolio (id),
    kind text not null, -- clients, invoices, payments
    name text not null,
    at bigint not null,
    n_rows bigint not null,
    undone_at bigint,
    undone_by text
);
create index imported_file_portfolio on imported_file (portfolio, id);

-- Numbers only (facts/imports.rs): of clients and invoices which versions, of payments which.
create table import_part (
    id integer primary key,
    import bigint not null references imported_file (id) on delete cascade,
    body blob not null
);
create index import_part_import on import_part (import);

-- When the file that told of a payment was taken back: nobody is shown it, and a file may tell of it again.
alter table payment add column withdrawn_at bigint;
