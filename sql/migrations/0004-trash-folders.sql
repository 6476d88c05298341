-- The folders that somebody had created, and that were deleted with an entry of the trash.
set local role coffer_owner;

-- As for internal.trash, there is no foreign key: the triggers of internal.trash and internal.users delete the rows.
create table internal.trash_folders (
    user_id uuid not null,
    entry_id uuid not null,
    folder internal.file_path not null,
    removed_at timestamptz not null default now(),
    primary key (user_id, entry_id, folder)
);
alter table internal.trash_folders enable row level security, force row level security;
create policy owner_all on internal.trash_folders to coffer_owner using (true) with check (true);
