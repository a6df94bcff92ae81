-- A page of one portfolio's clients in their order, without a look at all of them.
create index client_in_order on client (portfolio, id);
