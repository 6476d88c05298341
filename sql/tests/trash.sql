-- The trash: what goes there, who sees it, how it comes back, and when it is gone.
begin;
\ir setup.psql
select no_plan();

create function pg_temp.put(p_path text, p_content text, p_user uuid = '00000000-0000-4000-8000-00000000000e')
returns text language plpgsql as $$
declare
    -- The same content can be stored twice.
    blob constant text := md5(gen_random_uuid()::text);
    begun text;
begin
    begun := pg_temp.attempt('coffer_editor', p_user,
        format('select api.begin_upload(%L, %L, null, null, false)', blob, p_path));
    if begun ~ '^(KF|23)' then
        return begun;
    end if;
    return pg_temp.attempt('coffer_editor', p_user, format(
        'select api.store_file(%L, %L, null, null, %s, sha256(%L), null, false)', blob, p_path,
        octet_length(p_content), p_content));
end
$$;
create function pg_temp.do(p_sql text, p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text
language sql as $$ select pg_temp.attempt('coffer_editor', p_user, p_sql) $$;
create function pg_temp.files(p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text language sql as $$
    select string_agg(f.file_path || '=' || f.size_bytes, ' ' order by f.file_path)
    from internal.files f where f.user_id = p_user
$$;
create function pg_temp.trash(p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text language sql as $$
    select string_agg(left(t.reason, 1) || ':' || t.file_path || '=' || t.size_bytes, ' '
        order by t.file_path, t.size_bytes)
    from internal.trash t where t.user_id = p_user
$$;
create function pg_temp.entry(p_path text) returns uuid language sql as $$
    select t.id from internal.trash t where t.file_path = p_path order by t.removed_at desc, t.stored_at desc limit 1
$$;
-- Totals that are wrong, or blobs that are in no list or in two; there must be none.
create function pg_temp.wrong() returns setof text language sql as $$
    select l.user_id || ' ' || l.used_bytes || ' ' || l.trash_bytes || ' ' || l.version_bytes
    from internal.ledgers l
    where l.used_bytes <> (select coalesce(sum(f.size_bytes), 0) from internal.files f where f.user_id = l.user_id)
        or l.trash_bytes <> (select coalesce(sum(t.size_bytes), 0) from internal.trash t where t.user_id = l.user_id)
        or l.version_bytes <> (select coalesce(sum(t.size_bytes), 0) from internal.trash t
            where t.user_id = l.user_id and t.reason = 'replaced')
    union all
    select 'kept and garbage: ' || k.blob from internal.kept_blobs k join internal.garbage g using (blob, store)
    union all
    select 'twice: ' || k.blob from internal.kept_blobs k group by k.blob having count(*) > 1
    union all
    select 'file and folder: ' || f.file_path from internal.files f join internal.folders d
        on d.user_id = f.user_id and concat_ws('/', nullif(d.parent, ''), d.name) = f.file_path
$$;
-- Time passes between two statements of one transaction.
create function pg_temp.age() returns void language sql as $$
    update internal.trash set removed_at = removed_at - interval '1 hour', stored_at = stored_at - interval '1 hour';
    update internal.files set stored_at = stored_at - interval '1 hour', created_at = created_at - interval '1 hour';
    update internal.former_paths set left_at = left_at - interval '1 hour';
    update internal.trash_folders set removed_at = removed_at - interval '1 hour';
$$;

create function pg_temp.remove(p_path text) returns text language sql as $$
    select pg_temp.do(format(
        'with d as (delete from api.files where file_path like %L returning 1) select count(*) from d', p_path))
$$;
create function pg_temp.rename(p_from text, p_to text) returns text language sql as $$
    select pg_temp.do(format('with u as (update api.files set file_path = %L where file_path = %L returning 1)
        select count(*) from u', p_to, p_from))
$$;
-- Restores what the trash has of this path, at another time than it was stored.
create function pg_temp.restore(p_path text, p_to text = null) returns text language sql as $$
    select pg_temp.age();
    select pg_temp.do(format('select api.restore(%L, %L, null)', pg_temp.entry(p_path), p_to));
$$;
create function pg_temp.restore(p_entry uuid, p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text
language sql as $$
    select pg_temp.age();
    select pg_temp.do(format('select api.restore(null, null, %L)', p_entry), p_user);
$$;

-- Deleting.
select pg_temp.put('a/one', '1') as one \gset
select isnt(pg_temp.put('a/two', '22'), null);
select is(pg_temp.do('with d as (delete from api.files where file_path = ''a/one'' returning 1) select count(*) from d'),
    '1');
select is(pg_temp.trash(), 'd:a/one=1', 'a deleted file is in the trash');
select is((select count(*) from internal.garbage where reason <> 'uploading'), 0::bigint, 'its blob is not garbage');
select is((select used_bytes || ' ' || trash_bytes || ' ' || version_bytes from internal.ledgers where user_id = :editor),
    '2 1 0', 'its bytes are counted in the trash');
select is((select expires_at - removed_at from internal.trash), interval '30 days', 'it is kept for thirty days');
select is((select string_agg(action || ' ' || subject, ' ' order by id) from internal.audit_log
    where user_id = :editor and action <> 'user_create'), 'store a/one store a/two trash a/one', 'that is recorded');
select is_empty('select pg_temp.wrong()');

-- Restoring a file.
select is(pg_temp.do(format('select api.restore(%L, null, null)', pg_temp.entry('a/one')), :other), 'KF002',
    'another user cannot restore it');
select is(pg_temp.restore('a/one'), '"' || :'one' || '"',
    'a restored file has its id');
select is(pg_temp.files() || coalesce(pg_temp.trash(), ''), 'a/one=1 a/two=2', 'a restored file is not in the trash');
select is((select action || ' ' || subject from internal.audit_log where user_id = :editor order by id desc limit 1),
    'restore a/one', 'that is recorded');
select is_empty('select pg_temp.wrong()');
select is(pg_temp.remove('a/one'), '1');
select isnt(pg_temp.put('a/one', '333'), null);
select is(pg_temp.restore('a/one'), '23505',
    'a file does not come back to a path that is taken');
select isnt(pg_temp.restore('a/one', 'a/old'), null,
    'it comes back to another path');
select is(pg_temp.files(), 'a/old=1 a/one=3 a/two=2');
select is(pg_temp.do(format('select api.restore(%L, null, null)', gen_random_uuid())), 'KF002',
    'what is not in the trash cannot be restored');
select is(pg_temp.do('select api.restore(null, null, null)') || pg_temp.do(format('select api.restore(%L, null, %L)',
    gen_random_uuid(), gen_random_uuid())), 'KF014KF014', 'a row or an entry must be named');
select is_empty('select pg_temp.wrong()');

-- Versions.
select is(pg_temp.put('a/two', '4444'), (select id::text from internal.files where file_path = 'a/two'));
select is(pg_temp.trash(), 'r:a/two=2', 'a replaced content is a version');
select is((select used_bytes || ' ' || trash_bytes || ' ' || version_bytes from internal.ledgers where user_id = :editor),
    '8 2 2', 'its bytes are counted');
select isnt(pg_temp.put('a/two', '4444'), null);
select is(pg_temp.trash(), 'r:a/two=2', 'the same content makes no version');
select isnt(pg_temp.put('empty', ''), null);
select isnt(pg_temp.put('empty', '55555'), null);
select is(pg_temp.trash(), 'r:a/two=2', 'an empty content makes no version');
select is_empty('select pg_temp.wrong()');
select pg_temp.age() \g /dev/null
select is(pg_temp.restore('a/two'),
    (select '"' || id || '"' from internal.files where file_path = 'a/two'));
select is(pg_temp.files() || ' ' || pg_temp.trash(), 'a/old=1 a/one=3 a/two=2 empty=5 r:a/two=4',
    'a restored version is the content, and the content is a version');
select is_empty('select pg_temp.wrong()');
select is(pg_temp.restore('a/two', 'copy') ~ '^"', true);
select is(pg_temp.files() || coalesce(pg_temp.trash(), ''), 'a/old=1 a/one=3 a/two=2 copy=4 empty=5',
    'a version can become a file of its own');
select is_empty('select pg_temp.wrong()');

-- Folders.
select is(pg_temp.do('select api.delete_folder(''a'')'), '3', 'a folder goes with its files');
select is((select count(distinct entry_id) || ' ' || count(*) from internal.trash), '1 3', 'as one entry');
select is(pg_temp.files(), 'copy=4 empty=5');
select is(pg_temp.do('select api.delete_folder(''a'')'), 'KF047', 'it is gone then');
select is(pg_temp.do('select api.delete_folder(''copy'')'), 'KF047', 'a file is no folder');
select is(pg_temp.do('select api.delete_folder('''')'), 'KF003', 'the root cannot be deleted');
select is(pg_temp.restore((select entry_id from internal.trash limit 1), :other), 'KF002', 'another user cannot restore the entry');
select isnt(pg_temp.put('a/two', 'x'), null);
select is(pg_temp.restore((select entry_id from internal.trash limit 1)),
    '23505', 'all of an entry comes back, or nothing');
select is(pg_temp.files(), 'a/two=1 copy=4 empty=5');
select is(pg_temp.remove('a/two'), '1');
select is(pg_temp.restore((select entry_id from internal.trash group by 1 having count(*) = 3)), '3', 'an entry comes back');
select is(pg_temp.files(), 'a/old=1 a/one=3 a/two=2 copy=4 empty=5');
select is_empty('select pg_temp.wrong()');
select is(pg_temp.do('select api.create_folder(''new/er'')'), '');
select is((select string_agg(parent || '/' || name, ' ' order by parent, name) from internal.folders
    where user_id = :editor and is_created), '/new new/er', 'a folder is created with those above it');
select is(pg_temp.do('select api.create_folder(''new/er'')') || pg_temp.do('select api.create_folder(''a'')')
    || pg_temp.do('select api.create_folder(''copy'')') || pg_temp.do('select api.create_folder(''copy/x'')'),
    '23505235052350523505', 'a folder cannot be created where a folder or a file is');
select is(pg_temp.do('select api.create_folder(''x//y'')'), 'KF003', 'the rules of paths hold');
select is(pg_temp.do('select string_agg(name, '' '') from api.list_folder(null, null, null)'), 'a new copy empty',
    'empty folders are listed');
select isnt(pg_temp.put('new/er/file', 'x'), null);
select is(pg_temp.remove('new/%'), '1');
select is(pg_temp.do('select string_agg(name, '' '') from api.list_folder(''new'', null, null)'), 'er',
    'a created folder stays when its last file goes');
select is(pg_temp.do('select api.move_folder(''new'', ''b/new'')'), '0', 'an empty folder can be moved');
select is((select string_agg(parent || '/' || name, ' ' order by parent, name) from internal.folders
    where user_id = :editor and is_created), '/b b/new b/new/er', 'with those below it');
select is(pg_temp.do('select api.delete_folder(''b'')'), '0');
select is((select count(*) from internal.folders where user_id = :editor and is_created), 0::bigint,
    'a deleted folder takes those below along');

-- A path is a file or a folder, also for an upload that did not ask before.
create function pg_temp.put_at_once(p_path text) returns text language sql as $$
    select pg_temp.do(format('select api.store_file(%L, %L, null, null, 1, sha256(''x''), null, false, ''file:///a'')',
        md5(gen_random_uuid()::text), p_path))
$$;
select is(pg_temp.put_at_once('copy/x') || pg_temp.put_at_once('a'), '2350523505', 'the triggers refuse it');
select is(pg_temp.put('copy/x', 'x') || pg_temp.put('a', 'x'), '2350523505', 'an upload cannot make a path both');
select is(pg_temp.rename('empty', 'copy/x')
    || pg_temp.rename('empty', 'a'), '2350523505',
    'nor can a rename');
select is(pg_temp.do('select api.move_folder(''a'', ''copy'')') || pg_temp.do('select api.move_folder(''a'', ''copy/a'')'),
    '2350523505', 'nor can a move');
select is(pg_temp.rename('copy', 'copy/x'), '1',
    'a file can move into a folder that has its name');
select is(pg_temp.rename('copy/x', 'copy'), '1',
    'and back');
select is_empty('select pg_temp.wrong()');

-- Who sees the trash.
select is(pg_temp.do('select count(*) from api.trash', :other), '0', 'another editor sees nothing');
select is(pg_temp.do('with d as (delete from api.trash returning 1) select count(*) from d', :other), '0',
    'and removes nothing');
select is(pg_temp.attempt('coffer_admin', :admin, 'select count(*) from api.trash where owner_email ~ ''^Editor'''),
    (select count(*)::text from internal.trash where user_id = :editor), 'an admin sees everyone''s');
select is(pg_temp.attempt('coffer_admin', :admin,
    'with d as (delete from api.trash returning 1) select count(*) from d'), '0', 'but removes nothing');
select is(pg_temp.attempt('coffer_admin', :admin, format('select count(*) from api.retrieve_version(%L)',
    (select id from internal.trash limit 1))), '0', 'nor reads a byte');
select is(pg_temp.do(format('select file_path from api.retrieve_version(%L)', pg_temp.entry('a/two'))), 'a/two',
    'the owner can read a version');
select is(pg_temp.do('update api.trash set file_path = ''x''') || pg_temp.attempt('coffer_anonymous', null,
    'select count(*) from api.trash'), '4250142501', 'nobody changes it, and strangers see nothing');

-- Removing for good.
select is(pg_temp.do('with d as (delete from api.trash where file_path = ''a/two'' returning 1) select count(*) from d'),
    '1');
select is((select action || ' ' || subject from internal.audit_log where user_id = :editor order by id desc limit 1),
    'purge a/two', 'a removal for good is recorded');
select is((select count(*) from internal.garbage where reason = 'deleted' and user_id = :editor), 1::bigint,
    'and the blob is garbage');
select is_empty('select pg_temp.wrong()');
update internal.trash set expires_at = now() - interval '1 second' where file_path = 'new/er/file';
select isnt(pg_temp.put('stays', 'x'), null);
select is(pg_temp.remove('stays'), '1');
select is(pg_temp.attempt('coffer_owner', null, 'select internal.expire_trash(0)') || ' '
    || pg_temp.attempt('coffer_owner', null, 'select internal.expire_trash(10)'), '0 1', 'expired rows are removed');
select is_empty('select pg_temp.wrong()');

-- A deleted file is no version, also if its id is a file's again.
select isnt(pg_temp.put('twice', 'old'), null);
select isnt(pg_temp.put('twice', 'newer'), null);
select is(pg_temp.remove('twice'), '1');
select pg_temp.age() \g /dev/null
select matches(pg_temp.do(format('select api.restore(%L, null, null)',
    (select id from internal.trash where file_path = 'twice' and reason = 'replaced'))), '^"');
select is(pg_temp.restore('twice'), '23505', 'it does not replace the file');
select is(pg_temp.do('select api.delete_folder(''twice'')'), 'KF047');
select is_empty('select pg_temp.wrong()');

-- Garbage collection takes no blob that the trash has.
insert into internal.garbage (blob, reason, listed_at)
select blob, 'deleted', now() - interval '9 days' from internal.trash where file_path = 'stays';
select is((select count(*) from internal.take_garbage('0', 1000) g join internal.trash t on t.blob = g.blob),
    0::bigint, 'the blob of a row of the trash is not taken');
delete from internal.garbage g using internal.trash t where t.blob = g.blob;

-- Created folders that move up, over themselves.
select is(pg_temp.do('select api.create_folder(''up/b/b'')'), '');
select isnt(pg_temp.put('up/b/b/x', 'x'), null);
select isnt(pg_temp.put('up/b/y', 'y'), null);
select is(pg_temp.do('select api.move_folder(''up/b'', ''up'')'), '2', 'a created folder can move up');
select is((select string_agg(concat_ws('/', nullif(parent, ''), name) || '=' || file_count, ' ' order by parent, name)
    from internal.folders where user_id = :editor and (parent = 'up' or parent ~ '^up/' or name = 'up')),
    'up=2 up/b=1', 'with right totals');
select is(pg_temp.remove('up/%'), '2');
select is(pg_temp.do('select api.delete_folder(''up'')'), '0');
select is_empty('select pg_temp.wrong()');

-- Created folders are deleted with the files, and come back with them.
create function pg_temp.folders() returns text language sql as $$
    select string_agg(concat_ws('/', nullif(parent, ''), name), ' ' order by parent, name)
    from internal.folders where user_id = '00000000-0000-4000-8000-00000000000e' and is_created
$$;
create function pg_temp.lost_folders() returns text language sql as $$
    select string_agg(folder, ' ' order by folder) from internal.trash_folders
$$;
select is(pg_temp.do('select api.create_folder(''made/by/hand'')'), '');
select isnt(pg_temp.put('made/file', 'x'), null);
select isnt(pg_temp.put('made/other', 'y'), null);
select is(pg_temp.do('select api.delete_folder(''made'')'), '2');
select is(pg_temp.folders(), null, 'created folders are deleted');
select is(pg_temp.lost_folders(), 'made made/by made/by/hand', 'the entry has them');
select is(pg_temp.do(format('select api.restore(null, null, %L)',
    (select entry_id from internal.trash where file_path = 'made/file')), :other), 'KF002');
select is(pg_temp.restore((select entry_id from internal.trash where file_path = 'made/file')), '2');
select is(pg_temp.folders(), 'made made/by made/by/hand', 'they come back with the files');
select is(pg_temp.lost_folders(), null);
select is(pg_temp.do('select api.delete_folder(''made/by'')'), '0');
select is(pg_temp.lost_folders(), null, 'an entry without files is none');
select is(pg_temp.do('select api.create_folder(''made/again'')'), '');
select is(pg_temp.do('select api.delete_folder(''made'')'), '2');
select is(pg_temp.restore('made/file') ~ '^"', true);
select is(pg_temp.lost_folders(), 'made made/again', 'the folders stay as long as one file of the entry');
select isnt(pg_temp.put('made/again', 'x'), null);
select is(pg_temp.restore((select entry_id from internal.trash where file_path = 'made/other')), '23505',
    'a created folder does not replace a file');
select is(pg_temp.remove('made/again'), '1');
delete from internal.trash where file_path in ('made/other', 'made/again');
select is(pg_temp.lost_folders(), null, 'they are forgotten when the last file is removed for good');
select is(pg_temp.do('select api.create_folder(''made/more'')'), '');
select is(pg_temp.do('select api.delete_folder(''made'')'), '1');
select is(pg_temp.do('select api.restore_folder(''made'', now() - interval ''1 minute'')') ~ '"restored" : 1', true);
select is(pg_temp.folders(), 'made made/more', 'a folder that comes back to a time has them, too');
select is(pg_temp.remove('made/%'), '1');
select is(pg_temp.do('select api.delete_folder(''made'')'), '0');
select is_empty('select pg_temp.wrong()');

-- The quota.
update internal.users set quota_bytes = (select used_bytes + trash_bytes from internal.ledgers where user_id = :editor)
where id = :editor;
select is(pg_temp.put('more', 'x'), 'KF006', 'the trash counts toward the quota');
select is(pg_temp.put('copy', 'y'), 'KF006', 'so does a version');
select is(pg_temp.put('copy', ''), (select id::text from internal.files where file_path = 'copy'),
    'a file can be emptied, whose content is kept');
select is(pg_temp.remove('a/one'), '1');
update internal.users set quota_bytes = 1 where id = :editor;
select is(pg_temp.restore('a/one') ~ '^"', true,
    'over the quota, what is in the trash can be restored');
select is_empty('select pg_temp.wrong()');
update internal.users set quota_bytes = null;

-- Files that were moved.
create function pg_temp.back(p_folder text) returns text language sql as $$
    select pg_temp.do(format('select api.restore_folder(%L, now() - interval ''30 minutes'')', p_folder))
$$;
delete from internal.files where user_id = :editor;
delete from internal.trash where user_id = :editor;
delete from internal.former_paths;
select isnt(pg_temp.put('m/a', 'a'), null);
select isnt(pg_temp.put('m/b', 'bb'), null);
select isnt(pg_temp.put('m/c', 'ccc'), null);
select isnt(pg_temp.put('m/d/e', 'eeee'), null);
select isnt(pg_temp.put('other', 'other'), null);
select pg_temp.age() \g /dev/null
select is(pg_temp.rename('m/a', 'm/a.locked'), '1');
select isnt(pg_temp.put('m/a.locked', 'encrypted'), null);
select is(pg_temp.rename('m/b', 'm/x'), '1');
select is(pg_temp.rename('m/c', 'm/b'), '1');
select is(pg_temp.rename('m/x', 'm/c'), '1');
select is(pg_temp.do('select api.move_folder(''m/d'', ''away/d'')'), '1');
select is(pg_temp.rename('other', 'm/other'), '1');
select is((select count(*) from internal.former_paths), 5::bigint, 'of two moves at once the first path counts');
select array_agg(id order by file_path) as ids from internal.files where user_id = :editor
    and file_path in ('m/a.locked', 'm/b', 'm/c') \gset
select is(pg_temp.back('m'), '{"kept" : 0, "restored" : 4, "removed" : 2}', 'names come back, too');
select is(pg_temp.files(), 'm/a=1 m/b=2 m/c=3 m/d/e=4', 'from other folders, and changed ones');
select is((select array[a.id, c.id, b.id] from internal.files a, internal.files b, internal.files c
    where a.file_path = 'm/a' and b.file_path = 'm/b' and c.file_path = 'm/c'), :'ids', 'each file has its id');
select is(pg_temp.trash(), 'd:m/a.locked=9 d:m/other=5', 'what has no place any longer is in the trash');
select is_empty('select pg_temp.wrong()');
select is(pg_temp.back('m'), '{"kept" : 4, "restored" : 0, "removed" : 0}', 'doing it again changes nothing');
update internal.former_paths set expires_at = now();
select is(pg_temp.attempt('coffer_owner', null, 'select internal.expire_trash(3)'), '0');
select is((select count(*) from internal.former_paths), 2::bigint, 'former paths expire');
select is(pg_temp.attempt('coffer_owner', null, 'select internal.expire_trash(3)'), '0');
select is_empty('select 1 from internal.former_paths');

-- A folder as it was.
delete from internal.files where user_id = :editor;
delete from internal.trash where user_id = :editor;
select isnt(pg_temp.put('w/a', 'a'), null);
select isnt(pg_temp.put('w/b', 'bb'), null);
select isnt(pg_temp.put('w/c', 'ccc'), null);
select isnt(pg_temp.put('x', 'x'), null);
select pg_temp.age() \g /dev/null
select isnt(pg_temp.put('w/a', 'encrypted'), null);
select is(pg_temp.remove('w/b'), '1');
select isnt(pg_temp.put('w/new', 'n'), null);
select isnt(pg_temp.put('w/c', 'ccc'), null, 'the same content is no other one');
select is((select action from internal.audit_log where user_id = :editor order by id desc limit 1), 'store');
select isnt(pg_temp.put('x', 'encrypted'), null);
select is(pg_temp.do('select api.restore_folder(''w'', now() - interval ''30 minutes'')'),
    '{"kept" : 1, "restored" : 2, "removed" : 2}', 'a folder is as it was');
select is(pg_temp.files(), 'w/a=1 w/b=2 w/c=3 x=9', 'and nothing else');
select is(pg_temp.trash(), 'd:w/a=9 d:w/new=1 r:x=1', 'what was there is in the trash');
select is_empty('select pg_temp.wrong()');
select is(pg_temp.do('select api.restore_folder(null, now() - interval ''30 minutes'')'),
    '{"kept" : 3, "restored" : 1, "removed" : 1}', 'so can everything be');
select is(pg_temp.files(), 'w/a=1 w/b=2 w/c=3 x=1');
select is(pg_temp.remove('w/c'), '1');
select pg_temp.age() \g /dev/null
select is(pg_temp.do('select api.restore_folder(''w'', now() - interval ''30 minutes'')'),
    '{"kept" : 2, "restored" : 0, "removed" : 0}', 'what was deleted before that time stays deleted');
select isnt(pg_temp.put('w/c', 'ccc'), null);
select is(pg_temp.do('select api.restore_folder(''w'', null)'), 'KF014', 'the time is needed');
select is(pg_temp.do('select api.restore_folder(''w'', now())', :other), '{"kept" : 0, "restored" : 0, "removed" : 0}',
    'another user''s folder stays');
select is_empty('select pg_temp.wrong()');

-- Nothing is kept.
select set_config('coffer.trash_days', '0', true), set_config('coffer.version_days', '0', true) \g /dev/null
delete from internal.trash where user_id = :editor;
select isnt(pg_temp.put('w/a', 'other'), null);
select is(pg_temp.remove('w/b'), '1');
select is(pg_temp.trash(), null, 'with zero days nothing goes to the trash');
select is_empty('select pg_temp.wrong()');

-- A deleted user, by the function and by the row alone.
select set_config('coffer.trash_days', '', true), set_config('coffer.version_days', '', true) \g /dev/null
select is(pg_temp.remove('w/c'), '1');
select isnt(pg_temp.put('f', 'f', :other), null);
select isnt(pg_temp.put('f', 'ff', :other), null);
select max(id) as last from internal.audit_log \gset
select is(pg_temp.failure('coffer_owner', null, 'select internal.delete_user(''editor@test.invalid'')'), 'no failure');
select is((select string_agg(distinct action, ' ' order by action) from internal.audit_log
    where user_id = :editor and id > :last), 'delete purge user_delete',
    'a deleted user''s files do not go to the trash first');
delete from internal.users where id = :other;
select is((select count(*) from internal.kept_blobs where user_id in (:editor, :other)), 0::bigint,
    'a deleted user''s trash is gone');
select is_empty('select pg_temp.wrong()');
select is_empty('select * from internal.verify_audit()', 'the chain has all rows of these changes');

select * from finish();
rollback;
