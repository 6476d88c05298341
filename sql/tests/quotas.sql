-- What a user's files add up to, and that the quota refuses what grows beyond it.
begin;
\ir setup.psql
select plan(48);

create function pg_temp.totals(p_user uuid) returns text language sql as $$
    select used_bytes || ' bytes, ' || file_count || ' files' from internal.users where id = p_user
$$;
-- Users whose totals are not those of their files; there must never be one.
create function pg_temp.miscounted() returns setof text language sql as $$
    select u.email from internal.users u left join internal.files f on f.user_id = u.id
    group by u.id having u.used_bytes <> coalesce(sum(f.size_bytes), 0) or u.file_count <> count(f.id)
$$;
-- An upload of so many bytes: what begin_upload says, and else what store_file says, with detail.
create function pg_temp.upload(p_path text, p_size bigint, p_announced bigint = null,
    p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text
language plpgsql as $$
declare
    blob constant text := md5(gen_random_uuid()::text);
    told text;
begin
    perform set_config('coffer.user_id', p_user::text, true), set_config('role', 'coffer_editor', true);
    perform api.begin_upload(blob, p_path, p_announced, null, false);
    perform api.store_file(blob, p_path, null, null, p_size, sha256(blob::bytea), null, false);
    perform set_config('role', 'none', true), set_config('coffer.user_id', '', true);
    return 'stored';
exception when others then
    get stacked diagnostics told = pg_exception_detail;
    return concat_ws('; ', sqlstate || ' ' || sqlerrm, nullif(told, ''));
end
$$;
create function pg_temp.set_quota(p_quota bigint) returns text language sql as $$
    select pg_temp.failure('coffer_owner', null, format('select internal.set_quota(''editor@test.invalid'', %L)', p_quota))
$$;

-- The totals follow the files.
select is(pg_temp.totals(:editor), '0 bytes, 0 files', 'a new user has nothing');
select is(pg_temp.upload('a', 100), 'stored');
select is(pg_temp.totals(:editor), '100 bytes, 1 files', 'a file is counted');
select is(pg_temp.upload('b', 50), 'stored');
select is(pg_temp.totals(:editor), '150 bytes, 2 files', 'so is another one');
select is(pg_temp.upload('a', 130), 'stored');
select is(pg_temp.totals(:editor), '180 bytes, 2 files', 'overwriting with more adds the difference');
select is(pg_temp.upload('a', 20), 'stored');
select is(pg_temp.totals(:editor), '70 bytes, 2 files', 'with less, takes it away');
select is(pg_temp.upload('empty', 0), 'stored');
select is(pg_temp.totals(:editor), '70 bytes, 3 files', 'an empty file is a file');
select is(pg_temp.upload('a', 7, null, :other), 'stored');
select is(pg_temp.totals(:editor) || ', ' || pg_temp.totals(:other), '70 bytes, 3 files, 7 bytes, 1 files',
    'each user has their own totals');
select is(pg_temp.failure('coffer_editor', :editor, 'update api.files set description = ''x'''), 'no failure',
    'a description is changed');
select is(pg_temp.failure('coffer_editor', :editor,
    'update api.files set file_path = ''moved/'' || file_path'), 'no failure', 'and all files are moved');
select is(pg_temp.totals(:editor), '70 bytes, 3 files', 'which changes no total');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select json_build_array(w -> ''used_bytes'', w -> ''file_count'') from api.whoami() w'), '[70, 3]',
    'whoami tells the totals');
select is_empty('select pg_temp.miscounted()', 'they are the sums of the files');

-- Many at once: the row of each user changes once.
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
select u.id, 'many/' || n, 'a/b', n, sha256(''), md5(n || u.email)
from generate_series(1, 1000) n, internal.users u where u.email in ('Editor@test.invalid', 'other@test.invalid');
select is(pg_temp.totals(:editor) || ', ' || pg_temp.totals(:other),
    '500570 bytes, 1003 files, 500507 bytes, 1001 files', 'a statement can bring files of several users');
create temporary table changes (user_id uuid);
grant insert on changes to coffer_owner;
create function pg_temp.note_change() returns trigger language plpgsql as $$
begin
    insert into changes values (new.id);
    return null;
