-- Users as admins manage them, by request as well as by the operator's command. What must hold and what must be
-- recorded is the work of triggers, so it does not matter who changes an account, or how.
set local role coffer_owner;

-- Two admins who disable or delete one another at the same moment must not both succeed, so such changes wait for each
-- other. The mode excludes itself only: uploads go on counting their files. A change of quota takes the lock because it
-- may change many rows, as the others may: two such changes then cannot wait for each other's rows.
create function internal.users_changing() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    lock table internal.users in share update exclusive mode;
    return null;
end
$$;
comment on function internal.users_changing() is 'Lets one change of accounts be made at a time.';

-- It was called by the operator's functions; now the table does, after an enabled admin has ceased to be one.
drop function internal.keep_an_admin();
create function internal.keep_an_admin() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if not exists (select from internal.users u where u.role = 'admin' and u.disabled_at is null) then
        raise exception using errcode = 'KF018', message = 'The last enabled admin has to stay.';
    end if;
    return null;
end
$$;
comment on function internal.keep_an_admin() is 'KF018 unless there is an enabled admin.';

create function internal.users_touched() returns trigger
language plpgsql volatile set search_path = ''
as $$
begin
    new.updated_at := now();
    return new;
end
$$;
comment on function internal.users_touched() is 'Keeps updated_at; what files add up to does not touch an account.';

create function internal.users_changed() returns trigger
language plpgsql volatile security definer set search_path = ''
as $$
begin
    if tg_op = 'INSERT' then
        perform internal.record('user_create', new.id, array[new.email]);
    elsif tg_op = 'DELETE' then
        perform internal.record('user_delete', old.id, array[old.email]);
    else
        perform internal.record(c.action, new.id, array[new.email])
        from (values
            ('user_password', new.password_hash <> old.password_hash),
            ('user_role', new.role <> old.role),
            ('user_disable', new.disabled_at is not null and old.disabled_at is null),
            ('user_enable', new.disabled_at is null and old.disabled_at is not null),
            ('user_quota', new.quota_bytes is distinct from old.quota_bytes)) as c (action, is_so)
        where c.is_so;
    end if;
    return null;
end
$$;
-- Trigger functions need no grant, and have none.
comment on function internal.users_changed() is 'Audits what happens to accounts.';

-- Those of one row fire in the order of their names: sessions end (0002: changed) before the audit log is written. All
-- name their columns, so that counting a file fires none.
create trigger changing before update of role, quota_bytes, disabled_at or delete on internal.users
    for each statement execute function internal.users_changing();
create trigger touched before update of email, password_hash, role, quota_bytes, disabled_at on internal.users
    for each row execute function internal.users_touched();
create trigger kept after update of role, disabled_at on internal.users
    for each row when (old.role = 'admin' and old.disabled_at is null
        and (new.role <> 'admin' or new.disabled_at is not null))
    execute function internal.keep_an_admin();
create trigger kept_at_deletion after delete on internal.users
    for each row when (old.role = 'admin' and old.disabled_at is null) execute function internal.keep_an_admin();
create trigger recorded after insert or delete or update of password_hash, role, quota_bytes, disabled_at
    on internal.users for each row execute function internal.users_changed();

-- Sessions end when the account changes that they rest on, and not when a value is set to what it is. Who changes their
-- own password goes on in the session in which they do.
create or replace function internal.end_sessions() returns trigger
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
drop trigger changed on internal.users;
create trigger changed after update of password_hash, role, disabled_at on internal.users
    for each row when (new.password_hash <> old.password_hash or new.role <> old.role
        or new.disabled_at is distinct from old.disabled_at)
    execute function internal.end_sessions();
comment on function internal.end_sessions() is
    'Ends the sessions of a user whose account changed, but not the one in which users change their own password.';

-- GET and PATCH /users.
create policy admin_update_all on internal.users for update to coffer_admin using (true) with check (true);
grant update (role, quota_bytes, disabled_at) on internal.users to coffer_admin;
-- Deliberately not granted: any other column, above all password_hash and the totals; insert and delete, for which
-- there are functions. An admin's rights over accounts are none over files: those policies stay as they are.

create view api.users with (security_invoker = true) as
select u.id, u.email, u.role, u.quota_bytes, u.used_bytes, u.file_count, u.disabled_at, u.created_at
from internal.users u;
grant select on api.users to coffer_editor, coffer_admin;
grant update (role, quota_bytes, disabled_at) on api.users to coffer_admin;
-- Deliberately not granted: anything to coffer_anonymous, and update to editors, of their own row either.
comment on view api.users is
    'Accounts: an editor''s own, for an admin everybody''s, who can change role, quota and state.';

