-- Resumable uploads: what has arrived of a file, and what the next request needs to continue it.
--
-- The row names the blob before its first byte is stored, as a row of garbage does for an upload of two phases, so the
-- collector finds what an interrupted upload has left. The commit that makes the blob a file deletes the row. A row
-- outlives its user, as garbage does: no foreign key.
set local role coffer_owner;

create table internal.uploads (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null,
    blob internal.blob_name not null unique,
    store smallint not null,
    file_path internal.file_path not null,
    description internal.description,
    content_type internal.content_type not null,
    modified_at timestamptz,
    metadata text not null,
    if_match text,
    if_none_match boolean not null,
    length internal.amount not null,
    offset_bytes internal.amount not null default 0,
    digest_state bytea,
    store_state text,
    lease bigint not null default 0,
    is_held boolean not null default false,
    is_wanted boolean not null default false,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
-- The uploads of one user, whose lengths are reserved in the quota.
create index uploads_user_id_idx on internal.uploads (user_id);
create index uploads_expires_at_idx on internal.uploads (expires_at);
alter table internal.uploads enable row level security, force row level security;
create policy owner_all on internal.uploads to coffer_owner using (true) with check (true);
