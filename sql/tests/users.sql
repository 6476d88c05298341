-- What admins can and cannot do to accounts.
begin;
\ir setup.psql
select plan(60);

create function pg_temp.as_admin(p_sql text) returns text language sql as $$
    select pg_temp.failure('coffer_admin', '00000000-0000-4000-8000-00000000000a', p_sql)
$$;
create function pg_temp.patched(p_set text, p_role text = 'coffer_admin',
    p_user uuid = '00000000-0000-4000-8000-00000000000a')
returns text language sql as $$
    select pg_temp.attempt(p_role, p_user, format($sql$
        with changed as (update api.users set %s where users.email = 'Editor@test.invalid' returning *)
        select string_agg(concat_ws(' ', changed.role, changed.quota_bytes, changed.disabled_at is null), ', ')
        from changed$sql$, p_set))
$$;
create function pg_temp.audited(p_user uuid) returns text language sql as $$
    select string_agg(concat_ws(' ', action, case when actor_id is not null then 'by ' || right(actor_id::text, 1) end),
        ', ' order by id) from internal.audit_log where user_id = p_user and action like 'user_%'
$$;
create function pg_temp.sessions(p_user uuid) returns int language sql as $$
    select count(*)::int from internal.sessions where user_id = p_user
$$;
create function pg_temp.log_in(p_user uuid) returns uuid language sql as $$
    insert into internal.sessions (user_id, role, expires_at)
    select id, role, now() + interval '1 hour' from internal.users where id = p_user returning id
$$;

-- Reading.
select is(pg_temp.attempt('coffer_editor', :editor, 'select string_agg(email, '' '') from api.users'),
    'Editor@test.invalid',
    'an editor sees their own account');
select is(pg_temp.attempt('coffer_admin', :admin, 'select count(*) from api.users'),
    (select count(*)::text from internal.users), 'an admin sees all accounts');
select is(pg_temp.attempt('coffer_anonymous', null, 'select count(*) from api.users'), '42501',
    'an anonymous client sees no account');
select is(pg_temp.attempt('coffer_admin', :admin, 'select password_hash from api.users'), '42703',
    'an admin cannot read a password hash');

-- Changing, with the worker's statements.
select pg_temp.log_in(:editor) as session \gset
select is(pg_temp.patched('quota_bytes = ''100'''), 'editor 100 t', 'an admin sets a quota');
select is(pg_temp.sessions(:editor), 1, 'a quota ends no session');
select is(pg_temp.patched('quota_bytes = null'), 'editor t', 'an admin removes a quota');
select is(pg_temp.patched(
    'role = ''editor'', disabled_at = case when ''false''::boolean then coalesce(users.disabled_at, now()) end'),
    'editor t', 'an admin sets what is already set');
select is(pg_temp.sessions(:editor), 1, 'setting what is already set ends no session');
select is(pg_temp.patched('role = ''admin'''), 'admin t', 'an admin makes an admin');
select is(pg_temp.sessions(:editor), 0, 'a new role ends the sessions');
select is(pg_temp.patched(
    'role = ''editor'', disabled_at = case when ''true''::boolean then coalesce(users.disabled_at, now()) end'),
    'editor f', 'an admin disables an account');
select is(pg_temp.patched('disabled_at = null'), 'editor t', 'an admin enables an account');
select is(pg_temp.audited(:editor), 'user_create, user_quota by a, user_quota by a, user_role by a, user_role by a, '
    'user_disable by a, user_enable by a', 'each change is recorded once, with its actor');
select is((select count(*)::int from internal.users where id = :editor and updated_at = now()), 1,
    'the time of the change is set');
select is(pg_temp.patched('role = ''owner''') || ' ' || pg_temp.patched('quota_bytes = -1'), '23514 23514',
    'an invalid role and a negative quota are refused');
select is(pg_temp.patched('email = ''x@y'''), '42501', 'an admin cannot change an e-mail address');
select is(pg_temp.patched('used_bytes = 0'), '0A000', 'an admin cannot change a total');
select is(pg_temp.patched('quota_bytes = null', 'coffer_editor', :editor), '42501',
    'an editor cannot change an account');
select is(pg_temp.attempt('coffer_admin', :admin, 'delete from api.users'), '42501',
    'an admin cannot delete rows of accounts');

-- Creating.
select is(pg_temp.as_admin('select api.create_user(''new@test.invalid'', ''good enough'', ''editor'', 7)'),
    'no failure');
select is((select role || ' ' || quota_bytes from internal.users where email = 'new@test.invalid'), 'editor 7',
    'an admin creates an account');
select is((select actor_id from internal.audit_log where action = 'user_create' and subject = 'new@test.invalid'),
    :admin,
    'the new account is recorded');
select is(pg_temp.as_admin('select api.create_user(''NEW@test.invalid'', ''good enough'', ''editor'', null)'),
    '23505 There is a user with this e-mail address already.');
select is(pg_temp.as_admin('select api.create_user(''more@test.invalid'', ''short'', ''editor'', null)'),
    'KF017 A password has at least 10 characters.');
select is(pg_temp.as_admin('select api.create_user(''more'', ''good enough'', ''editor'', null)'),
    'KF014 The e-mail address is not valid.');
select is(pg_temp.as_admin('select api.create_user(''more@test.invalid'', ''good enough'', ''root'', null)'),
    'KF014 The role must be editor or admin.');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select api.create_user(''more@test.invalid'', ''good enough'', ''admin'', null)'), '42501',
    'an editor cannot create an account');

