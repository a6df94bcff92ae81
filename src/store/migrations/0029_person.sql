-- Who signs in to the pages with a password.
create table person (
    id text primary key,
    name text not null unique, -- as it is typed at the door, lower case
    password text not null, -- argon2id, in the PHC string format
    rank text not null, -- viewer, analyst, manager, admin
    portfolios text not null, -- keys, space between; empty means all
    created_at bigint not null,
    revoked_at bigint,
    n_failed bigint not null, -- wrong passwords since the last right one
    locked_until bigint -- nobody is let in before, right password or not
);
