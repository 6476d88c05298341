-- One-phase uploads: a blob with a pending marker in its store becomes a file in one call; markers also leave orphans.
begin;
\ir setup.psql
select plan(34);

-- As on an installation that keeps nothing; trash.sql has the others.
select set_config('coffer.trash_days', '0', true), set_config('coffer.version_days', '0', true) \g /dev/null

create function pg_temp.put(
    p_path text, p_content text, p_url text default 'file:///a', p_if_match text default null,
    p_if_none_match boolean default false) returns text
language sql as $$
    select pg_temp.attempt('coffer_editor', '00000000-0000-4000-8000-00000000000e', format(
        'select api.store_file(%L, %L, null, ''text/plain'', %s, %L, %L, %L, %L)', md5(p_content), p_path,
        octet_length(p_content), sha256(convert_to(p_content, 'UTF8')), p_if_match, p_if_none_match, p_url))
$$;
create function pg_temp.folders() returns text language sql as $$
    select string_agg(format('%s/%s %s %s', f.parent, f.name, f.file_count, f.size_bytes), ', ' order by f.parent,
        f.name)
    from internal.folders f where f.user_id = '00000000-0000-4000-8000-00000000000e'
$$;
create function pg_temp.usage() returns text language sql as $$
    select l.file_count || ' ' || l.used_bytes from internal.ledgers l
    where l.user_id = '00000000-0000-4000-8000-00000000000e'
$$;
create function pg_temp.log() returns text language sql as $$
    select string_agg(a.action || ' ' || a.subject, ', ' order by a.id) from internal.audit_log a
    where a.user_id = '00000000-0000-4000-8000-00000000000e' and a.action in ('store', 'move', 'delete')
$$;
create function pg_temp.garbage() returns text language sql as $$
    select string_agg(d.reason, ', ' order by d.blob collate "C") from internal.garbage d
$$;

select pg_temp.put('a/b/one', 'one') as one \gset
select matches(:'one'::text, '^[0-9a-f-]{36}$', 'a blob that was not listed becomes a file');
select is(pg_temp.usage(), '1 3', 'the upload is counted');
select is(pg_temp.folders(), '/a 1 3, a/b 1 3', 'the upload is counted in its folders');
select is(pg_temp.log(), 'store a/b/one', 'the upload is recorded');
select is(pg_temp.garbage(), null, 'nothing is garbage after an upload');
select is(pg_temp.put('a/b/one', 'longer'), :'one', 'overwriting keeps the id');
select is(pg_temp.usage(), '1 6', 'overwriting counts the difference');
select is(pg_temp.folders(), '/a 1 6, a/b 1 6', 'overwriting counts the difference in the folders');
select is(pg_temp.log(), 'store a/b/one, store a/b/one', 'overwriting is recorded');
select is(pg_temp.garbage(), 'replaced', 'overwriting lists the replaced blob as garbage');
select is(pg_temp.put('root', 'r') is not null, true, 'a file can be stored in the root');
select is(pg_temp.folders(), '/a 1 6, a/b 1 6', 'a file in the root is counted in no folder');
select is(pg_temp.put('a/b/one', 'x', p_if_none_match => true), 'KF004', 'If-None-Match is checked');
select is(pg_temp.put('a/b/one', 'x', p_if_match => encode(sha256('one'), 'hex')), 'KF004', 'If-Match is checked');
select is(pg_temp.put('none', 'x', p_if_match => '*'), 'KF004', 'If-Match of a missing file is refused');
select is(pg_temp.put('a/b/one', 'again', p_if_match => encode(sha256('longer'), 'hex')), :'one',
    'If-Match of the current version is accepted');
select is(pg_temp.put('a//b', 'x'), 'KF003', 'the path is checked');
update internal.users set quota_bytes = 10 where id = '00000000-0000-4000-8000-00000000000e';
select is(pg_temp.put('big', '12345'), 'KF006', 'the quota is checked');
select is(pg_temp.put('big', '1234') is not null, true, 'the quota can be used to the last byte');
select is(pg_temp.attempt('coffer_editor', '00000000-0000-4000-8000-00000000000e',
    'select api.store_file(''nothing'', ''x'', null, null, 1, sha256(''''), null, false, ''file:///a'')'), 'KF014',
    'an invalid blob name is refused');
select is(pg_temp.attempt('coffer_editor', gen_random_uuid(),
    'select api.store_file(md5(''z''), ''x'', null, null, 1, sha256(''''), null, false, ''file:///a'')'), 'KF011',
    'a deleted user is refused');

select is(pg_temp.put('theirs', 'one'), 'KF019', 'a blob that is garbage cannot become a file');
select is(pg_temp.attempt('coffer_editor', :other,
    'select api.store_file(md5(''1234''), ''x'', null, null, 4, sha256(''1234''), null, false, ''file:///a'')'),
        '23505',
    'the blob of a file cannot become another file');

-- A change that replaces and moves at once.
update internal.users set quota_bytes = null;
update internal.files set blob = md5('both'), size_bytes = 40, file_path = 'c/one' where id = :'one';
select is(pg_temp.usage(), '3 45', 'a file that is replaced and moved at once is counted once');
select is(pg_temp.folders(), '/c 1 40', 'a file that is replaced and moved at once is counted in its new folder');

-- Markers that outlive their upload.
select is(internal.add_orphans('file:///a', array[md5('both'), md5('lost')]), true, 'orphans are listed as garbage');
select is((select string_agg(d.blob, ' ') from internal.garbage d where d.reason = 'uploading'), md5('lost'),
    'the blob of a file is not listed as an orphan');
select is(internal.add_orphans('file:///a', array[md5('lost')]), true, 'an orphan can be listed again');
select is(pg_temp.put('late', 'lost'), 'KF019', 'an upload that commits after its blob was listed is refused');

-- Another store.
select internal.add_store('file:///a', 'file:///b') as store \gset
select is(pg_temp.put('x', 'x', 'file:///a') is not null, true, 'until the switch uploads go to the first store');
select internal.use_store(:store::smallint);
select is(pg_temp.put('y', 'y', 'file:///a'), null, 'after the switch an upload to the first store returns null');
select is((select count(*)::int from internal.files where file_path = 'y'), 0,
    'an upload that returns null stores nothing');
select is(pg_temp.put('y', 'y', 'file:///b') is not null, true, 'after the switch uploads go to the second store');
select is(internal.add_orphans('file:///c', array[md5('q')]), false, 'orphans of an unknown store are not listed');

select * from finish();
rollback;
