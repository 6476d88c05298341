-- What a download needs, and what a user is told about themselves.
set local role coffer_owner;

-- The second half of a download's round trip: like internal.authenticate it has no SET clause, and qualifies every
-- name and operator instead. It runs as the owner because it tells the blob, and so it looks at the files of the
-- current user alone, admins included.
create function api.retrieve_file(p_file_path text)
returns table (file_path text, content_type text, size_bytes bigint, sha256 text, blob text, updated_at bigint)
language plpgsql stable security definer rows 1
as $$
declare
    v_user_id constant pg_catalog.uuid := internal.current_user_id();
begin
    return query
        select f.file_path, f.content_type, f.size_bytes, pg_catalog.encode(f.sha256, 'hex'), f.blob,
            -- Rounded down: Last-Modified must not lie in the future.
            pg_catalog.floor(pg_catalog.date_part('epoch', f.updated_at))::pg_catalog.int8
        from internal.files f
        where f.user_id operator(pg_catalog.=) v_user_id and f.file_path operator(pg_catalog.=) p_file_path;
    -- Stored paths are in NFC. Only one that is not found can be worth the price of normalizing it.
    if not found and p_file_path is not nfc normalized then
        return query select * from api.retrieve_file(pg_catalog.normalize(p_file_path, 'NFC'));
    end if;
end
$$;
grant execute on function api.retrieve_file(text) to coffer_editor, coffer_admin;
comment on function api.retrieve_file(text) is
    'The current user''s file of this path; no row if there is none. Digest in hex, updated_at in Unix seconds.';

create function api.whoami() returns json
language plpgsql stable security definer set search_path = ''
as $$
begin
    return (
        select row_to_json(me)
        from (
            select u.id as user_id, u.email, u.role, u.quota_bytes, u.used_bytes, u.file_count,
                (select s.expires_at from internal.sessions s
                    where s.id = nullif(current_setting('coffer.session_id', true), '')::uuid
                        and s.user_id = u.id) as session_expires_at
            from internal.users u
            where u.id = internal.current_user_id()) me);
end
$$;
grant execute on function api.whoami() to coffer_editor, coffer_admin;
comment on function api.whoami() is 'The current user, their totals, and when the session expires.';
