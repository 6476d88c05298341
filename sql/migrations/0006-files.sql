-- Files, and the blobs that are no longer theirs.
set local role coffer_owner;

-- The rules of a file path, and the words in which a broken one is reported. Bound when created, so no search_path.
create function internal.file_path_problem(p_file_path text) returns text
language sql immutable parallel safe
return case
    when p_file_path is null or p_file_path = '' then 'The file path is missing.'
    when p_file_path is not nfc normalized then 'The file path is not in Unicode NFC.'
    when octet_length(p_file_path) > 1024 then 'The file path is longer than 1,024 bytes.'
    when p_file_path ~ '[\u0001-\u001f\u007f-\u009f]' then 'The file path has a control character.'
    when position('\' in p_file_path) > 0 then 'The file path has a backslash.'
    when left(p_file_path, 1) = '/' then 'The file path begins with a slash.'
    when right(p_file_path, 1) = '/' then 'The file path ends with a slash.'
    when position('//' in p_file_path) > 0 then 'The file path has an empty segment.'
    when p_file_path ~ '(^|/)\.{1,2}(/|$)' then 'The file path has a segment "." or "..".'
    when exists (select from string_to_table(p_file_path, '/') as segment where octet_length(segment) > 255)
        then 'The file path has a segment longer than 255 bytes.'
end;
-- The table's check runs with the rights of whoever changes a row.
grant execute on function internal.file_path_problem(text) to coffer_editor, coffer_admin;
comment on function internal.file_path_problem(text) is 'The rule that a file path breaks, in words; null if none.';

-- Paths compare bytewise, so that a folder is one range of the index.
create table internal.files (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references internal.users on delete cascade,
    file_path text collate "C" not null check (internal.file_path_problem(file_path) is null),
    description text check (char_length(description) <= 2000),
    content_type text not null check (content_type ~ '^[ -~]{1,255}$'),
    size_bytes bigint not null check (size_bytes >= 0),
    sha256 bytea not null check (octet_length(sha256) = 32),
    blob text not null unique check (blob ~ '^[0-9a-f]{32}$'),
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    constraint files_path_key unique (user_id, file_path)
);

alter table internal.files enable row level security;
alter table internal.files force row level security;
create policy owner_all on internal.files to coffer_owner using (true) with check (true);
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
-- Deliberately not granted: the column blob, since to name a blob is to have it; and insert, which would name one.
-- New rows come through api.store_file, and so there is no policy for insert either.
comment on table internal.files is 'One row per file of a user; the bytes are in the blob store.';
comment on column internal.files.blob is 'Generated name of the immutable blob that holds the bytes.';
comment on column internal.files.sha256 is 'Digest of the bytes; the ETag comes from it.';
comment on column internal.files.updated_at is 'When content, path or description last changed.';

-- What `coffer gc` may remove from the store. A name is put here before its blob is written (reason `uploading`) and
-- taken off by the commit that gives it a file; whatever goes wrong in between leaves it on the list. The blobs of
-- replaced and deleted files return to it.
create table internal.discarded_blobs (
    blob text primary key check (blob ~ '^[0-9a-f]{32}$'),
    reason text not null check (reason in ('uploading', 'replaced', 'deleted')),
    user_id uuid,
    discarded_at timestamptz not null default now()
);
create index discarded_blobs_age_idx on internal.discarded_blobs (discarded_at);

alter table internal.discarded_blobs enable row level security;
alter table internal.discarded_blobs force row level security;
create policy owner_all on internal.discarded_blobs to coffer_owner using (true) with check (true);
-- No grants: blob names are nobody's business.
comment on table internal.discarded_blobs is 'Blobs in the store that no file owns, or not yet.';
comment on column internal.discarded_blobs.user_id is 'Who uploads; no foreign key, for garbage outlives its user.';

-- What is over the quota may stay and may shrink, but nothing grows: callers ask only when there would be more.
-- The sum is a numeric because an announced size can be any bigint.
create function internal.keep_quota(p_used_bytes numeric, p_quota_bytes bigint) returns void
language plpgsql immutable set search_path = ''
as $$
begin
    if p_used_bytes > p_quota_bytes then
        raise exception using errcode = 'KF006', message = 'The quota would be exceeded',
            detail = format('%s bytes would be used, %s are allowed', p_used_bytes, p_quota_bytes);
    end if;
end
$$;
-- Deliberately not granted, like count_usage: both are called by the owner's functions alone.
comment on function internal.keep_quota(numeric, bigint) is 'KF006 when the quota, if there is one, is exceeded.';

-- The totals move with the files, in the same transaction. Whoever updates the user's row holds it until the commit, so
-- uploads of one user are counted one after the other, and the quota holds however many end at once.
create function internal.count_usage(p_user_id uuid, p_bytes bigint, p_files bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    update internal.users u
    set used_bytes = u.used_bytes + p_bytes, file_count = u.file_count + p_files
    where u.id = p_user_id
    returning u.* into v_user;
    if p_bytes > 0 then
        perform internal.keep_quota(v_user.used_bytes, v_user.quota_bytes);
    end if;
end
$$;
comment on function internal.count_usage(uuid, bigint, bigint) is
    'Adds to a user''s totals, or takes away; KF006 when they grow beyond the quota.';

-- The triggers run as the owner, whoever changed the rows, so no way of losing a file can skip the list, the audit
-- log or the totals. They work on statements and not on rows: deleting ten thousand files is four statements. The
-- totals come last, because the user's other uploads wait for them.
create function internal.files_inserted() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into internal.audit_log (action, user_id, subject)
    select 'store', n.user_id, n.file_path
    from new_files n;
    perform internal.count_usage(t.user_id, t.bytes, t.files)
    from (select n.user_id, sum(n.size_bytes)::bigint as bytes, count(*) as files
        from new_files n group by n.user_id) t;
    return null;
end
$$;

create function internal.files_updated() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into internal.discarded_blobs (blob, reason, user_id)
    select o.blob, 'replaced', o.user_id
    from old_files o join new_files n on n.id = o.id
    where n.blob <> o.blob
    on conflict do nothing;
    insert into internal.audit_log (action, user_id, subject)
    select case when n.blob <> o.blob then 'store' else 'move' end, n.user_id, n.file_path
    from old_files o join new_files n on n.id = o.id
    where n.blob <> o.blob or n.file_path <> o.file_path;
    -- A file keeps its owner.
    perform internal.count_usage(t.user_id, t.bytes, 0)
    from (select n.user_id, sum(n.size_bytes - o.size_bytes)::bigint as bytes
        from old_files o join new_files n on n.id = o.id
        where n.size_bytes <> o.size_bytes
        group by n.user_id) t;
    return null;
end
$$;

-- Locks are taken in this order: the user's row for key share, rows of files, the user's row for an update. Uploads
-- begin with the first in internal.uploading_user, deletions here. Key shares do not mind one another's update; they
-- keep out delete_user, which otherwise would queue for the row in front of those who hold a file others wait for.
create function internal.files_deleting() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform from internal.users u where u.id = internal.current_user_id() for key share;
    return null;
end
$$;

create function internal.files_deleted() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    insert into internal.discarded_blobs (blob, reason, user_id)
    select o.blob, 'deleted', o.user_id from old_files o
    on conflict do nothing;
    insert into internal.audit_log (action, user_id, subject)
    select 'delete', o.user_id, o.file_path
    from old_files o;
    -- A user who is deleted with the files has no row any more, and nothing is counted.
    perform internal.count_usage(t.user_id, -t.bytes, -t.files)
    from (select o.user_id, sum(o.size_bytes)::bigint as bytes, count(*) as files
        from old_files o group by o.user_id) t;
    return null;
end
$$;

create function internal.files_touched() returns trigger
language plpgsql volatile set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
-- Trigger functions need no grant, and have none.
comment on function internal.files_inserted() is 'Audits and counts new files.';
comment on function internal.files_updated() is 'Discards replaced blobs; audits overwriting and moving; counts.';
comment on function internal.files_deleting() is 'Locks the current user against deletion before any file is locked.';
comment on function internal.files_deleted() is 'Discards the blobs of deleted files; audits; counts.';
comment on function internal.files_touched() is 'Keeps updated_at.';

create trigger inserted after insert on internal.files
    referencing new table as new_files for each statement execute function internal.files_inserted();
create trigger updated after update on internal.files
    referencing old table as old_files new table as new_files
    for each statement execute function internal.files_updated();
create trigger deleting before delete on internal.files
    for each statement execute function internal.files_deleting();
create trigger deleted after delete on internal.files
    referencing old table as old_files for each statement execute function internal.files_deleted();
create trigger touched before update on internal.files for each row execute function internal.files_touched();

-- The view of GET and DELETE /files. It runs with the rights of who asks, so the policies above decide; the owner's
-- e-mail is a sub-select, for a join would make the view read-only.
create view api.files with (security_invoker = true) as
select f.id, f.user_id, f.file_path, f.description, f.content_type, f.size_bytes,
    encode(f.sha256, 'hex') as sha256, f.created_at, f.updated_at,
    (select u.email from internal.users u where u.id = f.user_id) as owner_email
from internal.files f;

grant select, update (file_path, description), delete on api.files to coffer_editor, coffer_admin;
-- Deliberately not granted: anything to coffer_anonymous.
comment on view api.files is 'Files: an editor''s own, for an admin everybody''s; only one''s own can be changed.';
