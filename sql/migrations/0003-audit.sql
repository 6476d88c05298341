-- Who did what, and when. Rows outlive the users and files they speak of, hence no foreign keys. Whoever adds a row
-- says what happened to whom; the columns' defaults say in which request.
set local role coffer_owner;

create table internal.audit_log (
    id bigint generated always as identity primary key,
    occurred_at timestamptz not null default now(),
    actor_id uuid default internal.current_user_id(),
    user_id uuid,
    action text not null check (action in (
        'login', 'login_failed', 'logout', 'store', 'move', 'delete',
        'user_create', 'user_password', 'user_disable', 'user_enable', 'user_role', 'user_quota', 'user_delete',
        'key_rotate', 'key_retire')),
    subject text,
    request_id text default nullif(current_setting('coffer.request_id', true), ''),
    remote_address text default nullif(current_setting('coffer.remote_address', true), '')
);
create index audit_log_user_id_idx on internal.audit_log (user_id, id);

alter table internal.audit_log enable row level security;
alter table internal.audit_log force row level security;
create policy owner_read on internal.audit_log for select to coffer_owner using (true);
create policy owner_add on internal.audit_log for insert to coffer_owner with check (true);
-- No policy for update or delete: what is written stays. No grants: rows come from functions and triggers.
comment on table internal.audit_log is 'Append-only record of log-ins and changes.';
comment on column internal.audit_log.actor_id is 'Who did it; null for the operator and for strangers.';
comment on column internal.audit_log.user_id is 'Whose account or file it was; null when there is no such account.';
comment on column internal.audit_log.subject is
    'Path of the file, e-mail of the account or kid of the key. What was typed at a failed login is not kept: it '
    'may be a password in the wrong field.';
