-- The values that exchanges have in common, counted as they come. Combinations are few, whatever the number of
-- exchanges: the sidebar is drawn from these rows, and a filter that none of them fits needs no look at exchanges.

create table facets (
    client_name text,                             -- as in exchanges; empty counts as null here
    model text,                                   -- as in exchanges
    kind text,                                    -- as in exchanges
    status integer,                               -- as in exchanges; null: they run
    project text,                                 -- as in exchanges
    upstream text not null,                       -- as in exchanges
    path text not null,                           -- as in exchanges
    requests integer not null                     -- how many exchanges are so; 0: none any more
) strict;

-- Each combination once.
create unique index facets_once on facets
    (coalesce(client_name, ''), coalesce(model, ''), coalesce(kind, ''), coalesce(status, -1), coalesce(project, ''), upstream, path);

insert into facets (client_name, model, kind, status, project, upstream, path, requests)
    select client_name, model, kind, status, project, upstream, path, count(*) from exchanges
    group by coalesce(client_name, ''), coalesce(model, ''), coalesce(kind, ''), coalesce(status, -1), coalesce(project, ''),
        upstream, path;

create trigger exchanges_counted after insert on exchanges begin
  insert into facets (client_name, model, kind, status, project, upstream, path, requests)
  values (new.client_name, new.model, new.kind, new.status, new.project, new.upstream, new.path, 1)
  on conflict do update set requests = requests + 1;
end;

create trigger exchanges_uncounted after delete on exchanges begin
  update facets set requests = requests - 1
  where coalesce(client_name, '') = coalesce(old.client_name, '') and coalesce(model, '') = coalesce(old.model, '')
      and coalesce(kind, '') = coalesce(old.kind, '') and coalesce(status, -1) = coalesce(old.status, -1)
      and coalesce(project, '') = coalesce(old.project, '') and upstream = old.upstream and path = old.path;
end;

create trigger exchanges_recounted after update of client_name, model, kind, status, project, upstream, path on exchanges
when old.client_name is not new.client_name or old.model is not new.model or old.kind is not new.kind
    or old.status is not new.status or old.project is not new.project or old.upstream is not new.upstream
    or old.path is not new.path
begin
  update facets set requests = requests - 1
  where coalesce(client_name, '') = coalesce(old.client_name, '') and coalesce(model, '') = coalesce(old.model, '')
      and coalesce(kind, '') = coalesce(old.kind, '') and coalesce(status, -1) = coalesce(old.status, -1)
      and coalesce(project, '') = coalesce(old.project, '') and upstream = old.upstream and path = old.path;
  insert into facets (client_name, model, kind, status, project, upstream, path, requests)
  values (new.client_name, new.model, new.kind, new.status, new.project, new.upstream, new.path, 1)
  on conflict do update set requests = requests + 1;
end;
