-- Lists sessions, those that have most of something first. Each is the expression that `index::list` orders by.

create index sessions_requests on sessions (requests, id);
create index sessions_tokens on sessions (input_tokens + output_tokens + cache_read_tokens + cache_write_tokens, id);
create index sessions_cost on sessions (coalesce(cost_nanousd, -1), id);
