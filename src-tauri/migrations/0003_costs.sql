-- What exchanges cost, in billionths of a US dollar; null: no price is known, or no tokens were told.
-- Derived from tokens, model and time by the price list; another list fills it again.

alter table exchanges add column cost_nanousd integer;
alter table sessions add column cost_nanousd integer; -- sum over its exchanges that have one
alter table sessions add column unpriced integer not null default 0; -- its exchanges with tokens and no cost

-- Tells whether a session runs.
alter table sessions add column open_ms integer; -- when its latest exchange without a response began; null: all have one

-- What the costs were computed with, in one row; none: costs are to be filled.
create table price_lists (
    version text not null                         -- the embedded price list's, with its rules for reading it
) strict;

-- Which tools the answers call: stats count them, and lists are filtered by them.
create index messages_tools on messages (request_id, tool) where kind = 'tool_call';
