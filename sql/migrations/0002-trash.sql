-- The trash, the times of contents, and folders that somebody created.
set local role coffer_owner;

-- From here on a path is a file or a folder, never both. Only users can decide which of the two gets another name.
do $$
declare
    v_counts constant text := (
        select string_agg(format('%s %s', t.paths, u.email), ', ' order by u.email)
        from (
            select f.user_id, count(*) as paths
            from internal.files f
            join internal.folders d
                on d.user_id = f.user_id and concat_ws('/', nullif(d.parent, ''), d.name) = f.file_path
            group by f.user_id) t
        join internal.users u on u.id = t.user_id);
begin
    if v_counts is not null then
        raise exception using errcode = 'KF014',
            message = format('Some paths are a file and a folder at once, which this version does not allow. '
                'Their number for each user: %s.', v_counts),
            hint = 'Nothing was changed. With the version that you have, rename each such file or its folder, then '
                'try again.';
    end if;
end
$$;

alter domain internal.audit_action drop constraint audit_action_check;
alter domain internal.audit_action add constraint audit_action_check check (value in (
    'login', 'login_failed', 'login_blocked', 'logout', 'session_revoke', 'retrieve', 'store', 'move', 'delete',
    'trash', 'restore', 'purge', 'user_create', 'user_password', 'user_disable', 'user_enable', 'user_role',
    'user_quota', 'user_delete', 'key_rotate', 'key_retire'));

-- stored_at is when the file got its present content, which restore_folder needs. For older rows it is the earliest
-- time that is possible.
alter table internal.files
    add column modified_at timestamptz not null default now(),
    add column stored_at timestamptz not null default now();
update internal.files set modified_at = updated_at, stored_at = created_at;

-- A folder that was created stays without files, and so do all folders above it.
alter table internal.folders
    add column is_created boolean not null default false,
    alter column file_count type internal.amount;

create domain internal.trash_reason as text check (value in ('deleted', 'replaced'));

-- What files were before they were deleted, or before their content was replaced. A row keeps its blob until it
-- expires. There is no foreign key, which would be checked for each overwrite: a trigger deletes the rows of a deleted
-- user.
create table internal.trash (
    id uuid not null default gen_random_uuid(),
    user_id uuid not null,
    entry_id uuid not null,
    file_id uuid not null,
    file_path internal.file_path not null,
    reason internal.trash_reason not null,
    description internal.description,
    content_type internal.content_type not null,
    size_bytes internal.amount not null,
    sha256 internal.digest not null,
    blob internal.blob_name not null unique,
    store smallint not null,
    created_at timestamptz not null,
    modified_at timestamptz not null,
    stored_at timestamptz not null,
    removed_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (user_id, id)
);
create index trash_file_id_idx on internal.trash (user_id, file_id);
create index trash_expires_at_idx on internal.trash (expires_at);
alter table internal.trash enable row level security, force row level security;
create policy owner_all on internal.trash to coffer_owner using (true) with check (true);

-- trash_bytes counts all rows of the trash, version_bytes those that were replaced.
alter table internal.ledgers
    add column trash_bytes internal.amount not null default 0,
    add column version_bytes internal.amount not null default 0;
