-- Resumable uploads: whose they are, the lease, the reservation in the quota, and how they end.
begin;
\ir setup.psql
select plan(48);

-- Runs a statement as the editor, or as another user; its value, or its failure.
create function pg_temp.as_user(p_sql text, p_user uuid = '00000000-0000-4000-8000-00000000000e') returns text
language plpgsql as $$
declare
    v_result text;
begin
    perform set_config('coffer.user_id', p_user::text, true), set_config('role', 'coffer_editor', true);
    execute p_sql into v_result;
    perform set_config('role', 'none', true), set_config('coffer.user_id', '', true);
    return v_result;
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
create function pg_temp.creating(p_path text, p_length bigint, p_blob text, p_if_match text = null,
    p_if_none_match boolean = false) returns text
language sql as $$
    select format('select api.create_upload(%L, %L, ''words'', ''text/plain'', ''1700000000'', ''m'', %s, %L, %L, 60)',
        p_blob, p_path, p_length, p_if_match, p_if_none_match)
$$;
create function pg_temp.create(p_path text, p_length bigint, p_blob text, p_if_match text = null,
    p_if_none_match boolean = false) returns text
language sql as $$
    select pg_temp.attempt('coffer_editor', '00000000-0000-4000-8000-00000000000e',
        pg_temp.creating(p_path, p_length, p_blob, p_if_match, p_if_none_match))
$$;
create function pg_temp.take(p_id text, p_offset bigint, p_hold boolean, p_force boolean) returns text
language sql as $$
    select pg_temp.as_user(format(
        'select format(''busy %%s, lease %%s, offset %%s'', is_busy, lease, offset_bytes) '
        'from api.take_upload(%L, %L, %L, %L)', p_id, p_offset, p_hold, p_force))
$$;
create function pg_temp.record(p_id text, p_lease bigint, p_offset bigint, p_hold boolean = true) returns text
language sql as $$
    select pg_temp.as_user(format('select api.record_upload(%L, %s, %s, ''d'', ''s'', 60, %L) is not null',
        p_id, p_lease, p_offset, p_hold))
$$;
create function pg_temp.reserved() returns numeric language sql as $$
    select internal.reserved_bytes('00000000-0000-4000-8000-00000000000e')
$$;
create function pg_temp.set_quota(p_quota bigint) returns text language sql as $$
    select pg_temp.failure('coffer_owner', null,
        format('select internal.set_quota(''editor@test.invalid'', %L)', p_quota))
$$;

-- Creation.
select pg_temp.create('dir/file', 100, md5('one')) as id \gset
select matches(:'id'::text, '^[0-9a-f-]{36}$', 'a creation returns the id');
select is((select extract(epoch from modified_at) from internal.uploads where id = :'id'), 1700000000::numeric,
    'the time of the content is kept');
select is(pg_temp.create('dir/file', 100, md5('one')), 'KF019', 'the name of a blob can be used once');
select is(pg_temp.create('dir/file', 100, 'x'), 'KF014', 'the name of a blob is checked');
select is(pg_temp.create('../file', 100, md5('two')), 'KF003', 'the path is checked');
select is(pg_temp.create('dir/file', -1, md5('two')), 'KF014', 'the length is checked');
select is(pg_temp.create('dir/file', 1, md5('two'), '*'), 'KF004', 'If-Match is checked');
select pg_temp.store(:editor, 'old', 'content') \gset ignored_
select is(pg_temp.create('old', 1, md5('two'), null, true), 'KF004', 'If-None-Match is checked');

-- The lease. It is a random number; here they are counted.
select isnt(internal.new_lease(), internal.new_lease(), 'each lease is another number');
create sequence pg_temp.leases;
create or replace function internal.new_lease() returns bigint language plpgsql volatile security definer as
    'begin return nextval(''pg_temp.leases''); end';
alter function internal.new_lease() owner to current_user;
grant execute on function internal.new_lease() to public;
select is(pg_temp.take(:'id', 1, true, true), 'KF051 The offset is not that of the upload',
    'another offset is refused');
