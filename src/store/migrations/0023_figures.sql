-- PostgreSQL's figures of columns must hold no names; a file has no such figures, because nobody asks for any.
select 1;