-- What follows is shared by the operator's functions, which name users by e-mail, and the admins', which name them by
-- id. bcrypt takes a quarter of a second, so it comes before any lock.
create or replace function internal.create_user(p_email text, p_password text, p_role text, p_quota_bytes bigint)
returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_id uuid;
begin
    if p_email is null or p_email !~ '^[^\s@]+@[^\s@]+$' or octet_length(p_email) > 254 then
        raise exception using errcode = 'KF014', message = 'The e-mail address is not valid.';
    elsif p_role is null or p_role not in ('editor', 'admin') then
        raise exception using errcode = 'KF014', message = 'The role is editor or admin.';
    elsif p_quota_bytes < 0 then
        raise exception using errcode = 'KF014', message = 'The quota cannot be negative.';
    end if;
    insert into internal.users (email, password_hash, role, quota_bytes)
    values (p_email, internal.hash_password(p_email, p_password), p_role, p_quota_bytes)
    on conflict (lower(email)) do nothing
    returning id into v_id;
    if v_id is null then
        raise exception using errcode = 'KF026', message = 'There is a user with this e-mail address already.';
    end if;
    return v_id;
end
$$;
comment on function internal.create_user(text, text, text, bigint) is
    'New account; null is no quota. KF014 for an argument that is not valid, KF017 for the password, KF026 for an '
    'e-mail that is taken.';