select is(pg_temp.take(:'id', 0, true, true), 'busy f, lease 1, offset 0', 'a request takes the lease');
select is(pg_temp.as_user(format('select api.upload_is_wanted(%L, 1)', :'id')), 'false', 'the upload is not wanted');
select is(pg_temp.take(:'id', null, false, false), 'busy t, lease 1, offset 0', 'another request waits');
select is(pg_temp.as_user(format('select api.upload_is_wanted(%L, 1)', :'id')), 'true', 'so the first one must end');
select is(pg_temp.as_user(format('select api.hold_upload(%L, 1)', :'id')), '', 'it may still store what it has');
select is(pg_temp.record(:'id', 1, 40, false), 'true', 'and record it, and end');
select is(pg_temp.take(:'id', null, false, false), 'busy f, lease 2, offset 40', 'then the other one has the upload');
select is(pg_temp.as_user(format('select api.hold_upload(%L, 1)', :'id')),
    'KF054 Another request has taken over this upload.', 'the first one can store nothing any more');
select is(pg_temp.record(:'id', 1, 50), 'KF054 Another request has taken over this upload.', 'nor record anything');
select is(pg_temp.take(:'id', 40, true, true), 'busy f, lease 3, offset 40', 'one that writes has the next lease');
select is(pg_temp.take(:'id', 40, false, true), 'busy f, lease 4, offset 40', 'a request may force its turn');
select is(pg_temp.as_user(format('select api.upload_is_wanted(%L, 3)', :'id')), 'true', 'the one before must end');
select is(pg_temp.take(:'id', 40, true, true), 'busy f, lease 5, offset 40');
select is(pg_temp.as_user(format('select api.release_upload(%L, 5)', :'id')), '', 'a request that failed releases it');
select is(pg_temp.take(:'id', null, false, false), 'busy f, lease 6, offset 40', 'so the next one need not wait');

-- It is one user's.
select is(pg_temp.as_user(format('select api.end_upload(%L)', :'id'), :other), 'KF050 Upload not found.');
select is(pg_temp.as_user(format('select api.take_upload(%L, null, false, true)', :'id'), :other),
    'KF050 Upload not found.', 'another user finds no upload');
select is(pg_temp.as_user(format('select api.hold_upload(%L, 6)', :'id'), :other),
    'KF054 Another request has taken over this upload.', 'nor its lease');
select is(pg_temp.as_user('select count(*) from internal.uploads'), '42501 permission denied for schema internal',
    'nor its row');

-- The reservation.
select is(pg_temp.reserved(), 100::numeric, 'the whole length is reserved');
select is(pg_temp.set_quota(207), 'no failure');
select is(pg_temp.create('more', 101, md5('two')), 'KF006', 'a second upload must fit beside the first');
select is(pg_temp.as_user('select api.upload_room(''more'')'), '100', 'the room is less');
select is(pg_temp.as_user('select api.check_upload(''more'', 101, null, false)'), 'KF006 The quota would be exceeded',
    'an ordinary upload must fit, too');
select pg_temp.create('more', 100, md5('two')) as second \gset
select is(pg_temp.reserved(), 200::numeric);
select is(pg_temp.store(:editor, 'small', 'x'), 'KF006', 'then nothing else fits');
select is(pg_temp.as_user(format('select api.end_upload(%L)', :'second')), '', 'an upload can be ended');
select is(pg_temp.reserved(), 100::numeric, 'its reservation returns');
select is(pg_temp.as_user(format('select api.end_upload(%L)', :'second')), 'KF050 Upload not found.');

-- The commit.
select is(pg_temp.as_user(format('select api.store_file(%L, ''dir/file'', null, null, 100, sha256(''x''), null, false)',
    md5('one'))), 'KF019 The upload has expired.', 'an upload that is not complete is not stored');
select is(pg_temp.record(:'id', 6, 100), 'true');
select pg_temp.as_user(format('select api.store_file(%L, ''dir/file'', null, null, 100, sha256(''x''), null, false)',
    md5('one'))) as file \gset
select matches(:'file'::text, '^[0-9a-f-]{36}$', 'a complete one is');
select is(pg_temp.reserved(), 0::numeric, 'its reservation becomes a file');
select is((select used_bytes::bigint from internal.ledgers where user_id = :editor), 107::bigint);

-- What gc takes.
select set_eq('select blob from internal.take_ended_uploads(10)', array[md5('two')], 'gc takes what has ended');
select pg_temp.create('late', 50, md5('three')) as third \gset
update internal.uploads set expires_at = now() where id = :'third';
select is(pg_temp.take(:'third', 0, true, true), 'KF050 Upload not found.', 'an expired upload is not found');
delete from internal.users where id = :other;
select set_eq('select blob from internal.take_ended_uploads(10)', array[md5('two'), md5('three')],
    'and what has expired');
select set_eq(format('select * from internal.open_uploads(%L)', array[md5('one'), md5('two')]), array[md5('two')],
    'the sweep leaves what has a row');
select * from finish();
rollback;
