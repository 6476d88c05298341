-- Who may log in, and who is logged in.
set local role coffer_owner;

-- The identity of the request, as the worker's first statement set it; null for strangers and for the operator.
-- The body is bound to pg_catalog when it is created, so it needs no search_path and can be inlined. Policies call
-- it as a sub-select, which runs once per statement and not once per row.
create function internal.current_user_id() returns uuid
language sql stable parallel safe
return nullif(current_setting('coffer.user_id', true), '')::uuid;
grant execute on function internal.current_user_id() to coffer_editor, coffer_admin;
comment on function internal.current_user_id() is 'User of this request; null when there is none.';

-- E-mail addresses are kept as they were given and are compared without case.
create table internal.users (
    id uuid primary key default gen_random_uuid(),
    email text not null check (email ~ '^[^\s@]+@[^\s@]+$' and octet_length(email) <= 254),
    password_hash text not null,
    role text not null check (role in ('editor', 'admin')),
    quota_bytes bigint check (quota_bytes >= 0),
    used_bytes bigint not null default 0 check (used_bytes >= 0),
    file_count bigint not null default 0 check (file_count >= 0),
    disabled_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create unique index users_email_key on internal.users (lower(email));

alter table internal.users enable row level security;
alter table internal.users force row level security;
create policy owner_all on internal.users to coffer_owner using (true) with check (true);
create policy editor_select_own on internal.users for select to coffer_editor
    using (id = (select internal.current_user_id()));
create policy admin_select_all on internal.users for select to coffer_admin using (true);

grant select (id, email, role, quota_bytes, used_bytes, file_count, disabled_at, created_at)
    on internal.users to coffer_editor, coffer_admin;
-- Deliberately not granted: password_hash, to anybody; insert, update and delete, as users change through functions.
comment on table internal.users is 'The accounts.';
comment on column internal.users.password_hash is 'bcrypt, cost 12; readable by the owner''s functions only.';
comment on column internal.users.quota_bytes is 'Most bytes the files may have together; null for no quota.';
comment on column internal.users.used_bytes is 'Bytes of the files together; kept by the triggers of internal.files.';
comment on column internal.users.file_count is 'Number of files; kept by the triggers of internal.files.';
comment on column internal.users.disabled_at is 'Since when the account is refused; null while it is not.';

-- A session is what a token names. Ending one is deleting its row, and the token stops working with it. It has the
-- user's role in it, and the trigger below ends it when anything changes in the account that a session rests on, so
-- that a request is decided by this one row: joining the user would make that question half again as slow.
create table internal.sessions (
    id uuid primary key default gen_random_uuid(),
    user_id uuid not null references internal.users on delete cascade,
    role text not null check (role in ('editor', 'admin')),
    created_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index sessions_user_id_idx on internal.sessions (user_id);

alter table internal.sessions enable row level security;
alter table internal.sessions force row level security;
create policy owner_all on internal.sessions to coffer_owner using (true) with check (true);
-- No grants: sessions are opened by login, ended by logout and by operator functions, and read by nobody.
comment on table internal.sessions is 'Open sessions; the row of an ended session is gone.';

create function internal.end_sessions() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.sessions s where s.user_id = new.id;
    return null;
end
$$;
-- Trigger functions need no grant, and have none.
comment on function internal.end_sessions() is 'Ends the sessions of a user whose account changed.';

create trigger changed after update of password_hash, role, disabled_at on internal.users
    for each row execute function internal.end_sessions();

-- Every request begins by asking for its session. The worker's statement reads this view itself, so that its plan is
-- kept: the same question inside a function takes twice as long. It shows no more than a role that can become any
-- request role with any claims has anyway.
create view internal.live_sessions as
select s.id, s.user_id, s.role, 'coffer_' || s.role as database_role
from internal.sessions s
where s.expires_at > now();
grant select on internal.live_sessions to coffer_authenticator;
-- Deliberately not granted to the request roles: who has become one cannot ask for another.
comment on view internal.live_sessions is 'Sessions that have neither ended nor expired, with the role they may take.';

create function internal.raise_session_ended() returns text
language plpgsql volatile set search_path = ''
as $$
begin
    raise exception using errcode = 'KF011', message = 'The session has ended.';
end
$$;
comment on function internal.raise_session_ended() is 'Raises KF011.';

-- Volatile, so that it is called only where there is no session, and never while planning; SQL, so that a statement
-- which names it does not load PL/pgSQL into a fresh connection.
create function internal.refuse_session() returns text
language sql volatile security definer set search_path = ''
return internal.raise_session_ended();
grant execute on function internal.refuse_session() to coffer_authenticator;
comment on function internal.refuse_session() is 'Raises KF011: the session ended, expired, or the user changed.';
