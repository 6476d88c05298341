-- Listing folders, their totals, and moving them.
begin;
\ir setup.psql
select plan(70);

-- As on an installation that keeps nothing; trash.sql has the others.
select set_config('coffer.trash_days', '0', true), set_config('coffer.version_days', '0', true) \g /dev/null

-- Folders whose totals are wrong, including folders that are missing and those without files; there must be none.
create function pg_temp.miscounted() returns setof text language sql as $$
    select coalesce(f.user_id, s.user_id) || ' ' || coalesce(concat_ws('/', nullif(f.parent, ''), f.name), s.folder)
    from internal.folders f
    full join (
        select user_id, folder, count(*) as files, sum(size_bytes) as bytes
        from internal.files, lateral (
            select array_to_string(names[:n], '/') as folder
            from string_to_array(file_path, '/') names, generate_series(1, cardinality(names) - 1) n) above
        group by 1, 2) s on s.user_id = f.user_id and s.folder = concat_ws('/', nullif(f.parent, ''), f.name)
    where (f.file_count, f.size_bytes) is distinct from (coalesce(s.files, 0), coalesce(s.bytes, 0))
        or f.file_count = 0 and not f.is_created
$$;
create function pg_temp.listed(p_folder text, p_limit bigint = null, p_cursor text = null,
    p_user uuid = '00000000-0000-4000-8000-00000000000e', p_role text = 'coffer_editor') returns text
