-- What restoring needs beside the files: the folders that were deleted with an entry of the trash, and the paths that
-- files had before they were moved.
set local role coffer_owner;

-- As for internal.trash, there are no foreign keys: triggers delete the rows of a deleted user.
create table internal.trash_folders (
    user_id uuid not null,
    entry_id uuid not null,
    folder internal.file_path not null,
    removed_at timestamptz not null default now(),
    primary key (user_id, entry_id, folder)
);
alter table internal.trash_folders enable row level security, force row level security;
create policy owner_all on internal.trash_folders to coffer_owner using (true) with check (true);

create table internal.former_paths (
    user_id uuid not null,
    file_id uuid not null,
    file_path internal.file_path not null,
    left_at timestamptz not null default now(),
    expires_at timestamptz not null,
    primary key (user_id, file_id, left_at)
);
create index former_paths_expires_at_idx on internal.former_paths (expires_at);
alter table internal.former_paths enable row level security, force row level security;
create policy owner_all on internal.former_paths to coffer_owner using (true) with check (true);
