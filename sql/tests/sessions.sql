-- Logging in, the token, the session behind it, and the keys.
begin;
\ir setup.psql
select plan(71);

create temporary table seen (name text primary key, token text);
create function pg_temp.login(p_email text, p_password text) returns text language sql as $$
    select pg_temp.attempt('coffer_anonymous', null, format('select token from api.login(%L, %L)', p_email, p_password))
$$;
create function pg_temp.decoded(p_part text) returns bytea language sql as $$
    select decode(rpad(translate(p_part, '-_', '+/'), (length(p_part) + 3) / 4 * 4, '='), 'base64')
$$;
create function pg_temp.part(p_token text, p_number int) returns jsonb language sql as $$
    select convert_from(pg_temp.decoded(split_part(p_token, '.', p_number)), 'UTF8')::jsonb
$$;
-- Whether the key of the token's kid, from verification_keys, verifies the token.
create function pg_temp.verifies(p_token text) returns boolean language sql as $$
    select exists (select from internal.verification_keys() k
        where k.kid = pg_temp.part(p_token, 1) ->> 'kid'
            and extensions.hmac(convert_to(substring(p_token from '^(.*)\.'), 'UTF8'), k.secret, 'sha256')
                = pg_temp.decoded(split_part(p_token, '.', 3)))
$$;
-- The worker's query, as in Sources/CofferService/Database/Database.swift.
create function pg_temp.asked(p_session_id text, p_user_id text, p_role text) returns text language sql as $$
    select pg_temp.attempt('coffer_authenticator', null, format('select found from (select
        set_config(''coffer.session_id'', %L, true), coalesce((select s.database_role
            from internal.live_sessions s where s.user_id = %L
                and s.role = %L), internal.refuse_session()) as found) t',
        coalesce(p_session_id, ''), p_user_id, p_role))
$$;
create function pg_temp.admitted(p_token text, p_role text = null) returns text language sql as $$
    select pg_temp.asked(pg_temp.part(p_token, 2) ->> 'sid', pg_temp.part(p_token, 2) ->> 'user_id',
        coalesce(p_role, pg_temp.part(p_token, 2) ->> 'role'))
$$;

insert into seen values ('editor', pg_temp.login('eDITOR@test.invalid', 'editor password'));
insert into seen values ('admin', pg_temp.login('admin@test.invalid', 'admin password'));
select token as editor_token from seen where name = 'editor' \gset
select token as admin_token from seen where name = 'admin' \gset
select matches(:'editor_token'::text, '^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}$',
    'a login, in any case of the e-mail address, returns a token in three parts without padding or newlines');
select is(pg_temp.part(:'editor_token', 1) - 'kid', '{"alg": "HS256", "typ": "JWT"}', 'the header has HS256');
select ok(pg_temp.verifies(:'editor_token'), 'the key of the kid verifies the token');
select ok(not pg_temp.verifies(split_part(:'editor_token', '.', 1) || '.' || split_part(:'admin_token', '.', 2) || '.'
    || split_part(:'editor_token', '.', 3)), 'the signature does not verify other claims');
select is(pg_temp.part(:'editor_token', 2) ->> 'user_id', :editor::text, 'user_id is the user');
select is(pg_temp.part(:'editor_token', 2) ->> 'sub', :editor::text, 'sub is the user');
select is(pg_temp.part(:'editor_token', 2) ->> 'role', 'editor', 'the role of an editor''s token is editor');
select is(pg_temp.part(:'admin_token', 2) ->> 'role', 'admin', 'the role of an admin''s token is admin');
select is((pg_temp.part(:'editor_token', 2) ->> 'exp')::bigint - (pg_temp.part(:'editor_token', 2) ->> 'iat')::bigint,
    43200::bigint, 'a session lasts twelve hours');
select set_config('coffer.session_seconds', '90', true);
select is((select pg_temp.part(t, 2) -> 'exp' = to_jsonb((pg_temp.part(t, 2) ->> 'iat')::bigint + 90)
    from pg_temp.login('other@test.invalid', 'other password') t), true, 'a session can have another length');
select is(pg_temp.attempt('coffer_anonymous', null, $$
    select expires_at = floor(extract(epoch from now())) + 90 from api.login('other@test.invalid', 'other password')
$$), 'true', 'login returns when the session ends');

