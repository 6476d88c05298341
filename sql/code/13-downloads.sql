-- A download: the current user's file, and where its bytes are.
set local role coffer_owner;

-- The view runs as the owner because it names the blob, and so it has the files of the current user alone, admins
-- included. The store's URL is null for the one that COFFER_STORAGE_URL names. is_unchanged says whether the content is
-- the first that the file has: Last-Modified counts seconds, and a file that was changed may have had two versions in
-- one of them.
create view internal.own_blobs with (security_barrier) as
select f.file_path, f.content_type, f.size_bytes, encode(f.sha256, 'hex') as sha256, f.blob,
    -- Rounded down: Last-Modified must not lie in the future.
    floor(date_part('epoch', f.updated_at))::bigint as updated_at,
    (select s.url from internal.stores s where s.id = f.store) as store_url,
    f.updated_at = f.created_at as is_unchanged
from internal.files f
where f.user_id = (select internal.current_user_id());
grant select on internal.own_blobs to coffer_editor, coffer_admin;
comment on view internal.own_blobs is 'The current user''s files with the blobs that hold their bytes.';

-- Written so that PostgreSQL puts its query in the place of the call and keeps the plan; stored paths are in NFC.
create function api.retrieve_file(p_file_path text)
returns table (
    file_path text, content_type text, size_bytes bigint, sha256 text, blob text, updated_at bigint, store_url text,
    is_unchanged boolean)
language sql stable
begin atomic
    select b.file_path, b.content_type, b.size_bytes, b.sha256, b.blob, b.updated_at, b.store_url, b.is_unchanged
    from internal.own_blobs b
    where b.file_path = normalize(p_file_path, NFC);
end;
grant execute on function api.retrieve_file(text) to coffer_editor, coffer_admin;
comment on function api.retrieve_file(text) is
    'The current user''s file of this path; no row if there is none. Digest in hex, updated_at in Unix seconds.';

-- A download that is recorded. It writes, and so waits for the disk and for other records of the same user; the worker
-- calls it in the place of api.retrieve_file only where the operator wants that.
create function api.retrieve_file_audited(p_file_path text)
returns table (
    file_path text, content_type text, size_bytes bigint, sha256 text, blob text, updated_at bigint, store_url text,
    is_unchanged boolean)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query select f.* from api.retrieve_file(p_file_path) f;
    if found then
        perform internal.record('retrieve', internal.current_user_id(), array[normalize(p_file_path, NFC)]);
    end if;
end
$$;
grant execute on function api.retrieve_file_audited(text) to coffer_editor, coffer_admin;
comment on function api.retrieve_file_audited(text) is 'api.retrieve_file, with a row in the audit log.';