language sql as $$
    select pg_temp.attempt(p_role, p_user, format('select string_agg(case when is_folder
            then format(''%%s/(%%s, %%s)'', name, file_count, size_bytes) else format(''%%s(%%s)'', name, size_bytes)
                end, '' '')
        from api.list_folder(%L, %L, %L)', p_folder, p_limit, p_cursor))
$$;
create function pg_temp.moved(p_from text, p_to text, p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text
language sql as $$
    select pg_temp.attempt('coffer_editor', p_user, format('select api.move_folder(%L, %L)', p_from, p_to))
$$;
create function pg_temp.paths(p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text language sql as $$
    select string_agg(file_path, ' ' order by file_path) from internal.files where user_id = p_user
$$;
create function pg_temp.put(variadic p_paths text[]) returns text language sql as $$
    select string_agg(pg_temp.store('00000000-0000-4000-8000-00000000000e', path, path), ' ') from unnest(p_paths) path
$$;

-- Totals.
select is_empty('select pg_temp.miscounted()', 'the totals of existing folders are right');
select lives_ok($$ select pg_temp.put('top', 'a/1', 'a/22', 'a/b/333', 'a/b/c/4444', 'B/5', 'é/6') $$);
select is_empty('select pg_temp.miscounted()', 'the totals are right after new files');
select is(pg_temp.listed(''), 'B/(1, 3) a/(4, 24) é/(1, 4) top(3)',
    'the root lists folders, then files, each bytewise by name');
select is(pg_temp.listed(null), pg_temp.listed(''), 'null lists the root');
select is(pg_temp.listed('a'), 'b/(2, 17) 1(3) 22(4)', 'a folder lists one level, with the totals of its folders');
select is(pg_temp.listed('a/b/c'), '4444(10)', 'a folder without folders lists its files');
select is(pg_temp.listed('none'), null, 'an unknown folder is empty');
select is(pg_temp.listed('top'), null, 'a file lists as an empty folder');
select is(pg_temp.listed(U&'e\0301'), '6(4)', 'a folder is found in any Unicode form');
select is(pg_temp.listed('a/'), 'KF003', 'a folder with a slash at its end is refused');
select is(pg_temp.listed('../a'), 'KF003', 'a folder with a segment ".." is refused');
select is(pg_temp.attempt('coffer_editor', :editor,
    'select string_agg(concat_ws('' '', l.id = f.id, l.user_id, l.file_path,
        l.content_type, l.sha256 = f.sha256, l.created_at = f.created_at, l.updated_at = f.updated_at,
        l.file_count), '', '')
    from api.list_folder(''a/b'', null, null) l left join api.files f on f.file_path = l.file_path'),
    '1, t 00000000-0000-4000-8000-00000000000e a/b/333 application/octet-stream t t t',
    'an entry has the columns of a file, or the number of files of a folder');
select is(pg_temp.listed('', p_user => :other), null, 'another user does not see the folders');
select is(pg_temp.listed('', p_user => :admin, p_role => 'coffer_admin'), null,
    'an admin does not see the folders of others');
select is(pg_temp.listed('', p_user => null), null, 'a role without a user sees no folder');
select is(pg_temp.listed('', p_role => 'coffer_anonymous'), '42501', 'an anonymous client cannot list folders');
grant usage on schema internal to coffer_admin;
select is(pg_temp.attempt('coffer_admin', :admin, 'select count(*) from internal.folders'), '42501',
    'no role can read the table');

-- Pages.
create function pg_temp.first() returns text language sql as $$
    select pg_temp.attempt('coffer_editor', '00000000-0000-4000-8000-00000000000e',
        'select cursor from api.list_folder('''', 1, null)')
$$;
create function pg_temp.pages(p_folder text, p_size int) returns text
language plpgsql as $$
declare
    entry record;
    after text;
    found_any boolean;
    result text := '';
begin
    perform set_config('coffer.user_id', '00000000-0000-4000-8000-00000000000e', true);
    loop
        found_any := false;
        for entry in select * from api.list_folder(p_folder, p_size, after) loop
            result := result || entry.name || ' ';
            after := entry.cursor;
            found_any := true;
        end loop;
        exit when not found_any;
        result := result || '| ';
    end loop;
    perform set_config('coffer.user_id', '', true);
    return result;
end
$$;
select is(pg_temp.pages('', 1), 'B | a | é | top | ', 'pages of one entry follow each other');
select is(pg_temp.pages('', 2), 'B a | é top | ', 'a page can have folders and files');
select is(pg_temp.pages('', 4), 'B a é top | ', 'one page can have all entries');
select is(pg_temp.pages('a', 2), 'b 1 | 22 | ', 'pages of a folder below the root follow each other');
select is(pg_temp.listed('', 0), null, 'a page of no entries is empty');
select is(pg_temp.listed('', -1), 'KF014', 'a negative limit is refused');
select is((select string_agg(coalesce(pg_temp.listed('', null, c), 'none'), ' ') from unnest(array['', 'x', 'd', 'dQg=',
    'eQg', 'd*', 'd_w', 'dQh'])
    with ordinality as t (c, n)), 'KF014 KF014 KF014 KF014 KF014 KF014 KF014 KF014', 'an invalid cursor is refused');
select is(pg_temp.listed('', null, pg_temp.first()), 'a/(4, 24) é/(1, 4) top(3)',
    'a page begins after the entry of its cursor');
select pg_temp.first() as cursor \gset
select is(pg_temp.attempt('coffer_editor', :editor,
    'with d as (delete from api.files where file_path in (''B/5'', ''top'') returning 1) select count(*) from d'), '2');
select lives_ok($$ select pg_temp.put('A/new', 'aa/new') $$);
select is(pg_temp.listed('', null, :'cursor'), 'a/(4, 24) aa/(1, 6) é/(1, 4)',
    'a cursor works when its entry is deleted and others were added');
select is(internal.folder_cursor_name(internal.folder_cursor(false, repeat('é', 127))), repeat('é', 127),
    'a cursor can have the longest name');

-- Totals follow every change.
select is_empty('select pg_temp.miscounted()', 'deleted files are no longer counted');
select is(pg_temp.attempt('coffer_editor', :editor,
    format('select api.begin_upload(%L, ''a/b/333'', null, null, false)', md5('big'))), null);
select isnt(pg_temp.attempt('coffer_editor', :editor, format(
    'select api.store_file(%L, ''a/b/333'', null, null, 1000, sha256(''''), null, false)', md5('big'))), null);
select is(pg_temp.listed('a'), 'b/(2, 1010) 1(3) 22(4)', 'an overwrite changes the bytes of its folders');
select is(pg_temp.failure('coffer_editor', :editor,
    'update api.files set file_path = ''a/d/'' || size_bytes || ''.'' || file_path where file_path like ''a/b/%'''),
    'no failure');
select is(pg_temp.listed('a'), 'd/(2, 1010) 1(3) 22(4)', 'moved files change the totals of both folders');
select is_empty('select pg_temp.miscounted()', 'all totals are right after a move');
select is(pg_temp.failure('coffer_editor', :editor, 'update api.files set description = ''x'''), 'no failure');
select is_empty('select pg_temp.miscounted()', 'a new description changes no total');

-- Moving folders.
delete from internal.files where user_id = :editor;
select is_empty('select from internal.folders where user_id = ''00000000-0000-4000-8000-00000000000e''',
    'a user without files has no folders');
