-- Downloads: the current user's file, and where its bytes are.
set local role coffer_owner;

-- The view runs as the owner because it names blobs, so it is limited to the current user's files, for admins too.
-- store_url is null for the store that COFFER_STORAGE_URL names. is_unchanged says whether the file has had one content
-- only: modified_at is what clients say, so two contents may have the same. The functions below return its rows, and
-- its columns keep their domains, so that PostgreSQL need not convert them.
create view internal.own_blobs with (security_barrier) as
select f.file_path, f.content_type, f.size_bytes, encode(f.sha256, 'hex') as sha256, f.blob,
    -- Last-Modified must not lie in the future.
    floor(date_part('epoch', least(f.modified_at, now())))::bigint as modified_at,
    (select s.url from internal.stores s where s.id = f.store) as store_url,
    f.stored_at = f.created_at as is_unchanged
from internal.files f
where f.user_id = (select internal.current_user_id());
grant select on internal.own_blobs to coffer_editor, coffer_admin;
comment on view internal.own_blobs is 'The current user''s files with the blobs that hold their bytes.';

-- Written so that PostgreSQL inlines it and caches the plan. Stored paths are in NFC, and ASCII is.
create function api.retrieve_file(p_file_path text)
returns setof internal.own_blobs
language sql stable
begin atomic
    select b.* from internal.own_blobs b
    where b.file_path = case when octet_length(p_file_path) = length(p_file_path) then p_file_path
        else normalize(p_file_path, NFC) end;
end;
grant execute on function api.retrieve_file(text) to coffer_editor, coffer_admin;
comment on function api.retrieve_file(text) is
    'Returns the current user''s file of this path; no row if there is none. The digest is in hex, modified_at in Unix '
    'seconds. For editors and admins.';

create function api.retrieve_file_in_session(p_file_path text)
returns setof internal.own_blobs
language sql stable
begin atomic
    select f.* from internal.current_session s left join api.retrieve_file(p_file_path) f on true;
end;
grant execute on function api.retrieve_file_in_session(text) to coffer_editor, coffer_admin;
comment on function api.retrieve_file_in_session(text) is
    'Does what api.retrieve_file does, but returns a row of nulls if there is no file, and no row if the session of the '
    'request is not live. For editors and admins.';

-- It writes, so it waits for the disk and for other records of the same user. The worker calls it instead of
-- api.retrieve_file only if COFFER_AUDIT_DOWNLOADS is set.
create function api.retrieve_file_audited(p_file_path text)
returns setof internal.own_blobs
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query select f.* from api.retrieve_file(p_file_path) f;
    if found then
        perform internal.record('retrieve', internal.current_user_id(), normalize(p_file_path, NFC));
    end if;
end
$$;
grant execute on function api.retrieve_file_audited(text) to coffer_editor, coffer_admin;
comment on function api.retrieve_file_audited(text) is
    'Does what api.retrieve_file does, and records it in the audit log. For editors and admins.';
