-- What a request is to the database: who asks, and for which version of Coffer the database was made.
set local role coffer_owner;

-- The grants on schemas are all there are. Views and policies reach tables of `internal` by their identity and need no
-- usage of the schema, so the request roles get none and cannot even name a table.
grant usage on schema api to coffer_anonymous, coffer_editor, coffer_admin;
grant usage on schema internal to coffer_authenticator;
comment on schema api is 'What requests can name: views and functions, each with its grants.';
comment on schema internal is 'Tables, keys, sessions and operator functions; no request role may use it.';
comment on schema extensions is 'pgcrypto; only coffer_owner may use it.';

-- The identity of the request, as the worker's first statement has set it; null for anonymous requests and for the
-- operator. The body is bound to pg_catalog when it is created, so it needs no search_path and can be inlined. Policies
-- call it as a sub-select, which runs once per statement and not once per row.
create function internal.current_user_id() returns uuid
language sql stable parallel safe
return nullif(current_setting('coffer.user_id', true), '')::uuid;
grant execute on function internal.current_user_id() to coffer_editor, coffer_admin;
comment on function internal.current_user_id() is 'User of this request; null when there is none.';

-- No grants on the two tables: the worker learns the level from the function below, and nothing else.
comment on table internal.migrations is 'The applied migrations, with the SHA-256 of each file in hex.';
comment on table internal.code_files is 'The applied files of code/, with the SHA-256 of each in hex.';
create function internal.schema_level() returns table (migration integer, code text)
language sql stable security definer set search_path = ''
begin atomic
    select (select coalesce(max(left(m.name, 4)::integer), 0) from internal.migrations m),
        (select encode(sha256(convert_to(coalesce(string_agg(
                c.name || ' ' || c.checksum || chr(10), '' order by c.name collate "C"), ''), 'UTF8')), 'hex')
            from internal.code_files c);
end;
grant execute on function internal.schema_level() to coffer_authenticator;
comment on function internal.schema_level() is
    'Number of the newest migration, and the digest of the names and digests of the applied files of code/. The worker '
    'compares it with its own.';

-- For how long an upload may be under way: so long its row stays on the list of garbage, and so long the session counts
-- in which it began.
create function internal.longest_upload() returns interval
language sql immutable parallel safe
return interval '7 days';
comment on function internal.longest_upload() is 'For how long an upload may be under way.';
