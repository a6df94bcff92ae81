-- What is told of a model to who must trust it: its card, and its evaluation on rows with known outcomes.
alter table model add column card text collate "C"; -- card.md
alter table model add column evaluation text collate "C"; -- evaluation.json