select is(pg_temp.login('editor@test.invalid', 'wrong password'), null, 'a wrong password gives no row');
select is(pg_temp.login('nobody@test.invalid', 'editor password'), null, 'an unknown e-mail address gives no row');
select is(pg_temp.login(null, null), null, 'no e-mail address gives no row');
select is((select string_agg(action || coalesce(' ' || u.email, ''), ', ' order by a.id)
    from internal.audit_log a left join internal.users u on u.id = a.user_id
    where action = 'login_failed' and (a.occurred_at = now())),
    'login_failed Editor@test.invalid, login_failed, login_failed', 'failures are recorded without what was typed');
select is((select count(*)::int from internal.audit_log where action = 'login' and actor_id = :editor), 1,
    'the login is recorded');

select is(pg_temp.admitted(:'editor_token'), 'coffer_editor', 'the editor''s session gives the editor''s role');
select is(pg_temp.admitted(:'admin_token'), 'coffer_admin', 'the admin''s session gives the admin''s role');
select is(pg_temp.admitted(:'editor_token', 'admin'), 'KF011', 'a role that the session does not have is refused');
select is(pg_temp.asked(pg_temp.part(:'editor_token', 2) ->> 'sid', :admin::text, 'editor'), 'KF011',
    'another user''s session is refused');
select is(pg_temp.asked(null, null, null), 'KF011', 'a missing session is refused');
select is(pg_temp.attempt('coffer_editor', :editor, 'select count(*) from internal.live_sessions'), '42501',
    'a request role cannot look up a session');

-- The worker's login sees a session whose id it knows, and cannot find out other ids.
select set_config('coffer.session_id', '', true);
select is(pg_temp.attempt('coffer_authenticator', null, 'select count(*) from internal.live_sessions'), '0',
    'without an id no session is shown');
select is(pg_temp.attempt('coffer_authenticator', null, 'select count(id) from internal.sessions'), '0',
    'the table shows no session without an id');
select is(pg_temp.attempt('coffer_authenticator', null, 'select expires_at from internal.sessions'), '42501',
    'the table does not show when a session ends');
-- If the condition were evaluated before the policy, its error would quote a row.
select is(pg_temp.attempt('coffer_authenticator', null,
    'select count(*) from internal.live_sessions s where s.id::text::integer = 1'), '0',
    'a condition that fails shows nothing of other rows');
select set_config('coffer.session_id', pg_temp.part(:'admin_token', 2) ->> 'sid', true);
select is(pg_temp.attempt('coffer_authenticator', null,
    'select string_agg(s.role, '' '') from internal.live_sessions s'), 'admin', 'the session of the id is shown');
update internal.sessions set expires_at = now() where id = (pg_temp.part(:'admin_token', 2) ->> 'sid')::uuid;
select is(pg_temp.attempt('coffer_authenticator', null, 'select count(*) from internal.live_sessions'), '0',
    'an expired session is not shown');
update internal.sessions set expires_at = now() + interval '1 hour'
where id = (pg_temp.part(:'admin_token', 2) ->> 'sid')::uuid;

-- whoami and logout look at the session of the request.
select set_config('coffer.session_id', pg_temp.part(:'editor_token', 2) ->> 'sid', true);
select lives_ok($$ select pg_temp.store('00000000-0000-4000-8000-00000000000e', 'a', '12345') $$);
select is(pg_temp.attempt('coffer_editor', :editor, 'select api.whoami()::jsonb - ''session_expires_at''')::jsonb,
    '{"user_id": "00000000-0000-4000-8000-00000000000e", "email": "Editor@test.invalid", "role": "editor",
    "quota_bytes": null, "used_bytes": 5, "file_count": 1, "trash_bytes": 0, "version_bytes": 0}', 'whoami returns the user and the totals');
