-- What every request needs: the schemas, the current user, and the version of the database.
set local role coffer_owner;

-- The request roles get no usage of `internal`, so they cannot even name a table there. Views and policies need none:
-- they refer to their tables by OID.
grant usage on schema api to coffer_anonymous, coffer_editor, coffer_admin;
grant usage on schema internal to coffer_authenticator;
comment on schema api is 'What requests can name: views and functions, each with its grants.';
comment on schema internal is 'Tables, keys, sessions and operator functions; no request role may use it.';
comment on schema extensions is 'pgcrypto; only coffer_owner may use it.';

-- The worker's first statement sets the user; anonymous requests and the operator have none. The body is parsed when
-- the function is created, so it needs no search_path and can be inlined. Policies call it in a sub-select, which runs
-- once per statement and not once per row.
create function internal.current_user_id() returns uuid
language sql stable parallel safe
return nullif(current_setting('coffer.user_id', true), '')::uuid;
grant execute on function internal.current_user_id() to coffer_editor, coffer_admin;
comment on function internal.current_user_id() is
    'Returns the user of this request; null if there is none. For editors and admins, whose policies call it.';

-- No grants on the two tables: the worker reads the level with the function below.
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
    'Returns the number of the newest migration, and the digest of the names and digests of the applied files of '
    'code/. The worker compares both with its own. For the worker.';

-- Workers commit without waiting for the disk, so that no lock is held meanwhile, and call this in a transaction of its
-- own afterwards. It writes an empty record to the write-ahead log, and the commit flushes the log as far as that.
create function internal.wait_for_disk() returns pg_lsn
language sql volatile
return pg_logical_emit_message(true, 'coffer', '');
grant execute on function internal.wait_for_disk() to coffer_authenticator;
comment on function internal.wait_for_disk() is
    'Makes the commit of this transaction wait until all that was committed before is on the disk. For the worker and '
    'the operator.';

-- For this long an upload's row of internal.garbage is not due, and an expired session still admits requests that began
-- before it expired.
create function internal.longest_upload() returns interval
language sql immutable parallel safe
return interval '7 days';
comment on function internal.longest_upload() is 'Returns how long an upload may take. For the operator.';
