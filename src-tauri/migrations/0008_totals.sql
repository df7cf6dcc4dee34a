-- The sums over all sessions, in one row that follows them: every first page shows them.

create table totals (
    sessions integer not null,                    -- how many have an exchange
    requests integer not null,                    -- sum over the sessions
    input_tokens integer not null,                -- sum over the sessions
    output_tokens integer not null,               -- sum over the sessions
    cache_read_tokens integer not null,           -- sum over the sessions
    cache_write_tokens integer not null,          -- sum over the sessions
    cost_nanousd integer not null,                -- sum over those that have one
    priced integer not null,                      -- how many have one
    unpriced integer not null                     -- sum over the sessions
) strict;

insert into totals
    select count(*) filter (where requests > 0), coalesce(sum(requests), 0), coalesce(sum(input_tokens), 0),
        coalesce(sum(output_tokens), 0), coalesce(sum(cache_read_tokens), 0), coalesce(sum(cache_write_tokens), 0),
        coalesce(sum(cost_nanousd), 0), count(cost_nanousd), coalesce(sum(unpriced), 0)
    from sessions;

-- A session begins with nothing to sum up.
create trigger sessions_totalled
after update of requests, input_tokens, output_tokens, cache_read_tokens, cache_write_tokens, cost_nanousd, unpriced on sessions begin
  update totals set
      sessions = sessions + (new.requests > 0) - (old.requests > 0),
      requests = requests + new.requests - old.requests,
      input_tokens = input_tokens + new.input_tokens - old.input_tokens,
      output_tokens = output_tokens + new.output_tokens - old.output_tokens,
      cache_read_tokens = cache_read_tokens + new.cache_read_tokens - old.cache_read_tokens,
      cache_write_tokens = cache_write_tokens + new.cache_write_tokens - old.cache_write_tokens,
      cost_nanousd = cost_nanousd + coalesce(new.cost_nanousd, 0) - coalesce(old.cost_nanousd, 0),
      priced = priced + (new.cost_nanousd is not null) - (old.cost_nanousd is not null),
      unpriced = unpriced + new.unpriced - old.unpriced;
end;

create trigger sessions_untotalled after delete on sessions begin
  update totals set
      sessions = sessions - (old.requests > 0),
      requests = requests - old.requests,
      input_tokens = input_tokens - old.input_tokens,
      output_tokens = output_tokens - old.output_tokens,
      cache_read_tokens = cache_read_tokens - old.cache_read_tokens,
      cache_write_tokens = cache_write_tokens - old.cache_write_tokens,
      cost_nanousd = cost_nanousd - coalesce(old.cost_nanousd, 0),
      priced = priced - (old.cost_nanousd is not null),
      unpriced = unpriced - old.unpriced;
end;
