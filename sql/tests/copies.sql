-- Copies of files and folders: what is copied, what is refused, and what happens to the listed names.
begin;
\ir setup.psql
select no_plan();

create function pg_temp.put(p_path text, p_content text, p_user uuid = '00000000-0000-4000-8000-00000000000e')
returns text language plpgsql as $$
declare
    blob constant text := md5(gen_random_uuid()::text);
begin
    perform pg_temp.attempt('coffer_editor', p_user,
        format('select api.begin_upload(%L, %L, null, null, false)', blob, p_path));
    return pg_temp.attempt('coffer_editor', p_user, format(
        'select api.store_file(%L, %L, %L, ''text/x-test'', %s, sha256(%L), null, false, null, ''2001-02-03'')', blob,
        p_path, 'About ' || p_path, octet_length(p_content), p_content));
end
$$;
create function pg_temp.do(p_sql text, p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text
language sql as $$ select pg_temp.failure('coffer_editor', p_user, p_sql) $$;
create function pg_temp.begin_copy(p_from text, p_to text, p_user uuid = '00000000-0000-4000-8000-00000000000e')
returns text language sql as $$
    select pg_temp.failure('coffer_editor', p_user, format('select api.begin_copy(%L, %L)', p_from, p_to))
$$;
-- What begin_copy returned last, as the worker keeps it.
create temp table begun (source text, target text, store_url text, size_bytes bigint);
grant all on begun to coffer_editor, coffer_admin;
create function pg_temp.begin(p_from text, p_to text, p_user uuid = '00000000-0000-4000-8000-00000000000e',
    p_role text = 'coffer_editor') returns text language sql as $$
    truncate begun;
    select pg_temp.attempt(p_role, p_user, format(
        'with b as (insert into begun select * from api.begin_copy(%L, %L) returning 1) select count(*) from b', p_from,
        p_to));
$$;
create function pg_temp.finish(p_from text, p_to text, p_user uuid = '00000000-0000-4000-8000-00000000000e',
    p_role text = 'coffer_editor') returns text language sql as $$
    select pg_temp.attempt(p_role, p_user, format('select api.finish_copy(%L, %L, %L, %L)', p_from, p_to,
        array(select b.source from begun b order by b.target), array(select b.target from begun b order by b.target)))
$$;
create function pg_temp.copy(p_from text, p_to text, p_user uuid = '00000000-0000-4000-8000-00000000000e',
    p_role text = 'coffer_editor') returns text language plpgsql as $$
declare
    begun constant text := pg_temp.begin(p_from, p_to, p_user, p_role);
begin
    return case when begun ~ '^(KF|23)' then begun else pg_temp.finish(p_from, p_to, p_user, p_role) end;
end
$$;
create function pg_temp.files(p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text language sql as $$
    select string_agg(f.file_path || '=' || f.size_bytes, ' ' order by f.file_path)
    from internal.files f where f.user_id = p_user
$$;
create function pg_temp.folders() returns text language sql as $$
    select string_agg(concat_ws('/', nullif(d.parent, ''), d.name) || '=' || d.file_count
        || case when d.is_created then '!' else '' end, ' ' order by d.parent, d.name)
    from internal.folders d where d.user_id = '00000000-0000-4000-8000-00000000000e'
$$;
create function pg_temp.listed() returns bigint language sql as $$
    select count(*) from internal.garbage g where g.reason = 'uploading'
$$;
-- A path of this many bytes.
create function pg_temp.long(p_length integer) returns text language sql as $$
    select rpad(repeat(repeat('x', 249) || '/', 4), p_length, 'y')
$$;
create function pg_temp.put_all() returns void language sql as $$
    select pg_temp.put('a/one', '1');
    select pg_temp.put('a/deep/two', '22');
    select pg_temp.put('a.txt', '333');
    select pg_temp.put('a0', '4444');
    select pg_temp.do('select api.create_folder(''a/empty/inner'')');
$$;
select pg_temp.put_all();

-- A file.
select is(pg_temp.copy('a/one', 'b/uno'), '1', 'a file is copied');
select results_eq($$
    select c.description::text, c.content_type::text, c.size_bytes::bigint, c.sha256::bytea, c.modified_at,
        c.blob <> s.blob and c.id <> s.id and c.store = s.store and c.stored_at = now()
    from internal.files c, internal.files s where c.file_path = 'b/uno' and s.file_path = 'a/one'
$$, $$ values ('About a/one', 'text/x-test', 1::bigint, sha256('1'), timestamptz '2001-02-03', true) $$,
    'a copy has the content and what describes it, and a blob of its own');
select is((select g.target from begun g), (select f.blob::text from internal.files f where f.file_path = 'b/uno'),
    'the blob is the one that was named');
select ok((select b.target ~ '^[0-9a-f]{32}$' and b.target <> b.source and b.size_bytes = 1 from begun b),
    'blobs have new names');
select is(pg_temp.listed(), 0::bigint, 'a finished copy is not on the list of garbage');
select is((select string_agg(a.action || ' ' || a.subject, ' ' order by a.id) from internal.audit_log a
    where a.user_id = :editor and a.subject like 'b/%'), 'store b/uno', 'a copy is recorded as stored');
select is((select l.file_count || ' ' || l.used_bytes from internal.ledgers l where l.user_id = :editor), '5 11',
    'a copy counts');

-- A folder.
select is(pg_temp.copy('a', 'c/d'), '2', 'a folder is copied');
select is(pg_temp.files(), 'a.txt=3 a/deep/two=2 a/one=1 a0=4 b/uno=1 c/d/deep/two=2 c/d/one=1',
    'with all that is below, and nothing else');
select is(pg_temp.folders(),
    'a=2! b=1 c=2! a/deep=1 a/empty=0! a/empty/inner=0! c/d=2! c/d/deep=1 c/d/empty=0! c/d/empty/inner=0!',
    'created folders are created below the copy, too');
select is(pg_temp.copy('a/empty', 'e'), '0', 'an empty folder is copied');
select matches(pg_temp.folders(), 'e=0! .*e/inner=0!', 'with the folders in it');

-- What is refused.
select is(pg_temp.begin_copy('nothing', 'x'), 'KF002 File not found.');
select is(pg_temp.begin_copy('a/on', 'x'), 'KF002 File not found.', 'a part of a name is no path');
select is(pg_temp.begin_copy('a', 'x', :other), 'KF002 File not found.', 'files of others are not there');
select is(pg_temp.begin_copy('a', 'a/x'), 'KF029 A folder cannot be copied into itself');
select is(pg_temp.begin_copy('a', 'a/deep/x/y'), 'KF029 A folder cannot be copied into itself');
select is(pg_temp.begin_copy('a', 'a'), '23505 A folder with the new path already exists');
select is(pg_temp.begin_copy('a/one', 'a/one'), '23505 A file with the new path already exists');
select is(pg_temp.begin_copy('a/one', 'b/uno'), '23505 A file with the new path already exists');
select is(pg_temp.begin_copy('a', 'b/uno'), '23505 A file with the new path already exists');
select is(pg_temp.begin_copy('a/one', 'b'), '23505 A folder with the new path already exists');
select is(pg_temp.begin_copy('a/one', 'a/empty'), '23505 A folder with the new path already exists');
select is(pg_temp.begin_copy('a/one', 'a/one/x'), '23505 A file has the path of this folder');
select is(pg_temp.begin_copy('a', 'b/uno/x/y'), '23505 A file has the path of this folder');
select matches(pg_temp.begin_copy('a/../b', 'x'), '^KF003 ');
select matches(pg_temp.begin_copy('a', '/x'), '^KF003 ');
select matches(pg_temp.begin_copy('a', rtrim(repeat(repeat('x', 250) || '/', 5), '/')), '^KF003 ');
select is(pg_temp.begin_copy('a/deep', pg_temp.long(1021)), 'KF003 The file path is longer than 1,024 bytes.',
    'a path of a new file can be too long');
select is(pg_temp.begin_copy('a/empty', pg_temp.long(1020)), 'KF003 The file path is longer than 1,024 bytes.',
    'or that of a new folder');
select is(pg_temp.begin('a/deep', pg_temp.long(1020)), '1',
    'the longest new path is allowed');
select is(pg_temp.listed(), 1::bigint, 'only what was begun is listed');
delete from internal.garbage;

-- The names of many blobs.
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
select :admin, 'many/' || n, 'a/b', 0, sha256(''), md5('many' || n) from generate_series(1, 2500) n;
select is(pg_temp.begin('many', 'more', :admin, 'coffer_admin'), '2500');
select results_eq('select count(distinct b.target), count(distinct left(b.target, 2)) between 1 and 3 from begun b',
    'values (2500::bigint, true)', 'a thousand names share a directory, and each is new');
select is(pg_temp.finish('many', 'more', :admin, 'coffer_admin'), '2500', 'many files are copied');

-- The quota.
update internal.users set quota_bytes = 16 where id = :editor;
select is((select l.used_bytes + l.trash_bytes from internal.ledgers l where l.user_id = :editor), 14::bigint);
select is(pg_temp.begin_copy('a', 'q'), 'KF006 The quota would be exceeded');
select is(pg_temp.copy('a/deep', 'q'), '1', 'what fits is copied');
select is(pg_temp.begin_copy('a/one', 'q2'), 'KF006 The quota would be exceeded');
update internal.users set quota_bytes = 17 where id = :editor;
select is(pg_temp.do(format('select api.create_upload(%L, ''reserves'', null, ''a/b'', null, '''', 1, null, false, 60)',
    md5('reserves'))), 'no failure');
select is(pg_temp.begin_copy('a/one', 'q2'), 'KF006 The quota would be exceeded', 'resumable uploads have reserved room');
delete from internal.uploads where user_id = :editor;
select is(pg_temp.begin('a/one', 'q2'), '1');
select pg_temp.put('q3', 'x');
select is(pg_temp.finish('a/one', 'q2'), 'KF006', 'the quota holds when the copy ends');
select is(pg_temp.listed(), 1::bigint, 'then the name stays listed');
select is(pg_temp.do(format('select api.abandon_copy(%L)', array(select b.target from begun b)), :other),
    'no failure');
select is(pg_temp.listed(), 1::bigint, 'another user cannot take it off the list');
select is(pg_temp.do(format('select api.abandon_copy(%L)', array(select b.target from begun b))), 'no failure');
select is(pg_temp.listed(), 0::bigint, 'the worker does, when it has removed the blob');
update internal.users set quota_bytes = null where id = :editor;

-- What happens between begin and finish.
select is(pg_temp.begin('a/one', 'r/1'), '1');
select pg_temp.put('a/one', 'replaced');
select is(pg_temp.finish('a/one', 'r/1'), '1', 'an overwritten file is copied as it was');
select is((select f.sha256::bytea from internal.files f where f.file_path = 'r/1'), sha256('1'));
select is(pg_temp.begin('a', 'r/2'), '2');
select pg_temp.do('delete from api.files where file_path = ''a/one''');
select is(pg_temp.finish('a', 'r/2'), '2', 'a deleted file is copied from the trash');
select is((select f.sha256::bytea from internal.files f where f.file_path = 'r/2/one'), sha256('replaced'));
select is((select count(*) from internal.trash t where t.user_id = :editor), 2::bigint, 'where it stays');
select pg_temp.put('a/one', '1');
select is(pg_temp.begin('a', 'r/3'), '2');
select pg_temp.do('delete from api.files where file_path = ''a/one''');
select pg_temp.do('delete from api.trash where true');
select is(pg_temp.finish('a', 'r/3'), 'KF019', 'what was removed for good cannot be copied');
select is((select count(*) from internal.files f where f.file_path like 'r/3%'), 0::bigint, 'and nothing is');
select pg_temp.put('a/one', '1');
select is(pg_temp.begin('a', 'r/4'), '2');
select pg_temp.do('select api.move_folder(''a'', ''moved'')');
select is(pg_temp.finish('a', 'r/4'), 'KF019', 'nor what was moved elsewhere');
select pg_temp.do('select api.move_folder(''moved'', ''a'')');
select is(pg_temp.begin('a', 'r/5'), '2');
select pg_temp.put('r/5', 'in the way');
select is(pg_temp.finish('a', 'r/5'), '23505', 'a path that was taken meanwhile');
select is(pg_temp.begin('a/empty', 'r/6'), '0');
select pg_temp.do('select api.delete_folder(''a/empty'')');
select is(pg_temp.finish('a/empty', 'r/6'), 'KF019', 'an empty folder that is gone');
delete from internal.garbage;

-- The list decides: a name that gc has taken, or that is another's, does not become a file.
select is(pg_temp.begin('a', 'g'), '2');
delete from internal.garbage g where g.blob = (select min(b.target) from begun b);
select is(pg_temp.finish('a', 'g'), 'KF019', 'a copy that has expired');
select is(pg_temp.begin('a', 'g'), '2');
select is(pg_temp.finish('a', 'g', :other), 'KF019', 'another user''s blobs cannot be had by their names');
select pg_temp.put('a/one', 'o', :other);
update begun set source = (select f.blob from internal.files f where f.user_id = :other and f.file_path = 'a/one');
select is(pg_temp.finish('a', 'g'), 'KF019', 'nor as a source');
select is(pg_temp.finish('a', 'g', :other), 'KF019', 'nor for one''s own file');
select is(pg_temp.begin('a', 'g'), '2');
update internal.garbage set reason = 'deleted';
select is(pg_temp.finish('a', 'g'), 'KF019', 'a name that is garbage is no copy');
update internal.garbage set reason = 'uploading';
select is(pg_temp.finish('a', 'g'), '2');
select is(pg_temp.finish('a', 'g'), '23505', 'and only once');
select is(pg_temp.finish('a', 'g2'), 'KF019');

-- Stores: a copy is made where the blob is, whichever store is current.
insert into internal.stores (id, url) values (77, 's3://other/');
update internal.files set store = 77 where user_id = :editor and file_path = 'a/one';
select pg_temp.begin('a', 's');
select is((select string_agg(coalesce(b.store_url, 'configured'), ' ' order by b.size_bytes) from begun b),
    's3://other/ configured');
update internal.files set store = 1 where user_id = :editor and file_path = 'a/one';
delete from internal.garbage where reason = 'replaced';
select is(pg_temp.finish('a', 's'), '2');
select is((select string_agg(f.store::text, ' ' order by f.file_path desc) from internal.files f
    where f.file_path like 's/%'), '77 1', 'a copy stays where it was made, even if its source has moved since');

-- Who.
select is(pg_temp.put('mine', 'm', :admin) is not null, true);
select is(pg_temp.copy('mine', 'mine too', :admin, 'coffer_admin'), '1', 'an admin copies their own files');
select is(pg_temp.copy('a', 'x', :admin, 'coffer_admin'), 'KF002', 'and no others');
select is(pg_temp.begin_copy('a', 'x', gen_random_uuid()), 'KF011 The session has ended.');
select is(pg_temp.attempt('coffer_anonymous', null, 'select api.begin_copy(''a'', ''x'')'), '42501');

select is_empty($$
    select l.user_id from internal.ledgers l
    where l.used_bytes <> (select coalesce(sum(f.size_bytes), 0) from internal.files f where f.user_id = l.user_id)
    union all
    select g.user_id from internal.kept_blobs k join internal.garbage g using (blob, store)
    union all
    select null from internal.verify_audit()
$$, 'totals are right, no kept blob is garbage, and the audit log is whole');
select * from finish();
rollback;