end
$$;
create trigger test_note after update on internal.users for each row execute function pg_temp.note_change();
delete from internal.files where file_path like 'many/%';
select results_eq('select user_id, count(*) from changes group by 1 order by 1',
    $$ values ('00000000-0000-4000-8000-00000000000e'::uuid, 1::bigint), ('00000000-0000-4000-8000-00000000000f', 1) $$,
    'deleting two thousand files updates each user''s row once');
drop trigger test_note on internal.users;
select is(pg_temp.totals(:editor) || ', ' || pg_temp.totals(:other), '70 bytes, 3 files, 7 bytes, 1 files',
    'and takes them off the totals');
select is_empty('select pg_temp.miscounted()', 'which are right again');

-- The quota. The editor has 70 bytes: `moved/a` 20, `moved/b` 50, `moved/empty` none.
insert into internal.sessions (user_id, role, expires_at) values (:editor, 'editor', now() + interval '1 hour');
select is(pg_temp.set_quota(-1), 'KF014 The quota cannot be negative.');
select is(pg_temp.set_quota(100), 'no failure', 'the operator sets a quota');
select is(pg_temp.upload('c', 30), 'stored', 'it can be used to the last byte');
select is(pg_temp.upload('d', 1), 'KF006 The quota would be exceeded; 101 bytes would be used, 100 are allowed',
    'one more byte is refused when the file is stored');
select is(pg_temp.upload('d', 1, 1), 'KF006 The quota would be exceeded; 101 bytes would be used, 100 are allowed',
    'or before it is sent, when its size is known');
select is(pg_temp.upload('d', 1, 9223372036854775807),
    'KF006 The quota would be exceeded; 9223372036854775907 bytes would be used, 100 are allowed',
    'whatever size is announced');
select is(pg_temp.upload('c', 31), 'KF006 The quota would be exceeded; 101 bytes would be used, 100 are allowed',
    'a file cannot be replaced by one that is too big');
select is(pg_temp.upload('c', 31, 31), 'KF006 The quota would be exceeded; 101 bytes would be used, 100 are allowed',
    'nor can that begin');
select is(pg_temp.totals(:editor), '100 bytes, 4 files', 'nothing of this is counted');
select is(pg_temp.upload('c', 30, 30), 'stored', 'the size that is there can be stored again');
select is(pg_temp.upload('d', 0, 0), 'stored', 'and an empty file');
select is(pg_temp.upload('d', 1000, null, :other), 'stored', 'the quota is this user''s alone');

-- Over the quota.
select is(pg_temp.set_quota(10), 'no failure', 'a quota can be less than is used');
select is(pg_temp.upload('c', 29, 29), 'stored', 'then a file may shrink');
select is(pg_temp.upload('c', 29, 29), 'stored', 'or stay');
select is(pg_temp.upload('c', 30, 30), 'KF006 The quota would be exceeded; 100 bytes would be used, 10 are allowed',
    'but not grow');
select is(pg_temp.failure('coffer_editor', :editor, 'delete from api.files where file_path <> ''c'''),
    'no failure', 'files can be deleted');
select is(pg_temp.totals(:editor), '29 bytes, 1 files', 'and are no longer counted');
select is(pg_temp.set_quota(null), 'no failure');
select is(pg_temp.upload('c', 1000000, 1000000), 'stored', 'without a quota anything goes');

select is((select string_agg(action || ' ' || count, ', ' order by action collate "C") from (
        select action, count(*) from internal.audit_log
        where user_id = :editor and subject not like 'many/%' and action <> 'user_create' group by action) a),
    'delete 4, move 3, store 11, user_quota 3', 'the audit log has files and quotas, and nothing of the totals');
select is((select count(*) from internal.sessions where user_id = :editor), 1::bigint,
    'neither totals nor quota end a session');

-- Who may change them.
grant usage on schema internal to coffer_editor, coffer_admin;
select is(pg_temp.attempt('coffer_editor', :editor, 'update internal.users set quota_bytes = null'), '42501',
    'an editor cannot change a quota');
select is(pg_temp.attempt('coffer_admin', :admin, 'update internal.users set used_bytes = 0, file_count = 0'), '42501',
    'and not even an admin the totals');

select is(pg_temp.failure('coffer_owner', null, 'select internal.delete_user(''other@test.invalid'')'), 'no failure',
    'a user can be deleted, with files that were counted');
select is_empty('select pg_temp.miscounted()', 'and the totals of all others are right');

select * from finish();
rollback;
