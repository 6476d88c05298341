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
grant select (id, user_id, file_path, description, content_type, size_bytes, sha256, created_at, updated_at,
        modified_at),
    update (file_path, description, modified_at), delete
    on internal.files to coffer_editor, coffer_admin;
-- Deliberately not granted: the column blob, because who can name a blob can read it; and insert, which names one. Only
-- api.store_file inserts rows, so there is no policy for insert either.
comment on table internal.files is 'One row per file of a user; the bytes are in the blob store.';
comment on column internal.files.blob is 'Generated name of the immutable blob that holds the bytes.';
comment on column internal.files.sha256 is 'Digest of the bytes; the ETag is made from it.';
comment on column internal.files.updated_at is 'When content, path, description or modified_at last changed.';
comment on column internal.files.modified_at is 'When the content was last changed, as the client says.';
comment on column internal.files.stored_at is 'When the file got its present content.';
comment on column internal.files.store is 'The store that holds the blob.';

-- The view behind /files. It runs with the caller's rights, so the policies above decide. The owner's e-mail address is
-- a sub-select, because a join would make the view read-only.
create view api.files with (security_invoker = true) as
select f.id, f.user_id, f.file_path, f.description, f.content_type, f.size_bytes,
    encode(f.sha256, 'hex') as sha256, f.created_at, f.updated_at, f.modified_at,
    (select u.email from internal.users u where u.id = f.user_id) as owner_email
from internal.files f;
grant select, update (file_path, description, modified_at), delete on api.files to coffer_editor, coffer_admin;
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
create function internal.require_quota(p_used_bytes numeric, p_trash_bytes bigint, p_quota_bytes bigint) returns void
language plpgsql immutable set search_path = ''
as $$
begin
    if p_used_bytes + p_trash_bytes > p_quota_bytes then
        raise exception using errcode = 'KF006', message = 'The quota would be exceeded',
            detail = format('%s bytes would be used, %s are allowed; %s of them are in the trash',
                p_used_bytes + p_trash_bytes, p_quota_bytes, p_trash_bytes);
    end if;
end
$$;
comment on function internal.require_quota(numeric, bigint, bigint) is
    'KF006 if files and trash together exceed the quota; null is no quota.';

-- Resumable uploads count with their whole length from their creation on, so that what has begun can end. In PL/pgSQL
-- for the same reason as internal.is_folder: each upload under a quota calls it.
create function internal.reserved_bytes(p_user_id uuid) returns numeric
language plpgsql stable security definer set search_path = ''
as $$
begin
    return (
        select coalesce(sum(u.length), 0) from internal.uploads u
        where u.user_id = p_user_id and u.expires_at > now());
end
$$;
comment on function internal.reserved_bytes(uuid) is
    'Returns how many bytes of the quota a user''s resumable uploads reserve.';

-- Gives the client an early answer; internal.record checks again when the bytes are counted.
create function internal.require_room(p_user_id uuid, p_growth numeric) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
    perform internal.require_quota(
        l.used_bytes + internal.reserved_bytes(p_user_id) + p_growth, l.trash_bytes, u.quota_bytes)
    from internal.users u join internal.ledgers l on l.user_id = u.id
    where u.id = p_user_id and u.quota_bytes is not null and p_growth > 0;
end
$$;
comment on function internal.require_room(uuid, numeric) is
    'KF006 if the user''s files, trash and resumable uploads would exceed the quota with so many bytes more.';
-- Deliberately not granted: normalized_file_path, checked_file_path, precondition_holds, require_quota,
-- reserved_bytes and require_room.

-- The days are the installation's, so the worker sends them with each change.
create function internal.kept_days(p_reason text) returns integer
language sql stable parallel safe
return coalesce(nullif(current_setting(
    case p_reason when 'deleted' then 'coffer.trash_days' else 'coffer.version_days' end, true), ''), '30')::integer;
comment on function internal.kept_days(text) is
    'Returns for how many days the trash keeps what was deleted or replaced; 0 if it keeps nothing.';

-- No grants: it names blobs.
create view internal.kept_blobs as
select f.user_id, f.id as file_id, f.file_path, f.blob, f.store, f.size_bytes, f.sha256, false as is_trash
from internal.files f
union all
select t.user_id, t.file_id, t.file_path, t.blob, t.store, t.size_bytes, t.sha256, true from internal.trash t;
comment on view internal.kept_blobs is 'The blobs that must stay: those of files and of the trash. For the operator.';
