-- Whom to call, as the creditor last described it.
alter table client_version add column phone text;
