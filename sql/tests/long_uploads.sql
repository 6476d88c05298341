-- Sessions that expire while a request lasts, and the room that there is for an upload.
begin;
\ir setup.psql
select plan(24);

\set session '\'00000000-0000-4000-8000-000000000001\''
insert into internal.sessions (id, user_id, role, expires_at) values (:session, :editor, 'editor', now() + interval '1 hour');

-- What the worker asks of a session of this age of request.
create function pg_temp.admitted(p_age bigint, p_user uuid = '00000000-0000-4000-8000-00000000000e',
    p_role text = 'editor') returns text language sql as $$
    select pg_temp.attempt('coffer_authenticator', null, format('select internal.admitted_role(%L, %L, %L, %s)',
        '00000000-0000-4000-8000-000000000001', p_user, p_role, p_age))
$$;
create function pg_temp.expire(p_ago interval) returns void language sql as $$
    update internal.sessions set expires_at = now() - p_ago where id = '00000000-0000-4000-8000-000000000001'
$$;
create function pg_temp.is_kept() returns boolean language sql as $$
    select exists (select from internal.sessions where id = '00000000-0000-4000-8000-000000000001')
$$;

select is(pg_temp.admitted(0), 'coffer_editor', 'a live session is admitted');
select pg_temp.expire('10 seconds') as done \gset
select is(pg_temp.admitted(0), 'KF011', 'an expired one is not');
select is(pg_temp.admitted(9999), 'KF011', 'nor for a request that began later');
select is(pg_temp.admitted(10001), 'coffer_editor', 'but for one that began before');
select is(pg_temp.admitted(-1), 'KF011', 'and not for one of the future');
select is(pg_temp.admitted(10001, :other), 'KF011', 'nor for somebody else');
select is(pg_temp.admitted(10001, :editor, 'admin'), 'KF011', 'nor in another role');
select pg_temp.expire('7 days 1 second') as done \gset
select is(pg_temp.admitted(9223372036854775807), 'KF011', 'and a request lasts no longer than a week');

select pg_temp.expire('6 days') as done \gset
select is(pg_temp.admitted(6 * 86400000 + 1000), 'coffer_editor');
select isnt(pg_temp.attempt('coffer_anonymous', null, 'select token from api.login(''editor@test.invalid'', ''editor password'')'),
    null, 'somebody logs in');
update internal.collection_schedule set due_at = now();
select isnt(pg_temp.attempt('coffer_authenticator', null, 'select count(*) from internal.collect_batch(60, 100)'), '0');
select is(pg_temp.attempt('coffer_owner', null, 'select count(*) from internal.delete_expired()'), '1');
select ok(pg_temp.is_kept(), 'an expired session outlives a login, a share of gc and gc');
select pg_temp.expire('7 days 1 second') as done \gset
select is(pg_temp.attempt('coffer_owner', null, 'select f.sessions >= 1 from internal.delete_expired() f'), 'true');
select ok(not pg_temp.is_kept(), 'for as long as an upload may last');

insert into internal.sessions (id, user_id, role, expires_at) values (:session, :editor, 'editor', now() - interval '1 second');
select is(pg_temp.admitted(2000), 'coffer_editor');
select is(pg_temp.attempt('coffer_owner', null, 'select internal.set_password(''editor@test.invalid'', ''another password'')'), '');
select is(pg_temp.admitted(2000), 'KF011', 'a new password ends expired sessions as well');

-- Room.
create function pg_temp.room(p_path text) returns text language sql as $$
    select pg_temp.attempt('coffer_editor', '00000000-0000-4000-8000-00000000000e', format('select api.upload_room(%L)', p_path))
$$;
select isnt(pg_temp.store(:editor, 'a', '12345'), null);
select is(pg_temp.room('a'), null, 'without a quota there is no limit');
update internal.users set quota_bytes = 12 where id = :editor;
select is(pg_temp.room('b'), '7', 'what is left of the quota');
select is(pg_temp.room('a'), '12', 'and what the file takes the place of');
update internal.users set quota_bytes = 3 where id = :editor;
select is(pg_temp.room('a'), '5', 'which may always be as much as before');
select is(pg_temp.room('b'), '0');

select * from finish();
rollback;
