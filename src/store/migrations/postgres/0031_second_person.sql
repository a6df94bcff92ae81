-- Decisions above the model that wait for a second person, one for each client.
create table override_asked (
    client bigint primary key references client (id) deferrable,
    asked_at bigint not null,
    grade text collate "C" not null,
    reason text collate "C" not null,
    author text collate "C" not null,
    expires_at bigint not null
);
alter table override_asked alter column reason set statistics 0, alter column author set statistics 0;
