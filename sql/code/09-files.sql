-- Files: who sees and changes them, the rules for their paths, and the quota.
set local role coffer_owner;

create policy editor_select_own on internal.files for select to coffer_editor
    using (user_id = (select internal.current_user_id()));
create policy admin_select_all on internal.files for select to coffer_admin using (true);
create policy update_own on internal.files for update to coffer_editor, coffer_admin
    using (user_id = (select internal.current_user_id()))
    with check (user_id = (select internal.current_user_id()));
create policy delete_own on internal.files for delete to coffer_editor, coffer_admin
    using (user_id = (select internal.current_user_id()));
grant select (id, user_id, file_path, description, content_type, size_bytes, sha256, created_at, updated_at),
    update (file_path, description), delete
    on internal.files to coffer_editor, coffer_admin;
-- Deliberately not granted: the column blob, because who can name a blob can read it; and insert, which names one. Only
-- api.store_file inserts rows, so there is no policy for insert either.
comment on table internal.files is 'One row per file of a user; the bytes are in the blob store.';
comment on column internal.files.blob is 'Generated name of the immutable blob that holds the bytes.';
comment on column internal.files.sha256 is 'Digest of the bytes; the ETag is made from it.';
comment on column internal.files.updated_at is 'When content, path or description last changed.';
comment on column internal.files.store is 'The store that holds the blob.';

-- The view behind /files. It runs with the caller's rights, so the policies above decide. The owner's e-mail address is
-- a sub-select, because a join would make the view read-only.
create view api.files with (security_invoker = true) as
select f.id, f.user_id, f.file_path, f.description, f.content_type, f.size_bytes,
    encode(f.sha256, 'hex') as sha256, f.created_at, f.updated_at,
    (select u.email from internal.users u where u.id = f.user_id) as owner_email
from internal.files f;
grant select, update (file_path, description), delete on api.files to coffer_editor, coffer_admin;
-- Deliberately not granted: anything to coffer_anonymous.
comment on view api.files is 'Files: an editor''s own, for an admin all. Users can change only their own.';

-- The domain's check runs with the rights of the role that changes a row.
grant execute on function internal.file_path_problem(text), internal.is_plain_path(text)
    to coffer_editor, coffer_admin;
comment on function internal.is_plain_path(text) is
    'Returns whether a path is short, of printable ASCII, breaks no rule, and has no segment that begins with a dot. '
    'For editors and admins, as the next function.';
comment on function internal.file_path_problem(text) is
    'Returns the rule that a file path breaks, as a sentence; null if it breaks none. For editors and admins, whose '
    'changes of files are checked with it.';

create function internal.normalized_file_path(p_file_path text) returns text
language plpgsql immutable set search_path = ''
as $$
declare
    v_path constant text := case when octet_length(p_file_path) = length(p_file_path) then p_file_path
        else normalize(p_file_path, nfc) end;
    v_problem constant text := internal.file_path_problem(v_path);
begin
    if v_problem is not null then
        raise exception using errcode = 'KF003', message = v_problem;
    end if;
    return v_path;
end
$$;
comment on function internal.normalized_file_path(text) is
    'Returns the path in NFC. KF003 with the rule that it breaks.';

-- PostgreSQL inlines it, so most paths take no call.
create function internal.checked_file_path(p_file_path text) returns text
language sql immutable
return case when internal.is_plain_path(p_file_path) then p_file_path
    else internal.normalized_file_path(p_file_path) end;
comment on function internal.checked_file_path(text) is
    'Returns the path in NFC. KF003 with the rule that it breaks.';

-- If-Match and If-None-Match: * of RFC 9110 sections 13.1.1 and 13.1.2, on our ETags, which are digests in hex.
create function internal.precondition_holds(p_if_match text, p_if_none_match boolean, p_sha256 bytea) returns boolean
language sql immutable parallel safe
return (p_sha256 is null or p_if_none_match is not true) and (p_if_match is null or p_sha256 is not null
    and (p_if_match = '*' or encode(p_sha256, 'hex') = any (string_to_array(replace(p_if_match, ' ', ''), ','))));
comment on function internal.precondition_holds(text, boolean, bytea) is
    'Returns whether an upload''s preconditions hold for the file that has this digest, or, if it is null, for no '
    'file. p_if_match is * or digests in hex with commas.';

-- Files over the quota may stay and shrink but not grow, so callers call this only if there would be more bytes. The
-- sum is numeric because an announced size can be any bigint.
create function internal.require_quota(p_used_bytes numeric, p_quota_bytes bigint) returns void
language plpgsql immutable set search_path = ''
as $$
begin
    if p_used_bytes > p_quota_bytes then
        raise exception using errcode = 'KF006', message = 'The quota would be exceeded',
            detail = format('%s bytes would be used, %s are allowed', p_used_bytes, p_quota_bytes);
    end if;
end
$$;
comment on function internal.require_quota(numeric, bigint) is 'KF006 if the quota is exceeded; null is no quota.';

-- Deliberately not granted: normalized_file_path, checked_file_path, precondition_holds and require_quota.

-- An import keeps the modification times of the files that it reads.
create function internal.set_file_time(p_id uuid, p_modified bigint) returns void
language sql volatile security definer set search_path = ''
begin atomic
    update internal.files f
    set updated_at = least(now(), to_timestamp(p_modified)), created_at = least(f.created_at, to_timestamp(p_modified))
    where f.id = p_id;
end;
comment on function internal.set_file_time(uuid, bigint) is
    'Sets when the content of a file last changed, in Unix seconds. For the operator.';
