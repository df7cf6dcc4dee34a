-- What exchanges cost, in billionths of a US dollar; null: no price is known, or no tokens were told.
-- Derived from tokens, model and time by the price list; a newer list fills it again.

alter table exchanges add column cost_nanousd integer;
alter table sessions add column cost_nanousd integer; -- sum over its exchanges that have one
alter table sessions add column unpriced integer not null default 0; -- its exchanges with tokens and no cost
