-- A session's sums move with its exchanges, by what changed: taking them from all exchanges of a session again
-- for each new one would cost the square of a session's length.

create trigger exchanges_summed after insert on exchanges begin
  update sessions set
      requests = requests + 1,
      input_tokens = input_tokens + coalesce(new.input_tokens, 0),
      output_tokens = output_tokens + coalesce(new.output_tokens, 0),
      cache_read_tokens = cache_read_tokens + coalesce(new.cache_read_tokens, 0),
      cache_write_tokens = cache_write_tokens + coalesce(new.cache_write_tokens, 0),
      cost_nanousd = iif(new.cost_nanousd is null, cost_nanousd, coalesce(cost_nanousd, 0) + new.cost_nanousd),
      unpriced = unpriced + (new.cost_nanousd is null and max(coalesce(new.input_tokens, 0), coalesce(new.output_tokens, 0),
          coalesce(new.cache_read_tokens, 0), coalesce(new.cache_write_tokens, 0)) > 0)
  where id = new.session;
end;

create trigger exchanges_corrected
after update of input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nanousd on exchanges
when old.input_tokens is not new.input_tokens or old.output_tokens is not new.output_tokens
    or old.cache_read_tokens is not new.cache_read_tokens or old.cache_write_tokens is not new.cache_write_tokens
    or old.cost_nanousd is not new.cost_nanousd
begin
  update sessions set
      input_tokens = input_tokens + coalesce(new.input_tokens, 0) - coalesce(old.input_tokens, 0),
      output_tokens = output_tokens + coalesce(new.output_tokens, 0) - coalesce(old.output_tokens, 0),
      cache_read_tokens = cache_read_tokens + coalesce(new.cache_read_tokens, 0) - coalesce(old.cache_read_tokens, 0),
      cache_write_tokens = cache_write_tokens + coalesce(new.cache_write_tokens, 0) - coalesce(old.cache_write_tokens, 0),
      cost_nanousd = case
          when new.cost_nanousd is old.cost_nanousd then cost_nanousd
          when new.cost_nanousd is null and not exists (
              select 1 from exchanges where session = new.session and cost_nanousd is not null) then null
          else coalesce(cost_nanousd, 0) + coalesce(new.cost_nanousd, 0) - coalesce(old.cost_nanousd, 0) end,
      -- Not below 0: the rows of a time without costs are summed when their costs are filled.
      unpriced = max(0, unpriced
          + (new.cost_nanousd is null and max(coalesce(new.input_tokens, 0), coalesce(new.output_tokens, 0),
              coalesce(new.cache_read_tokens, 0), coalesce(new.cache_write_tokens, 0)) > 0)
          - (old.cost_nanousd is null and max(coalesce(old.input_tokens, 0), coalesce(old.output_tokens, 0),
              coalesce(old.cache_read_tokens, 0), coalesce(old.cache_write_tokens, 0)) > 0))
  where id = new.session;
end;

-- Give a session's latest moment, and its latest exchange that runs, without a look at the others.
create index exchanges_ended on exchanges (session, (started_ms + coalesce(total_ms, 0)));
create index exchanges_open on exchanges (session, started_ms) where status is null;
