-- What the operator's functions do, what they refuse, and that they end sessions.
begin;
\ir setup.psql
select plan(33);

create function pg_temp.operator(p_sql text) returns text language sql as $$
    select pg_temp.failure('coffer_owner', null, p_sql)
$$;
-- Opens a session for the user, runs a statement, and returns its failure and the number of sessions.
create function pg_temp.sessions_after(p_sql text, p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text
language plpgsql as $$
declare
    outcome text;
begin
    insert into internal.sessions (user_id, role, expires_at)
    select id, role, now() + interval '1 hour' from internal.users where id = p_user;
    outcome := pg_temp.operator(p_sql);
    return outcome || ', ' || (select count(*) from internal.sessions where user_id = p_user) || ' sessions';
end
$$;

-- Passwords.
select is(pg_temp.operator($$ select internal.create_user('new@test.invalid', 'too short', 'editor', null) $$),
    'KF017 A password has at least 10 characters.');
select is(pg_temp.operator($$ select internal.create_user('new@test.invalid', repeat('é', 37), 'editor', null) $$),
    'KF017 A password has at most 72 bytes.');
select is(pg_temp.operator($$ select internal.create_user('new@test.invalid', 'NEW@test.invalid', 'editor', null) $$),
    'KF017 The password must not be the e-mail address.');
select is(pg_temp.operator($$ select internal.create_user('new@test.invalid', null, 'editor', null) $$),
    'KF017 A password has at least 10 characters.');
-- Users.
select is(pg_temp.operator($$ select internal.create_user('new', 'good enough', 'editor', null) $$),
    'KF014 The e-mail address is not valid.');
select is(pg_temp.operator($$ select internal.create_user('new@test.invalid', 'good enough', 'owner', null) $$),
    'KF014 The role must be editor or admin.');
select is(pg_temp.operator($$ select internal.create_user('new@test.invalid', 'good enough', 'editor', -1) $$),
    'KF014 The quota cannot be negative.');
select is(pg_temp.operator($$ select internal.create_user('EDITOR@test.invalid', 'good enough', 'editor', null) $$),
    '23505 There is a user with this e-mail address already.');
select is(pg_temp.operator($$ select internal.create_user('new@test.invalid', 'good enough', 'editor', 1000) $$),
    'no failure');
select matches((select password_hash from internal.users where email = 'new@test.invalid'), '^\$2a\$12\$',
    'a password is stored as bcrypt of cost 12');
select is(pg_temp.attempt('coffer_anonymous', null,
    $$ select count(*) from api.login('new@test.invalid', 'good enough') $$), '1', 'a new user can log in');
select is(pg_temp.attempt('coffer_admin', :admin,
    $$ select internal.create_user('more@test.invalid', 'good enough', 'admin', null) $$), '42501',
    'no request role can call these functions');

-- Changes end sessions.
select is(pg_temp.sessions_after($$ select internal.set_role('editor@test.invalid', 'editor') $$),
    'no failure, 1 sessions',
    'setting the same role ends no session');
select is(pg_temp.sessions_after($$ select internal.set_password('editor@test.invalid', 'short') $$),
    'KF017 A password has at least 10 characters., 2 sessions', 'a refused password ends no session');
select is(pg_temp.sessions_after($$ select internal.set_password('editor@test.invalid', 'another password') $$),
    'no failure, 0 sessions',
    'a new password ends the sessions');
select is(pg_temp.attempt('coffer_anonymous', null,
    $$ select count(*) from api.login('editor@test.invalid', 'another password') $$), '1',
    'the new password is accepted');
select is(pg_temp.attempt('coffer_anonymous', null,
    $$ select count(*) from api.login('editor@test.invalid', 'editor password') $$), '0',
    'the old password is refused');
select is(pg_temp.sessions_after($$ select internal.set_role('editor@test.invalid', 'admin') $$),
    'no failure, 0 sessions',
    'a new role ends the sessions');
select is(pg_temp.sessions_after($$ select internal.set_disabled('editor@test.invalid', true) $$),
    'no failure, 0 sessions',
    'disabling ends the sessions');
select is(pg_temp.attempt('coffer_anonymous', null,
    $$ select count(*) from api.login('editor@test.invalid', 'another password') $$), '0',
        'a disabled user cannot log in');
select is(pg_temp.operator($$ select internal.set_disabled('editor@test.invalid', false) $$), 'no failure');
select is(pg_temp.attempt('coffer_anonymous', null,
    $$ select count(*) from api.login('editor@test.invalid', 'another password') $$), '1',
    'an enabled user can log in');

-- Deleting.
select isnt(pg_temp.store(:other, 'file', 'content'), null);
select is(pg_temp.sessions_after($$ select internal.delete_user('other@test.invalid') $$, :other),
    'no failure, 0 sessions',
    'deleting a user ends the sessions');
select is((select count(*)::int from internal.files where user_id = :other), 0, 'deleting a user deletes the files');
select is((select reason from internal.garbage where blob = md5('content' || :other)), 'deleted',
    'deleting a user lists the blobs as garbage');

-- The last admin: all other admins become editors first.
update internal.users set role = 'editor' where role = 'admin' and id <> :admin;
select is(pg_temp.operator($$ select internal.set_role('admin@test.invalid', 'editor') $$),
    'KF018 The last enabled admin must remain.', 'the last admin cannot be demoted');
select is(pg_temp.operator($$ select internal.set_disabled('admin@test.invalid', true) $$),
    'KF018 The last enabled admin must remain.', 'the last admin cannot be disabled');
select is(pg_temp.operator($$ select internal.delete_user('admin@test.invalid') $$),
    'KF018 The last enabled admin must remain.', 'the last admin cannot be deleted');
select is((select role || coalesce(disabled_at::text, '') from internal.users where id = :admin), 'admin',
    'the last admin is unchanged');
select is(pg_temp.operator($$ select internal.set_role('new@test.invalid', 'admin') $$), 'no failure');
select is(pg_temp.operator($$ select internal.delete_user('admin@test.invalid') $$), 'no failure',
    'an admin can be deleted if another one is enabled');
select is(pg_temp.operator($$ select internal.set_password('admin@test.invalid', 'good enough') $$),
    'KF014 There is no user with this e-mail address.', 'a deleted user is unknown');

select * from finish();
rollback;
