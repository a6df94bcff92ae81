-- Decisions above the model that wait for a second person, one for each client.
create table override_asked (
    client bigint primary key references client (id),
    asked_at bigint not null,
    grade text not null,
    reason text not null,
    author text not null,
    expires_at bigint not null
) without rowid;
