-- What was said, for search: each text once in a session, although every request repeats it.

create table messages (
    id integer primary key,                       -- its row in messages_fts
    session text not null references sessions (id) on delete cascade,
    hash blob not null,                           -- of session, role, kind, tool and text
    request_id text not null,                     -- the exchange that it was first said in
    seq integer not null,                         -- that exchange's number in its session
    line_offset integer not null,                 -- where the line that first has it begins: the lowest wins
    role text not null,                           -- who says it: user, assistant, system, tool
    kind text not null,                           -- text, thinking, tool_call, tool_result, system
    tool text,                                    -- of calls and results: the tool's name, where it is known
    text text not null                            -- redacted as in the log, its first 1 MiB; never changes
) strict;

-- Each text once; also finds a session's texts.
create unique index messages_once on messages (session, hash);

-- The words of messages.text, which it reads from there. Prefixes of two letters have an
-- index of their own; longer ones are few words each.
create virtual table messages_fts using fts5 (text, content = 'messages', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2');

-- Its rows are added by the program: each statement with a trigger makes FTS5 write out what it has so far.
-- Not for rows that the index lost already: emptying both does so, at a tenth of the time.
create trigger messages_removed after delete on messages
  when exists (select 1 from messages_fts_docsize where id = old.id) begin
  insert into messages_fts (messages_fts, rowid, text) values ('delete', old.id, old.text);
end;

-- 0: indexed before there was a search; the file is read again for its texts when there is time.
alter table files add column has_messages integer not null default 1;
update files set has_messages = 0;
