-- Accounts: who sees them, and the rules and records that hold for every change, however it is made.
set local role coffer_owner;

create policy editor_select_own on internal.users for select to coffer_editor
    using (id = (select internal.current_user_id()));
create policy admin_select_all on internal.users for select to coffer_admin using (true);
create policy admin_update_all on internal.users for update to coffer_admin using (true) with check (true);
grant select (id, email, role, quota_bytes, disabled_at, created_at)
    on internal.users to coffer_editor, coffer_admin;
grant update (role, quota_bytes, disabled_at) on internal.users to coffer_admin;
-- Deliberately not granted: any other column, above all password_hash; insert and delete, for which
-- there are functions. An admin has no rights over other users' files.
comment on table internal.users is 'The accounts.';
comment on column internal.users.email is 'In NFC; compared without case.';
comment on column internal.users.password_hash is 'bcrypt, cost 12; only the owner''s functions can read it.';
comment on column internal.users.quota_bytes is 'Most bytes that the files may have together; null for no quota.';
comment on column internal.users.disabled_at is 'Since when the account cannot log in; null if it can.';
comment on column internal.users.rehashed_at is
    'When a login replaced the hash by one of the same password in its normal form; null if none did.';

-- The totals are sub-selects, because a join would make the view read-only.
create view api.users with (security_invoker = true) as
select u.id, u.email, u.role, u.quota_bytes,
    (select l.used_bytes::bigint from internal.ledgers l where l.user_id = u.id) as used_bytes,
    (select l.file_count::bigint from internal.ledgers l where l.user_id = u.id) as file_count,
    u.disabled_at, u.created_at,
    (select l.trash_bytes::bigint from internal.ledgers l where l.user_id = u.id) as trash_bytes,
    (select l.version_bytes::bigint from internal.ledgers l where l.user_id = u.id) as version_bytes
from internal.users u;
grant select on api.users to coffer_editor, coffer_admin;
grant update (role, quota_bytes, disabled_at) on api.users to coffer_admin;
-- Deliberately not granted: anything to coffer_anonymous; update to editors, even of their own row.
comment on view api.users is
    'Accounts: an editor''s own; for an admin all, whose role, quota and state an admin can change.';

-- Two admins who disable or delete each other at the same moment must not both succeed, so such changes wait for each
-- other. The lock mode does not conflict with the row locks of uploads. Changes of quotas take the lock as well: like
-- the others they may change many rows, and two of them could otherwise deadlock.
create function internal.lock_users() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    lock table internal.users in share update exclusive mode;
    return null;
end
$$;
comment on function internal.lock_users() is 'Makes changes of accounts wait for each other. A trigger.';

create function internal.require_enabled_admin() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not exists (select from internal.users u where u.role = 'admin' and u.disabled_at is null) then
        raise exception using errcode = 'KF018', message = 'The last enabled admin must remain.';
    end if;
    return null;
end
$$;
comment on function internal.require_enabled_admin() is 'KF018 unless there is an enabled admin. A trigger.';

create function internal.set_updated_at() returns trigger
language plpgsql volatile set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
comment on function internal.set_updated_at() is 'Sets updated_at to the time of the transaction. A trigger.';

create function internal.audit_change() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        perform internal.record('user_create', new.id, new.email);
    elsif tg_op = 'DELETE' then
        perform internal.record('user_delete', old.id, old.email);
    else
        perform internal.record(c.action, new.id, new.email)
        from (values
            ('user_password', new.password_hash <> old.password_hash
                and new.rehashed_at is not distinct from old.rehashed_at),
            ('user_role', new.role <> old.role),
            ('user_disable', new.disabled_at is not null and old.disabled_at is null),
            ('user_enable', new.disabled_at is null and old.disabled_at is not null),
            ('user_quota', new.quota_bytes is distinct from old.quota_bytes)) as c (action, is_so)
        where c.is_so;
    end if;
    return null;
end
$$;
comment on function internal.audit_change() is 'Records each change of an account in the audit log. A trigger.';

-- Setting a value to what it already is ends no session. Users who change their own password keep the session of that
-- request.
create function internal.end_sessions() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    delete from internal.sessions s
    where s.user_id = new.id
        and (new.role <> old.role or new.disabled_at is distinct from old.disabled_at
            or new.id is distinct from internal.current_user_id()
            or s.id is distinct from nullif(current_setting('coffer.session_id', true), '')::uuid);
    return null;
end
$$;
comment on function internal.end_sessions() is
    'Ends the sessions of a user whose account changed, except the one in which users change their own password. A '
    'trigger.';

-- Triggers of one row fire in the order of their names. The audit log is written last, hence `then_`.
create trigger lock_users before update of role, quota_bytes, disabled_at or delete on internal.users
    for each statement execute function internal.lock_users();
create trigger set_updated_at before update of email, password_hash, role, quota_bytes, disabled_at on internal.users
    for each row execute function internal.set_updated_at();
create trigger end_sessions after update of password_hash, role, disabled_at on internal.users
    for each row when (new.role <> old.role or new.disabled_at is distinct from old.disabled_at
        or (new.password_hash <> old.password_hash and new.rehashed_at is not distinct from old.rehashed_at))
    execute function internal.end_sessions();
create trigger require_enabled_admin after update of role, disabled_at on internal.users
    for each row when (old.role = 'admin' and old.disabled_at is null
        and (new.role <> 'admin' or new.disabled_at is not null))
    execute function internal.require_enabled_admin();
create trigger require_enabled_admin_at_deletion after delete on internal.users
    for each row when (old.role = 'admin' and old.disabled_at is null)
    execute function internal.require_enabled_admin();
create trigger then_audit_change after insert or delete or update of password_hash, role, quota_bytes, disabled_at
    on internal.users for each row execute function internal.audit_change();
-- Trigger functions need no grant, and have none.
