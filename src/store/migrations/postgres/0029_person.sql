-- Who signs in to the pages with a password.
create table person (
    id text collate "C" primary key,
    name text collate "C" not null unique, -- as it is typed at the door, lower case
    password text collate "C" not null, -- argon2id, in the PHC string format
    rank text collate "C" not null, -- viewer, analyst, manager, admin
    portfolios text collate "C" not null, -- keys, space between; empty means all
    created_at bigint not null,
    revoked_at bigint,
    n_failed bigint not null, -- wrong passwords since the last right one
    locked_until bigint -- nobody is let in before, right password or not
);
alter table person alter column id set statistics 0, alter column name set statistics 0,
    alter column password set statistics 0, alter column rank set statistics 0, alter column portfolios set statistics 0;
