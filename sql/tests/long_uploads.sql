-- Sessions that expire while a request lasts, and how many bytes an upload may have.
begin;
\ir setup.psql
select plan(24);

\set session '\'00000000-0000-4000-8000-000000000001\''
insert into internal.sessions (id, user_id, role, expires_at) values (:session, :editor, 'editor',
    now() + interval '1 hour');

-- The role of the session for a request of this age, as the worker calls it.
create function pg_temp.admitted(p_age bigint, p_user uuid = '00000000-0000-4000-8000-00000000000e',
    p_role text = 'editor') returns text language sql as $$
    select pg_temp.attempt('coffer_authenticator', null, format('select internal.admitted_role(%L, %L, %L, %s)',
        '00000000-0000-4000-8000-000000000001', p_user, p_role, p_age))
$$;
create function pg_temp.expire(p_ago interval) returns void language sql as $$
    update internal.sessions set expires_at = now() - p_ago where id = '00000000-0000-4000-8000-000000000001'
$$;
create function pg_temp.session_exists() returns boolean language sql as $$
    select exists (select from internal.sessions where id = '00000000-0000-4000-8000-000000000001')
$$;

select is(pg_temp.admitted(0), 'coffer_editor', 'a live session is admitted');
select pg_temp.expire('10 seconds') as done \gset
select is(pg_temp.admitted(0), 'KF011', 'an expired session is not admitted');
select is(pg_temp.admitted(9999), 'KF011', 'an expired session is not admitted for a request that began later');
select is(pg_temp.admitted(10001), 'coffer_editor',
    'an expired session is admitted for a request that began before it expired');
select is(pg_temp.admitted(-1), 'KF011', 'a negative age is not accepted');
select is(pg_temp.admitted(10001, :other), 'KF011', 'another user''s session is not admitted');
select is(pg_temp.admitted(10001, :editor, 'admin'), 'KF011', 'a session is not admitted in another role');
select pg_temp.expire('7 days 1 second') as done \gset
select is(pg_temp.admitted(9223372036854775807), 'KF011', 'a request lasts at most a week');

select pg_temp.expire('6 days') as done \gset
select is(pg_temp.admitted(6 * 86400000 + 1000), 'coffer_editor');
select isnt(pg_temp.attempt('coffer_anonymous', null,
    'select token from api.login(''editor@test.invalid'', ''editor password'')'),
    null, 'the user can log in again');
update internal.collection_schedule set due_at = now();
select isnt(pg_temp.attempt('coffer_authenticator', null, 'select count(*) from internal.collect_batch(60, 100)'), '0');
select is(pg_temp.attempt('coffer_owner', null, 'select count(*) from internal.delete_expired()'), '1');
select ok(pg_temp.session_exists(), 'an expired session is kept by a login, a worker''s batch and gc');
select pg_temp.expire('7 days 1 second') as done \gset
select is(pg_temp.attempt('coffer_owner', null, 'select f.sessions >= 1 from internal.delete_expired() f'), 'true');
select ok(not pg_temp.session_exists(), 'a session that expired longer ago than an upload may take is deleted');

insert into internal.sessions (id, user_id, role, expires_at) values (:session, :editor, 'editor',
    now() - interval '1 second');
select is(pg_temp.admitted(2000), 'coffer_editor');
select is(pg_temp.attempt('coffer_owner', null,
    'select internal.set_password(''editor@test.invalid'', ''another password'')'), '');
select is(pg_temp.admitted(2000), 'KF011', 'a new password ends expired sessions as well');

-- As on an installation that keeps nothing; trash.sql has the others.
select set_config('coffer.trash_days', '0', true), set_config('coffer.version_days', '0', true) \g /dev/null

-- The room for an upload.
create function pg_temp.room(p_path text) returns text language sql as $$
    select pg_temp.attempt('coffer_editor', '00000000-0000-4000-8000-00000000000e',
        format('select api.upload_room(%L)', p_path))
$$;
select isnt(pg_temp.store(:editor, 'a', '12345'), null);
select is(pg_temp.room('a'), null, 'without a quota there is no limit');
update internal.users set quota_bytes = 12 where id = :editor;
select is(pg_temp.room('b'), '7', 'an upload has room for what is left of the quota');
select is(pg_temp.room('a'), '12', 'an upload that replaces a file has room for that file''s bytes as well');
update internal.users set quota_bytes = 3 where id = :editor;
select is(pg_temp.room('a'), '5', 'over the quota a file has room for its own bytes');
select is(pg_temp.room('b'), '0');

select * from finish();
rollback;