-- A download looks up its session and its file in one statement.
create function pg_temp.downloaded(p_role text, p_user uuid, p_path text = 'a') returns text language sql as $$
    select pg_temp.attempt(p_role, p_user, format('select count(*) || '' '' || coalesce(max(size_bytes), 0)
        from api.retrieve_file_in_session(%L)', p_path))
$$;
select is(pg_temp.downloaded('coffer_editor', :editor), '1 5', 'a live session retrieves its user''s file');
select is(pg_temp.downloaded('coffer_editor', :editor, 'none'), '1 0', 'a path without a file is a row of nulls');
select is(pg_temp.downloaded('coffer_editor', :other), '0 0', 'another user''s session retrieves nothing');
select is(pg_temp.downloaded('coffer_admin', :editor), '0 0', 'a session of another role retrieves nothing');
select is(pg_temp.downloaded('coffer_anonymous', :editor), '42501', 'without a role nothing is retrieved');
select set_config('coffer.session_id', pg_temp.part(:'admin_token', 2) ->> 'sid', true);
select is(pg_temp.downloaded('coffer_admin', :admin), '1 0', 'an admin retrieves no file of others');
update internal.sessions set expires_at = now() where id = (pg_temp.part(:'admin_token', 2) ->> 'sid')::uuid;
select is(pg_temp.downloaded('coffer_admin', :admin), '0 0', 'an expired session retrieves nothing');
update internal.sessions set expires_at = now() + interval '1 hour'
where id = (pg_temp.part(:'admin_token', 2) ->> 'sid')::uuid;
select set_config('coffer.session_id', '', true);
select is(pg_temp.downloaded('coffer_editor', :editor), '0 0', 'without a session nothing is retrieved');
select set_config('coffer.session_id', pg_temp.part(:'editor_token', 2) ->> 'sid', true);
select is(pg_temp.attempt('coffer_editor', :editor,
    'select extract(epoch from (api.whoami() ->> ''session_expires_at'')::timestamptz)::bigint'),
    pg_temp.part(:'editor_token', 2) ->> 'exp', 'whoami returns when the session expires');
select is(pg_temp.attempt('coffer_editor', :other, 'select api.logout()'), '',
    'another user can call logout with this session');
select is(pg_temp.admitted(:'editor_token'), 'coffer_editor', 'another user''s logout does not end the session');
select is(pg_temp.attempt('coffer_editor', :editor, 'select api.logout()'), '', 'the editor logs out');
select is(pg_temp.admitted(:'editor_token'), 'KF011', 'after the logout the token is refused');
select is(pg_temp.downloaded('coffer_editor', :editor), '0 0', 'after the logout nothing is retrieved');
select is((select count(*)::int from internal.audit_log where action = 'logout' and actor_id = :editor), 1,
    'the logout is recorded once');
update internal.sessions set expires_at = now() where user_id = :admin;
select is(pg_temp.admitted(:'admin_token'), 'KF011', 'an expired session is refused');
select isnt(pg_temp.login('admin@test.invalid', 'admin password'), null,
    'a user whose session expired can log in again');

-- What people see and end. The editor has two sessions and one that expired, the admin and the other one each.
delete from internal.sessions;
insert into internal.sessions (id, user_id, role, created_at, expires_at)
values
    ('00000000-0000-4000-8000-0000000000e1', :editor, 'editor', now() - interval '2 hours', now() + interval '1 hour'),
    ('00000000-0000-4000-8000-0000000000e2', :editor, 'editor', now() - interval '1 hour', now() + interval '1 hour'),
    ('00000000-0000-4000-8000-0000000000e3', :editor, 'editor', now() - interval '3 hours', now()),
    ('00000000-0000-4000-8000-0000000000f1', :other, 'editor', now(), now() + interval '1 hour'),
    ('00000000-0000-4000-8000-0000000000a1', :admin, 'admin', now(), now() + interval '1 hour');
create function pg_temp.ended() returns text language sql as $$
    select string_agg(a.subject, ' ' order by a.id) from internal.audit_log a
    where a.action = 'session_revoke' and a.occurred_at = now()
$$;
select set_config('coffer.session_id', '00000000-0000-4000-8000-0000000000e2', true);
select is(pg_temp.attempt('coffer_editor', :editor,
    'select string_agg(is_current::text, '' '' order by created_at) from api.sessions'), 'false true',
    'an editor sees the live ones of their own, and which is that of the request');
select is(pg_temp.attempt('coffer_editor', :editor, 'select count(*) from api.sessions s join internal.sessions i
    on i.id = s.id'), '42501', 'the table is not shown');
select is((select count(*)::int from internal.listed_sessions l join internal.sessions s on l.id = s.id), 0,
    'no session is shown by its id');
select is(pg_temp.attempt('coffer_admin', :admin,
    'select string_agg(owner_email, '' '' order by lower(owner_email)) from api.sessions'),
    'admin@test.invalid Editor@test.invalid Editor@test.invalid other@test.invalid', 'an admin sees everyone''s');
select is(pg_temp.attempt('coffer_anonymous', null, 'select count(*) from api.sessions'), '42501',
    'an anonymous request sees none');
select is(pg_temp.attempt('coffer_authenticator', null, 'select count(*) from internal.listed_sessions'), '42501',
    'the worker''s login sees none');
select is(pg_temp.attempt('coffer_editor', null, 'select count(*) from api.sessions'), '0',
    'an editor without an identity sees none');
select is(pg_temp.attempt('coffer_editor', :editor, 'update api.sessions set expires_at = now() + interval ''1 year'''),
    '42501', 'a session cannot be made longer');
select is(pg_temp.attempt('coffer_editor', :other,
    'with gone as (delete from api.sessions returning 1) select count(*) from gone'), '1',
    'an editor ends their own sessions only');
select is(pg_temp.ended(), 'other@test.invalid', 'which is recorded');
select is(pg_temp.attempt('coffer_editor', :editor,
    'with gone as (delete from api.sessions where not is_current returning is_current) select count(*) from gone'), '1',
    'an editor ends the other sessions');
select is((select string_agg(right(id::text, 2), ' ' order by id) from internal.sessions), 'a1 e2 e3',
    'the current one is left, and what expired');
insert into internal.sessions (user_id, role, expires_at)
values (:editor, 'editor', now() + interval '1 hour'), (:other, 'editor', now() + interval '1 hour');
select is(pg_temp.attempt('coffer_admin', :admin,
    'with gone as (delete from api.sessions where owner_email <> ''admin@test.invalid'' returning 1)
    select count(*) from gone'), '3', 'an admin ends everyone''s');
select is(pg_temp.ended(),
    'other@test.invalid Editor@test.invalid Editor@test.invalid other@test.invalid',
    'it is recorded once for each user, in the order of their ids');
select is((select count(*)::int from internal.audit_log
    where action = 'session_revoke' and occurred_at = now() and actor_id = :admin), 2, 'with who did it');
insert into internal.sessions (id, user_id, role, expires_at)
values ('00000000-0000-4000-8000-0000000000e2', :editor, 'editor', now() + interval '1 hour');
select is(pg_temp.attempt('coffer_editor', :editor, 'select api.logout()'), '', 'the editor logs out');
select is((select string_agg(a.action, ' ' order by a.id) from internal.audit_log a
    where a.user_id = :editor and a.occurred_at = now() and a.action in ('logout', 'session_revoke')),
    'logout session_revoke session_revoke logout', 'a logout is recorded as such only');

-- Keys.
select pg_temp.attempt('coffer_owner', null, 'select internal.rotate_key()') as new_kid \gset
select is(pg_temp.part(pg_temp.login('other@test.invalid', 'other password'), 1) ->> 'kid', :'new_kid',
    'after a rotation the new key signs');
select ok(pg_temp.verifies(:'editor_token'), 'after a rotation the old key still verifies');
select is(pg_temp.attempt('coffer_owner', null, format('select internal.retire_key(%L)', :'new_kid')), 'KF014',
    'the newest key cannot be retired');
select is(pg_temp.attempt('coffer_owner', null, 'select internal.retire_key(''unknown'')'), 'KF014',
    'an unknown key cannot be retired');
select is(pg_temp.attempt('coffer_owner', null, format('select internal.retire_key(%L)',
    pg_temp.part(:'editor_token', 1) ->> 'kid')), '', 'an older key can be retired');
select ok(not pg_temp.verifies(:'editor_token'), 'tokens of a retired key are not verified');
select is((select secret from internal.jwt_keys where kid = pg_temp.part(:'editor_token', 1) ->> 'kid'), null,
    'the secret of a retired key is erased');

select * from finish();
rollback;
