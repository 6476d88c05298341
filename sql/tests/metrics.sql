-- The figures for monitoring: true numbers, for the worker's login, and nothing else.
begin;
\ir setup.psql
select plan(13);

delete from internal.runs;
create temporary table before as select * from internal.metrics();

-- What changes, as differences: the database may have users and files of its own.
create function pg_temp.change() returns text language sql as $$
    select concat_ws(' ', n.users - b.users, n.sessions - b.sessions, n.files - b.files, n.file_bytes - b.file_bytes,
        n.trash_bytes - b.trash_bytes, n.discarded_blobs - b.discarded_blobs,
        n.resumable_uploads - b.resumable_uploads, n.listed_uploads - b.listed_uploads,
        n.login_failures - b.login_failures)
    from internal.metrics() n, before b
$$;
select is(pg_temp.change(), '0 0 0 0 0 0 0 0 0', 'nothing has happened yet');

select matches(pg_temp.store(:editor, 'a', '12345'), '^[0-9a-f-]{36}$');
select matches(pg_temp.store(:other, 'b', '123'), '^[0-9a-f-]{36}$');
select is(pg_temp.change(), '0 0 2 8 0 0 0 0 0', 'the files of all users count');

insert into internal.users (email, password_hash, role) values ('third@test.invalid', '', 'editor');
insert into internal.sessions (user_id, role, expires_at) values
    (:editor, 'editor', now() + interval '1 hour'), (:other, 'editor', now() - interval '1 second');
select is(pg_temp.change(), '1 1 2 8 0 0 0 0 0', 'an expired session does not count');

insert into internal.garbage (blob, reason) values
    (repeat('1', 32), 'deleted'), (repeat('2', 32), 'replaced'), (repeat('3', 32), 'uploading');
select is(pg_temp.change(), '1 1 2 8 0 2 0 1 0', 'garbage counts by what it is');

insert into internal.uploads
    (user_id, blob, store, file_path, content_type, metadata, if_none_match, length, expires_at)
values (:editor, repeat('4', 32), 1, 'c', 'text/plain', '', false, 10, now() + interval '1 hour'),
    (:editor, repeat('5', 32), 1, 'd', 'text/plain', '', false, 10, now() - interval '1 hour');
select is(pg_temp.change(), '1 1 2 8 0 2 1 1 0', 'an expired upload does not count');

insert into internal.login_failures (failed_at, account, address) values
    (now(), sha256('a'), null), (now(), null, '192.0.2.1'), (now(), null, '192.0.2.1'),
    (now() - interval '16 minutes', sha256('a'), null);
select is(pg_temp.change(), '1 1 2 8 0 2 1 1 2', 'a failed login counts once, and for 15 minutes');

delete from internal.users where id = :other;
select is(pg_temp.change(), '0 1 1 5 0 3 1 1 2', 'the files of a user who is deleted become garbage');

select is((select concat_ws(' ', gc_succeeded_at, check_succeeded_at, backup_succeeded_at) from internal.metrics()),
    '', 'what has never succeeded has no time');
insert into internal.runs (kind, succeeded_at) values
    ('backup', '2026-01-02 03:04:05.9+00'), ('gc', '2026-01-02 03:04:06+00');
select is((select concat_ws(' ', gc_succeeded_at, coalesce(check_succeeded_at, 0), backup_succeeded_at)
    from internal.metrics()), '1767323046 0 1767323045', 'a success has its time in seconds');

select is(pg_temp.attempt('coffer_authenticator', null, $$ select files >= 1 from internal.metrics() $$), 'true',
    'the worker''s login gets the figures');
select is(pg_temp.attempt('coffer_admin', :admin, $$ select files from internal.metrics() $$), '42501',
    'a request role does not');

select * from finish();
rollback;