-- Resetting a password.
select pg_temp.log_in(:editor) as session \gset
select is(pg_temp.as_admin('select api.reset_password(''00000000-0000-4000-8000-00000000000e'', ''short'')'),
    'KF017 A password has at least 10 characters.');
select is(pg_temp.sessions(:editor), 1);
select is(pg_temp.as_admin('select api.reset_password(''00000000-0000-4000-8000-00000000000e'', ''a new password'')'),
    'no failure');
select is(pg_temp.sessions(:editor), 0, 'a reset password ends the sessions');
select is(pg_temp.attempt('coffer_anonymous', null,
    'select count(token) from api.login(''editor@test.invalid'', ''a new password'')'), '1',
    'a reset password is accepted');
select is(pg_temp.as_admin('select api.reset_password(gen_random_uuid(), ''a new password'')'),
    'KF027 User not found.');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select api.reset_password(''00000000-0000-4000-8000-00000000000f'', ''a new password'')'), '42501',
    'an editor cannot reset a password');

-- An admin has no rights over other users' files.
select isnt(pg_temp.store(:other, 'secret/file', 'content'), null);
select is(pg_temp.attempt('coffer_admin', :admin, 'select count(*) from api.files where file_path = ''secret/file'''),
    '1',
    'an admin sees the row of another user''s file');
select is(pg_temp.attempt('coffer_admin', :admin, format('select (select count(*) from api.%s)', f)), '0',
    f || ' gives an admin none')
from unnest('{retrieve_file(''secret/file''),retrieve_file_audited(''secret/file''),
    "list_folder(''secret'', 9, null)"}'::text[]) f;
select is(pg_temp.attempt('coffer_admin', :admin,
    'with c as (update api.files set file_path = ''x'' where file_path = ''secret/file'' returning 1)
    select count(*) from c'),
    '0', 'an admin cannot move another user''s file');
select is(pg_temp.attempt('coffer_admin', :admin, 'select api.move_folder(''secret'', ''mine'')'), '0',
    'an admin cannot move another user''s folder');

-- Deleting.
select pg_temp.log_in(:other) as session \gset
select is(pg_temp.attempt('coffer_editor', :editor, 'select api.delete_user(''00000000-0000-4000-8000-00000000000f'')'),
    '42501',
    'an editor cannot delete an account');
select is(pg_temp.as_admin('select api.delete_user(''00000000-0000-4000-8000-00000000000f'')'), 'no failure');
select is((select reason from internal.garbage where blob = md5('content' || :other)), 'deleted',
    'deleting a user lists the blobs as garbage');
select is((select string_agg(action, ' ' order by position) from internal.audit_log where chain = :other),
    'user_create store delete user_delete', 'the audit log has the deleted user''s chain');
select is(pg_temp.as_admin('select api.delete_user(''00000000-0000-4000-8000-00000000000f'')'),
    'KF027 User not found.');

-- The last admin, in every way. All others become editors first; a disabled admin does not count.
update internal.users set role = 'editor' where role = 'admin' and id <> :admin;
insert into internal.users (email, password_hash, role, disabled_at) values ('off@test.invalid', 'x', 'admin', now());
select is(pg_temp.as_admin(s), 'KF018 The last enabled admin must remain.', s)
from unnest(array['update api.users set role = ''editor''',
    'update api.users set disabled_at = now() where role = ''admin''',
    'select api.delete_user(''00000000-0000-4000-8000-00000000000a'')']) s;
select throws_ok('delete from internal.users', 'KF018', null, 'a superuser cannot delete the last admin');

-- A file has a user, whoever inserts it.
select throws_ok(
    format('insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
        select u.id, ''stray'', ''text/plain'', 1, sha256(''x''), md5(u.id::text) from unnest(%L::uuid[]) as u (id)',
        s.users),
    '23503', 'A file has no user.', 'a file of no user is refused, alone and among others')
from unnest(array[
    '{00000000-0000-4000-8000-00000000dead}', format('{%s,00000000-0000-4000-8000-00000000dead}', :admin)
]) as s (users);
select is(pg_temp.as_admin('update api.users
    set role = case role when ''admin'' then ''editor'' else ''admin'' end, disabled_at = null'),
    'no failure', 'admins and editors can change places in one statement');

-- Sessions, for the operator.
delete from internal.sessions;
select pg_temp.log_in(:editor) as one, pg_temp.log_in(:editor) as two, pg_temp.log_in(:admin) as three \gset
select is((select string_agg(email || ' ' || role, ', ') from internal.list_sessions(null)),
    'admin@test.invalid editor, Editor@test.invalid admin, Editor@test.invalid admin', 'all sessions are listed');
select is((select count(*)::int from internal.list_sessions('EDITOR@test.invalid')), 2,
    'the sessions of one user are listed');
select is(internal.revoke_session(:'one') || ' ' || internal.revoke_session(:'one'), 'true false',
    'a session can be ended once');
select is(internal.revoke_sessions('editor@test.invalid') || ' ' || internal.revoke_sessions('editor@test.invalid'),
    '1 0',
    'all sessions of a user can be ended');
select is((select string_agg(subject, ' ') from internal.audit_log where action = 'session_revoke'),
    'Editor@test.invalid Editor@test.invalid', 'ended sessions are recorded');
select is_empty('select * from internal.verify_audit()', 'the chains of the audit log have no problem');

select * from finish();
rollback;
