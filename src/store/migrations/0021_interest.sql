-- Default interest and the lump sum of an invoice, claimed from the client or waived: the last row of each counts.
create table interest_claim (
    id integer primary key,
    client bigint not null references client (id),
    invoice blob not null,
    what text not null, -- interest, lump_sum
    state text not null, -- claimed, waived
    minor bigint not null,
    currency text not null,
    until_day bigint not null, -- the day up to which it was counted
    who text not null,
    reason text not null,
    at bigint not null
);
create index interest_claim_client on interest_claim (client, invoice);
