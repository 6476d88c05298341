-- What a download needs, and what a user is told about themselves.
set local role coffer_owner;

-- What a download needs to know. The view runs as the owner because it tells the blob, and so it has the files of the
-- current user alone, admins included.
create view internal.own_blobs with (security_barrier) as
select f.file_path, f.content_type, f.size_bytes, encode(f.sha256, 'hex') as sha256, f.blob,
    -- Rounded down: Last-Modified must not lie in the future.
    floor(date_part('epoch', f.updated_at))::bigint as updated_at
from internal.files f
where f.user_id = (select internal.current_user_id());
grant select on internal.own_blobs to coffer_editor, coffer_admin;
comment on view internal.own_blobs is 'The current user''s files with the blobs that hold their bytes.';

-- The second half of a download's round trip. Written so that PostgreSQL puts its query in the place of the call and
-- keeps the plan; stored paths are in NFC.
create function api.retrieve_file(p_file_path text)
returns table (file_path text, content_type text, size_bytes bigint, sha256 text, blob text, updated_at bigint)
language sql stable
begin atomic
    select b.file_path, b.content_type, b.size_bytes, b.sha256, b.blob, b.updated_at
    from internal.own_blobs b
    where b.file_path = normalize(p_file_path, NFC);
end;
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