select lives_ok($$ select pg_temp.put('a/b/x', 'a/b/b/x', 'a/b/b/b/x', 'a/b/b/y', 'a/bc', 'a-') $$);
select is(pg_temp.moved('a/b', 'c/d'), '4', 'moving a folder moves all files below it');
select is(pg_temp.paths(), 'a- a/bc c/d/b/b/x c/d/b/x c/d/b/y c/d/x', 'moving a folder moves nothing else');
select is((select count(*)::int from internal.audit_log where action = 'move' and user_id = :editor
    and subject like 'c/d/%'),
    4, 'each moved file is recorded in the audit log');
select is(pg_temp.moved('c/d', 'a/b'), '4', 'a folder can be moved back');
select is(pg_temp.moved('a/b', 'a/b') || ' ' || pg_temp.moved('a/b', 'a/b/c'), 'KF029 KF029',
    'a folder cannot be moved into itself');
select is(pg_temp.moved('a/b', '') || ' ' || pg_temp.moved('/a', 'b') || ' ' || pg_temp.moved(null, 'b'),
    'KF003 KF003 KF003', 'the paths of a move must be valid');
select is(pg_temp.moved('a/b', rpad('', 255, 'n') || repeat('/' || rpad('', 254, 'n'), 3)), 'KF003',
    'the paths after a move must be valid');
select is(pg_temp.moved('none', 'b'), '0', 'moving an unknown folder moves no file');
select is(pg_temp.moved('a/b', 'z', :other), '0', 'moving another user''s folder moves no file');
select is((select count(*)::int from internal.audit_log where action = 'move' and user_id = :editor), 10,
    'moves that fail are not recorded');
select isnt(pg_temp.put('a/x'), null);
select is(pg_temp.moved('a/b', 'a'), '23505', 'a move up is refused if a file has the path of another folder''s file');
delete from internal.files where user_id = :editor and file_path = 'a/x';
select is(pg_temp.moved('a/b', 'a'), '4', 'a folder can be moved up');
select is(pg_temp.paths(), 'a- a/b/b/x a/b/x a/b/y a/bc a/x',
    'moved files can take the paths of files that were moved before them');
select lives_ok($$ select pg_temp.put('a/b/b/b/b/b/z', 'a/b/b/b/z', 'a/b/b/b/b/y') $$);
delete from internal.files where user_id = :editor and file_path = 'a/x';
select is(pg_temp.moved('a/b/b', 'a'), '4', 'a folder can be moved up two levels, over its own files');
select is(pg_temp.paths(), 'a- a/b/b/b/z a/b/b/y a/b/x a/b/y a/b/z a/bc a/x', 'each file is moved once');
select is_empty('select pg_temp.miscounted()', 'all totals are right after moves up');
select is(pg_temp.moved('a/b', 'a') || ' ' || pg_temp.paths(), '23505 a- a/b/b/b/z a/b/b/y a/b/x a/b/y a/b/z a/bc a/x',
    'nothing is moved if one path is taken');

-- Many files, after a statement that changed only one: its plan must not be used for all.
update internal.files set file_path = 'one' where user_id = :editor and file_path = 'a-';
insert into internal.files (user_id, file_path, content_type, size_bytes, sha256, blob)
select :editor, 'many/' || n % 100 || '/' || n, 'a/b', n, sha256(''), md5('many' || n) from generate_series(1, 20000) n;
select is(pg_temp.moved('many', 'more/of/them'), '20000', 'twenty thousand files can be moved');
select is_empty('select pg_temp.miscounted()', 'twenty thousand moved files are counted in their new folders');
update internal.files set blob = md5(blob),
    size_bytes = size_bytes + 1 where user_id = :editor and file_path like 'more/%';
select is((select count(*)::int from internal.garbage where reason = 'replaced' and user_id = :editor) >= 20000, true,
    'twenty thousand files can be replaced');
select is(pg_temp.attempt('coffer_editor', :editor,
    'with d as (delete from api.files where file_path like ''more/%'' returning 1) select count(*) from d'), '20000',
    'twenty thousand files can be deleted');
select is_empty('select pg_temp.miscounted()', 'no total counts deleted files');
select is((select file_count || ' ' || used_bytes from internal.ledgers where user_id = :editor),
    (select count(*) || ' ' || sum(size_bytes) from internal.files where user_id = :editor),
    'the user''s totals do not count deleted files');
select is_empty('select * from internal.verify_audit()', 'the chain has all rows of these changes');
select is(pg_temp.failure('coffer_owner', null, 'select internal.delete_user(''editor@test.invalid'')'), 'no failure');
select is_empty('select pg_temp.miscounted()', 'deleting a user keeps all totals right');
select is_empty('select from internal.folders where user_id = ''00000000-0000-4000-8000-00000000000e''',
    'a deleted user has no folders');

select * from finish();
rollback;
