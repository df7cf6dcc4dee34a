-- Which bodies are not whole in the log: bytes that were forwarded and could not be captured. In rows from before this
-- column both are 0 until their file is read again.

alter table exchanges add column request_gaps integer not null default 0;  -- how many gaps the request's line names
alter table exchanges add column response_gaps integer not null default 0; -- how many the response's line names
