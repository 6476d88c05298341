-- The tables, with their keys, domains and indexes. Grants, other policies and all other functions are in code/.
--
-- A URL can name what is in schema `api`, and nothing in `internal`. The schema `extensions` has pgcrypto alone: its
-- functions are open to PUBLIC, so only the owner may use that schema.
--
-- Row-level security is enabled and forced on each table. The owner's policy is here and not in code/, because code/ is
-- removed while a migration runs, and a migration must reach the rows.

do $$
begin
    -- File paths are stored in NFC, and normalize() works in UTF-8 only.
    if pg_catalog.current_setting('server_encoding') <> 'UTF8' then
        raise exception using errcode = 'KF014',
            message = pg_catalog.format('The database %I is encoded as %s; Coffer needs UTF8.',
                pg_catalog.current_database(), pg_catalog.current_setting('server_encoding')),
            hint = 'Create it with: createdb --encoding=UTF8 --template=template0 NAME';
    end if;
    if pg_catalog.current_setting('server_version_num')::integer < 150000 then
        raise exception using errcode = 'KF014', message = 'Coffer needs PostgreSQL 15 or later.';
    end if;
    if exists (select from pg_catalog.pg_extension where extname = 'pgcrypto') then
        raise exception using errcode = 'KF014',
            message = 'The extension pgcrypto is in this database already; Coffer needs a database of its own.';
    end if;
end
$$;

create schema api authorization coffer_owner;
create schema internal authorization coffer_owner;
create schema extensions authorization coffer_owner;
create extension pgcrypto schema extensions;

-- New functions are not open to PUBLIC. Default privileges of a single schema can only add rights, so this is set for
-- the owner in all schemas.
revoke create on schema public from public;
alter default privileges for role coffer_owner revoke execute on functions from public;

set local role coffer_owner;

-- The applied files. `coffer migrate` writes both tables in the transaction that applies a file.
create table internal.migrations (
    name text primary key check (name ~ '^[0-9]{4}-[a-z0-9-]+\.sql$'),
    checksum text not null,
    applied_at timestamptz not null default now()
);
alter table internal.migrations enable row level security, force row level security;
create policy owner_all on internal.migrations to coffer_owner using (true) with check (true);

create table internal.code_files (
    name text primary key,
    checksum text not null,
    applied_at timestamptz not null default now()
);
alter table internal.code_files enable row level security, force row level security;
create policy owner_all on internal.code_files to coffer_owner using (true) with check (true);