create function internal.replace_password(p_user_id uuid, p_email text, p_password text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_hash constant text := internal.hash_password(p_email, p_password);
begin
    update internal.users u set password_hash = v_hash where u.id = p_user_id;
    if not found then
        raise exception using errcode = 'KF027', message = 'User not found.';
    end if;
end
$$;
comment on function internal.replace_password(uuid, text, text) is
    'New password of a user; KF017 when it breaks a rule, KF027 when the user is gone. Sessions end by a trigger.';

create function internal.remove_user(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    lock table internal.users in share update exclusive mode;
    perform from internal.users u where u.id = p_user_id for update;
    if not found then
        raise exception using errcode = 'KF027', message = 'User not found.';
    end if;
    -- They would go with the user, but after the audit log was written, whose locks come last. The triggers of files
    -- discard the blobs.
    delete from internal.sessions s where s.user_id = p_user_id;
    delete from internal.files f where f.user_id = p_user_id;
    delete from internal.users u where u.id = p_user_id;
end
$$;
comment on function internal.remove_user(uuid) is
    'Removes a user with sessions and files, and discards the blobs. KF018 for the last enabled admin, KF027 when '
    'there is no such user.';

-- The operator's functions, less what triggers do now.
create or replace function internal.set_password(p_email text, p_password text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    select u.* into v_user from internal.users u where lower(u.email) = lower(p_email);
    if not found then
        raise exception using errcode = 'KF014', message = 'There is no user with this e-mail address.';
    end if;
    perform internal.replace_password(v_user.id, v_user.email, p_password);
end
$$;

create or replace function internal.set_disabled(p_email text, p_disabled boolean) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    lock table internal.users in share update exclusive mode;
    v_user := internal.user_by_email(p_email);
    if p_disabled is null then
        raise exception using errcode = 'KF014', message = 'Disabled is true or false.';
    elsif p_disabled = (v_user.disabled_at is not null) then
        return;
    end if;
    update internal.users u set disabled_at = case when p_disabled then now() end where u.id = v_user.id;
end
$$;

create or replace function internal.set_role(p_email text, p_role text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    lock table internal.users in share update exclusive mode;
    v_user := internal.user_by_email(p_email);
    if p_role is null or p_role not in ('editor', 'admin') then
        raise exception using errcode = 'KF014', message = 'The role is editor or admin.';
    end if;
    update internal.users u set role = p_role where u.id = v_user.id;
end
$$;

create or replace function internal.set_quota(p_email text, p_quota_bytes bigint) returns void
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
begin
    lock table internal.users in share update exclusive mode;
    v_user := internal.user_by_email(p_email);
    if p_quota_bytes < 0 then
        raise exception using errcode = 'KF014', message = 'The quota cannot be negative.';
    end if;
    update internal.users u set quota_bytes = p_quota_bytes where u.id = v_user.id;
end
$$;

create or replace function internal.delete_user(p_email text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    -- Before the user's row, as always.
    lock table internal.users in share update exclusive mode;
    perform internal.remove_user((internal.user_by_email(p_email)).id);
end
$$;

-- The admins' functions. The grants decide who may call them; they touch rows of others, but never a file's.
create function api.create_user(p_email text, p_password text, p_role text, p_quota_bytes bigint) returns uuid
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return internal.create_user(p_email, p_password, p_role, p_quota_bytes);
end
$$;
grant execute on function api.create_user(text, text, text, bigint) to coffer_admin;
comment on function api.create_user(text, text, text, bigint) is
    'New account and its id; p_quota_bytes null is no quota. KF014 for an argument, KF017 for the password, KF026 when '
    'the e-mail is taken.';

create function api.reset_password(p_user_id uuid, p_new_password text) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform internal.replace_password(p_user_id,
        (select u.email from internal.users u where u.id = p_user_id), p_new_password);
end
$$;
grant execute on function api.reset_password(uuid, text) to coffer_admin;
comment on function api.reset_password(uuid, text) is
    'New password of any user; ends their sessions. KF017 for the password, KF027 when there is no such user.';

create function api.delete_user(p_user_id uuid) returns void
language plpgsql volatile security definer set search_path = ''
as $$
begin
    perform internal.remove_user(p_user_id);
end
$$;
grant execute on function api.delete_user(uuid) to coffer_admin;
-- Deliberately not granted to editors: these three.
comment on function api.delete_user(uuid) is
    'Deletes a user with all files, whose blobs are discarded in the same transaction. KF018 for the last enabled '
    'admin, KF027 when there is no such user.';

-- A wrong current password counts as a failed login to the account: who has found an open session shall not guess on.
create function api.change_password(p_current_password text, p_new_password text)
returns table (changed boolean, retry_after integer)
language plpgsql volatile security definer set search_path = ''
as $$
declare
    v_user internal.users;
    v_account bytea;
    v_hash text;
begin
    select u.* into v_user from internal.users u where u.id = internal.current_user_id();
    if not found then
        raise exception using errcode = 'KF011', message = 'The session has ended.';
    end if;
    v_account := internal.login_account(v_user.email);
    changed := false;
    retry_after := internal.login_retry_after(v_account, null);
    if retry_after is null then
        changed := coalesce(
            extensions.crypt(p_current_password, v_user.password_hash) = v_user.password_hash
                and octet_length(p_current_password) <= 72, false);
        perform internal.lock_login(v_account, null);
        retry_after := internal.login_retry_after(v_account, null);
    end if;
    if retry_after is not null then
        changed := false;
    elsif not changed then
        perform internal.count_login_failure(v_account, null, v_user.id);
    else
        -- Only now, or the rules of the new password would tell during a block that the current one is right.
        v_hash := internal.hash_password(v_user.email, p_new_password);
        perform internal.forgive_login_failures(v_account);
        -- What an admin has changed while bcrypt worked is not undone by who knew the password before.
        update internal.users u set password_hash = v_hash
        where u.id = v_user.id and u.password_hash = v_user.password_hash and u.disabled_at is null;
        changed := found;
    end if;
    return next;
end
$$;
grant execute on function api.change_password(text, text) to coffer_editor, coffer_admin;
comment on function api.change_password(text, text) is
    'Changes the current user''s password and ends their other sessions; false when the current one is wrong, with '
    'retry_after (seconds) when too many were. KF017 when the new one breaks a rule.';

-- A download that is recorded. It writes, and so waits for the disk and for other records of the same user; the worker
-- calls it in the place of api.retrieve_file only where the operator wants that.
create function api.retrieve_file_audited(p_file_path text)
returns table (file_path text, content_type text, size_bytes bigint, sha256 text, blob text, updated_at bigint)
language plpgsql volatile security definer set search_path = ''
as $$
begin
    return query
        select b.file_path::text, b.content_type, b.size_bytes, b.sha256, b.blob, b.updated_at
        from internal.own_blobs b
        where b.file_path = normalize(p_file_path, NFC);
    if found then
        perform internal.record('retrieve', internal.current_user_id(), array[normalize(p_file_path, NFC)]);
    end if;
end
$$;
grant execute on function api.retrieve_file_audited(text) to coffer_editor, coffer_admin;
comment on function api.retrieve_file_audited(text) is 'api.retrieve_file, with a row in the audit log.';
