-- Every model that was ever given a seat, as it was then: its file may be edited or lost, and ratings name it by its hash.
create table model (
    hash blob primary key, -- of the body
    name text not null,
    body text not null,
    golden text, -- vectors and the points they must give
    training text, -- the distributions of its training sample
    first_at bigint not null
) without rowid;

-- Who rates (champion) and who rates beside it unseen (challenger). The newest row of a role counts; one without a model
-- gives the champion's seat back to the configured model, and empties the challenger's.
create table seat (
    id integer primary key,
    role text not null,
    model blob references model (hash),
    at bigint not null,
    who text not null
);
create index seat_role on seat (role, id);