-- Values are checked by domains and not by constraints of the tables. For each statement, PostgreSQL reads and plans
-- all constraints of the table anew, which would take a fifth of the time of an upload. Of the domains, it checks only
-- those of the columns that the statement sets, and it plans them once per session.
--
-- The functions run with the rights of the role that changes a row, so they use no object of ours.
create function internal.file_path_problem(p_file_path text) returns text
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
    v_problem constant text := case
        when p_file_path is null or p_file_path = '' then 'The file path is missing.'
        -- ASCII is in every normal form.
        when octet_length(p_file_path) <> length(p_file_path) and p_file_path is not nfc normalized
            then 'The file path is not in Unicode NFC.'
        when octet_length(p_file_path) > 1024 then 'The file path is longer than 1,024 bytes.'
        when p_file_path ~ '[\u0001-\u001f\u007f-\u009f]' then 'The file path has a control character.'
        when position('\' in p_file_path) > 0 then 'The file path has a backslash.'
        when left(p_file_path, 1) = '/' then 'The file path begins with a slash.'
        when right(p_file_path, 1) = '/' then 'The file path ends with a slash.'
        when position('//' in p_file_path) > 0 then 'The file path has an empty segment.'
        when p_file_path ~ '(^|/)\.{1,2}(/|$)' then 'The file path has a segment "." or "..".'
    end;
begin
    -- Two conditions, because one with a sub-select would run as a query for short paths, too.
    if v_problem is null and octet_length(p_file_path) > 255 then
        if exists (select from string_to_table(p_file_path, '/') as segment where octet_length(segment) > 255) then
            return 'The file path has a segment longer than 255 bytes.';
        end if;
    end if;
    return v_problem;
end
$$;

create function internal.is_email(p_email text) returns boolean
language plpgsql immutable parallel safe set search_path = ''
as $$
begin
    return p_email ~ '^[^\s@]+@[^\s@]+$' and octet_length(p_email) <= 254;
end
$$;

-- Most paths; for those, nothing else is evaluated. Printable ASCII is in NFC.
create function internal.is_plain_path(p_file_path text) returns boolean
language sql immutable parallel safe
return octet_length(p_file_path) <= 255
    and p_file_path ~ '^[ -\-0-\[\]-~][ -.0-\[\]-~]*(/[ -\-0-\[\]-~][ -.0-\[\]-~]*)*$';

create domain internal.file_path as text collate "C"
    check (internal.is_plain_path(value) or internal.file_path_problem(value) is null);
create domain internal.description as text check (char_length(value) <= 2000);
-- In two parts: `{1,255}` in one pattern takes longer than all other checks of an upload, and `{32}` is slow too.
create domain internal.content_type as text check (value ~ '^[ -~]+$' and octet_length(value) <= 255);
create domain internal.blob_name as text collate "C" check (length(value) = 32 and value !~ '[^0-9a-f]');
create domain internal.digest as bytea check (octet_length(value) = 32);
create domain internal.amount as bigint check (value >= 0);
create domain internal.positive_amount as bigint check (value > 0);
create domain internal.email_address as text check (internal.is_email(value));
create domain internal.user_role as text check (value in ('editor', 'admin'));
create domain internal.garbage_reason as text check (value in ('uploading', 'replaced', 'deleted'));
create domain internal.audit_action as text check (value in (
    'login', 'login_failed', 'login_blocked', 'logout', 'session_revoke', 'retrieve', 'store', 'move', 'delete',
    'user_create', 'user_password', 'user_disable', 'user_enable', 'user_role', 'user_quota', 'user_delete',
    'key_rotate', 'key_retire'));

-- E-mail addresses are compared in NFC and without case. A text longer than 1024 bytes is not an address in any form,
-- so it is not normalised, which takes time.
create function internal.email_key(p_email text) returns text
language sql immutable parallel safe
return case when octet_length(p_email) <= 1024 then normalize(lower(normalize(p_email, nfc)), nfc) else p_email end;

create table internal.users (
    id uuid primary key default gen_random_uuid(),
    email internal.email_address not null,
    password_hash text not null,
    rehashed_at timestamptz,
    role internal.user_role not null,
    quota_bytes internal.amount,
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
-- internal.create_user stores addresses in NFC. Accounts that were inserted in another form are outside the unique
-- index, and the other index finds them.
create unique index users_email_key on internal.users (internal.email_key(email)) where email is nfc normalized;
create index users_email_idx on internal.users (internal.email_key(email));
alter table internal.users enable row level security, force row level security;
create policy owner_all on internal.users to coffer_owner using (true) with check (true);

-- A token names a session. Deleting the row ends the session, and the token stops working at once. The row repeats the
-- user's role, and a trigger deletes it when the account changes. So one row decides each request: joining the user
-- would take half as long again.
create table internal.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references internal.users on delete cascade,
    role internal.user_role not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index sessions_user_id_idx on internal.sessions (user_id);
alter table internal.sessions enable row level security, force row level security;
create policy owner_all on internal.sessions to coffer_owner using (true) with check (true);

-- The keys that sign tokens. The newest signs; older ones verify until they are retired, which erases the secret.
create table internal.jwt_keys (
    serial_number bigint generated always as identity primary key,
    kid text not null unique,
    secret bytea check (octet_length(secret) >= 32),
    created_at timestamptz not null default now(),
    retired_at timestamptz,
    constraint jwt_keys_retired_check check ((secret is null) = (retired_at is not null))
);
alter table internal.jwt_keys enable row level security, force row level security;
create policy owner_all on internal.jwt_keys to coffer_owner using (true) with check (true);

-- A failure inserts a row for the account and one for the address, because a success deletes the former only. Otherwise
-- an account's owner could guess at other accounts, and log in after every few guesses to clear the address. There is
-- no primary key, because nothing refers to a row.
create table internal.login_failures (
    failed_at timestamptz not null default clock_timestamp(),
    account bytea check (octet_length(account) = 32),
    address inet,
    constraint login_failures_subject_check check (num_nonnulls(account, address) = 1)
);
create index login_failures_account_idx on internal.login_failures (account, failed_at) where account is not null;
create index login_failures_address_idx on internal.login_failures (address, failed_at) where address is not null;
create index login_failures_age_idx on internal.login_failures (failed_at);
alter table internal.login_failures enable row level security, force row level security;
create policy owner_all on internal.login_failures to coffer_owner using (true) with check (true);

-- Who did what, and when. Rows outlive the users and files that they name, hence no foreign keys.
--
-- Each row has a hash of itself and of the row before it, so a row that is changed, deleted or moved breaks the chain
-- after it. Each user has a chain, and there is one for rows that belong to no user: with a single chain all uploads
-- would wait for each other. The head of each chain has its length and its last hash, so a truncated chain is detected
-- too. A person who can write to these tables can forge a whole chain with its head. To detect that, save the heads
-- elsewhere (internal.audit_heads) and compare them later (internal.verify_audit). The heads are in internal.ledgers.
create table internal.audit_log (
    id bigint generated always as identity primary key,
    occurred_at timestamptz not null default now(),
    actor_id uuid,
    user_id uuid,
    action internal.audit_action not null,
    subject text,
    request_id text,
    remote_address text,
    chain uuid not null,
    position internal.positive_amount not null,
    hash bytea not null,
    constraint audit_log_chain_key unique (chain, position)
);
create index audit_log_user_id_idx on internal.audit_log (user_id, id);
alter table internal.audit_log enable row level security, force row level security;
create policy owner_read on internal.audit_log for select to coffer_owner using (true);
create policy owner_add on internal.audit_log for insert to coffer_owner with check (true);
-- No policy for update or delete: rows are never changed.

-- What every upload changes for its user: the totals of the files, and the head of the user's chain in the audit log.
-- It is a row of its own because the row of users is wide and has several indexes, and one row because updating a
-- second one would cost each upload as much again. Half of each page is free, so an update finds room beside the old
-- row and changes no index.
--
-- There is no foreign key: a chain remains when its user is deleted, and the one for rows that belong to no user has
-- the user of all zeros.
create table internal.ledgers (
    user_id uuid primary key,
    file_count internal.amount not null default 0,
    used_bytes internal.amount not null default 0,
    chain_length internal.amount not null default 0,
    chain_hash bytea not null default ''
) with (fillfactor = 50);
alter table internal.ledgers enable row level security, force row level security;
create policy owner_read on internal.ledgers for select to coffer_owner using (true);
create policy owner_add on internal.ledgers for insert to coffer_owner with check (true);
create policy owner_advance on internal.ledgers for update to coffer_owner using (true) with check (true);
-- No policy for delete.

-- There can be several stores of blobs, so that an installation can move from one to another while people work. Each
-- row of a file names its store, so downloads work during a move, and no worker needs to be restarted. While there is
-- one store, its URL is null, and COFFER_STORAGE_URL says where it is; once a second store is added, all URLs are here.
create table internal.stores (
    id smallint primary key check (id > 0),
    url text unique check (url <> ''),
    is_current boolean not null default false,
    identity uuid unique
);
create unique index stores_current_key on internal.stores (is_current) where is_current;
alter table internal.stores enable row level security, force row level security;
create policy owner_all on internal.stores to coffer_owner using (true) with check (true);

-- No number is used twice: a copy that is still being made must not be mistaken for one into a new store.
create sequence internal.store_numbers as smallint;
insert into internal.stores (id, is_current) values (nextval('internal.store_numbers'), true);

-- Paths compare bytewise, so that a folder is one range of the index. Blobs compare bytewise, as stores list them,
-- because `coffer check` merges both lists. The store has no foreign key, here or in the tables below: to check it,
-- every upload would lock the same row of stores.
create table internal.files (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references internal.users on delete cascade,
    file_path internal.file_path not null,
    description internal.description,
    content_type internal.content_type not null,
    size_bytes internal.amount not null,
    sha256 internal.digest not null,
    blob internal.blob_name not null unique,
    store smallint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
-- The files of one folder, by name. If they were ordered by path, the planner might prefer the index of paths and read
-- everything below the folder. The expressions use built-in functions, which all roles may call: they are planned with
-- the rights of the role that first reads the table.
create index files_folder_idx on internal.files
    (user_id, left(file_path, -strpos(reverse(file_path), '/')), split_part(file_path, '/', -1));
-- Made after the other index: while there are no statistics, both seem to cost the same, and the planner takes the
-- later one.
alter table internal.files add constraint files_path_key unique (user_id, file_path);
alter table internal.files enable row level security, force row level security;
create policy owner_all on internal.files to coffer_owner using (true) with check (true);

-- A folder exists while there are files below it. Its totals are stored here, so that listing a folder costs what it
-- returns, not what is below. The root has no row: its totals are in the user's ledger. There is no foreign key, which
-- would be checked for each upload: the triggers that count files delete the rows, also when the user is deleted.
create table internal.folders (
    user_id uuid not null,
    parent text collate "C" not null,
    name text collate "C" not null,
    file_count internal.positive_amount not null,
    size_bytes internal.amount not null,
    primary key (user_id, parent, name)
);
alter table internal.folders enable row level security, force row level security;
create policy owner_all on internal.folders to coffer_owner using (true) with check (true);

-- The blobs that `coffer gc` and the workers may remove from the stores. A two-phase upload lists its blob before
-- writing it (reason `uploading`), and the commit that makes it a file deletes the row; an upload that fails in between
-- leaves it. The blobs of replaced and deleted files are listed again. Garbage outlives its user: no foreign key.
create table internal.garbage (
    blob internal.blob_name not null,
    store smallint not null default 1,
    reason internal.garbage_reason not null,
    user_id uuid,
    listed_at timestamptz not null default now(),
    primary key (blob, store)
);
create index garbage_listed_at_idx on internal.garbage (listed_at);
alter table internal.garbage enable row level security, force row level security;
create policy owner_all on internal.garbage to coffer_owner using (true) with check (true);

-- The copies in a store that is not current yet. As in uploads, a name is listed before its blob is written.
create table internal.blob_copies (
    store smallint not null,
    blob text collate "C" not null,
    is_verified boolean not null default false,
    primary key (store, blob)
);
alter table internal.blob_copies enable row level security, force row level security;
create policy owner_all on internal.blob_copies to coffer_owner using (true) with check (true);

-- One row. The worker that finds it due and not locked collects a batch of garbage, so all workers together collect one
-- batch a minute.
create table internal.collection_schedule (
    is_only boolean primary key default true check (is_only),
    due_at timestamptz not null default now()
);
alter table internal.collection_schedule enable row level security, force row level security;
create policy owner_all on internal.collection_schedule to coffer_owner using (true) with check (true);
insert into internal.collection_schedule default values;
