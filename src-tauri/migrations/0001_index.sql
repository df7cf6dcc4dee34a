-- Everything in here is derived from the session files and can be deleted at any time. Times are
-- milliseconds since 1970 (UTC), durations milliseconds, sizes bytes, positions byte offsets in a
-- session file as it reads uncompressed.

-- "LLMp": tells this file from other programs' databases.
pragma application_id = 1280068976;

create table sessions (
    id text primary key,                          -- YYYYMMDD-HHMMSS-xxxxxxxx, the file's stem
    provider text not null,                       -- whose API: anthropic, openai, gemini, bedrock
    upstream text not null,                       -- host or host:port
    client_session text,                          -- the client's own name for it; null: it sent none
    client_name text,                             -- the program that asked last, such as claude-code
    client_version text,                          -- its version, if it said so
    created_ms integer not null,                  -- when the session began
    last_ms integer not null,                     -- when its latest exchange ended, or began if it runs
    last_seq integer not null default 0,          -- highest request number given out
    file text not null,                           -- the session file, relative to the log folder
    requests integer not null default 0,          -- how many exchanges it has
    input_tokens integer not null default 0,      -- sum over its exchanges, cached ones not included
    output_tokens integer not null default 0,     -- sum over its exchanges
    cache_read_tokens integer not null default 0, -- sum over its exchanges
    cache_write_tokens integer not null default 0,-- sum over its exchanges
    model text,                                   -- the model of the latest exchange that names one
    project text,                                 -- the folder that the agent worked in last
    title text,                                   -- first line a user wrote, at most 200 characters
    title_seq integer                             -- the request that the title is from: the lowest wins
) strict;

-- Continues a client's own session. Not unique: imported logs may name one twice, the newest wins.
create index sessions_client on sessions (provider, upstream, client_session, id)
    where client_session is not null;
-- Lists sessions, latest first.
create index sessions_last on sessions (last_ms, id);

-- Continues sessions of clients that name none: what their next request will begin with.
create table links (
    key blob primary key,                         -- hash of a message chain, or of a response's id
    session text not null references sessions (id) on delete cascade
) strict, without rowid;
-- Deleting a session finds its links.
create index links_session on links (session);

create table exchanges (
    request_id text primary key,                  -- a UUID; made of session and position in old logs
    session text not null references sessions (id) on delete cascade,
    seq integer not null,                         -- the request's number in its session, from 1
    provider text not null,                       -- as in sessions
    upstream text not null,                       -- as in sessions
    method text not null,                         -- empty when the request's line is lost
    path text not null,                           -- as sent upstream, without query; empty likewise
    kind text,                                    -- chat, count_tokens, …; null: request's line is lost
    model text,                                   -- as the request names it, else as the answer does
    client_name text,                             -- the program that asked
    client_version text,                          -- its version, if it said so
    project text,                                 -- the folder that the agent works in
    agent text,                                   -- the sub-agent that asked; null: the main one
    started_ms integer not null,                  -- when the request's head was read
    status integer,                               -- HTTP status; 0: none came; null: still running
    end_kind text,                                -- ok, client_aborted, …; null: running, or an old log
    stop_reason text,                             -- why the model stopped, in the API's word
    error text,                                   -- what went wrong, in words
    input_tokens integer,                         -- cached ones not included; null: not told
    output_tokens integer,                        -- null: not told
    cache_read_tokens integer,                    -- null: not told
    cache_write_tokens integer,                   -- null: not told
    cache_write_1h_tokens integer,                -- part of cache_write_tokens kept for an hour; null: not told
    reasoning_tokens integer,                     -- part of output_tokens; null: not told
    ttfb_ms integer,                              -- to the response's first byte
    total_ms integer,                             -- to the end
    request_bytes integer,                        -- wire bytes of the request's body
    response_bytes integer,                       -- wire bytes of the response's body
    file text not null,                           -- the session file, relative to the log folder
    request_offset integer,                       -- where the request's line begins; null: lost
    request_len integer,                          -- its length with the line end
    response_offset integer,                      -- where the response's line begins; null: running
    response_len integer,                         -- its length with the line end
    chain blob                                    -- hash of the request's messages, for links
) strict;

-- A session's exchanges in order.
create index exchanges_session on exchanges (session, seq);
-- What happened since a moment.
create index exchanges_started on exchanges (started_ms);
-- Which clients were seen, and when last.
create index exchanges_client on exchanges (client_name, started_ms);

-- How far each session file is indexed: start-up reads only what lies beyond.
create table files (
    file text primary key,                        -- relative to the log folder
    indexed_bytes integer not null                -- every line that ends before it is in the tables
) strict, without rowid;
