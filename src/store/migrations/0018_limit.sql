-- Limits that somebody granted, for a time or until another one; the newest that has not run out holds.
create table limit_grant (
    client bigint not null references client (id),
    granted_at bigint not null,
    amount bigint not null,
    currency text not null,
    expires_at bigint,
    ended_at bigint,
    author text not null,
    reason text not null,
    primary key (client, granted_at)
) without rowid;

-- Clients that stand together, and what may be owed by all of them.
create table credit_group (
    id integer primary key,
    portfolio bigint not null references portfolio (id),
    name text not null,
    amount bigint not null,
    currency text not null,
    unique (portfolio, name)
);
create table credit_group_member (
    client bigint primary key references client (id),
    credit_group bigint not null references credit_group (id)
) without rowid;
create index credit_group_members on credit_group_member (credit_group);
