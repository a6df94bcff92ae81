-- What is told of a model to who must trust it: its card, and its evaluation on rows with known outcomes.
alter table model add column card text; -- card.md
alter table model add column evaluation text; -- evaluation.json
