-- The audit log records who did what, and every later change of it is found.
begin;
\ir setup.psql
select plan(41);

create function pg_temp.editor() returns uuid language sql immutable
return '00000000-0000-4000-8000-00000000000e'::uuid;
-- What verify_audit finds after a statement, which is then rolled back.
create function pg_temp.found_after(p_sql text, p_heads jsonb = null) returns text
language plpgsql as $$
declare
    found text;
begin
    begin
        execute p_sql;
        select string_agg(
            v.chain || ' ' || coalesce(v.position::text, '-') || ' ' || split_part(v.problem, ':', 1), ', ')
        into found from internal.verify_audit(p_heads) v;
        raise exception using errcode = 'ZZ000';
    exception when sqlstate 'ZZ000' then
        return replace(replace(found, '00000000-0000-4000-8000-00000000000e', 'editor'),
            '00000000-0000-0000-0000-000000000000', 'no user');
    end;
end
$$;

select set_config('coffer.request_id', 'request 1', true), set_config('coffer.remote_address', '192.0.2.1', true);
select isnt(pg_temp.store(:editor, 'a', '1'), null);
select isnt(pg_temp.store(:editor, 'b', '2'), null);
select isnt(pg_temp.store(:editor, 'a', '3'), null);
select isnt(pg_temp.store(:other, 'a', '1'), null);
select is(pg_temp.failure('coffer_editor', :editor, 'update api.files set file_path = ''c'' where file_path = ''b'''),
    'no failure');
select is(pg_temp.failure('coffer_editor', :editor, 'delete from api.files'), 'no failure');
select is((select string_agg(position || ' ' || action || ' ' || subject, ', ' order by position)
    from internal.audit_log where chain = :editor),
    '1 user_create Editor@test.invalid, 2 store a, 3 store b, 4 store a, 5 move c, 6 trash a, 7 trash c',
    'each user has a chain without gaps');
select is((select chain_length::bigint from internal.ledgers where user_id = :editor), 7::bigint,
    'the head of a chain has its length');
select is((select count(*)::int from internal.audit_log where chain <> user_id
    and action not like 'login_%'), 0, 'each row but a failed login is in its user''s chain');
select isnt_empty($$ select from internal.audit_log where user_id is null and chain::text ~ '^[0-]*$' $$,
    'rows that belong to no user are in the chain of all zeros');
select is((select request_id || ', ' || remote_address || ', ' || (actor_id = user_id) from internal.audit_log
    where chain = :editor and position = 7), 'request 1, 192.0.2.1, true', 'a row has the request and the actor');
select is_empty('select * from internal.verify_audit()', 'an intact log has no problem');

-- The hash does not depend on settings, and can be computed from the columns.
set local timezone = 'Asia/Kathmandu';
set local datestyle = 'German, DMY';
set local bytea_output = 'escape';
set local extra_float_digits = 0;
select is_empty('select * from internal.verify_audit()', 'the hashes do not depend on settings');
reset timezone;
reset datestyle;
reset bytea_output;
select is((select hash from internal.audit_log where chain = :editor and position = 1),
    (select sha256(convert_to(format(
        '["%s", 1, %s, %s, null, "%1$s", "user_create", "Editor@test.invalid", null, null]',
        chain, id, trunc(extract(epoch from occurred_at) * 1000000)), 'UTF8'))
    from internal.audit_log where chain = :editor and position = 1), 'the hash is that of a JSON array of the row');

-- Tampering, by a superuser.
select is(pg_temp.found_after('update internal.audit_log set subject = ''x'' where chain = pg_temp.editor()
    and position = 3'),
    'editor 3 Altered', 'a changed subject is found');
select is(pg_temp.found_after('update internal.audit_log set occurred_at = occurred_at - interval ''1 us''
    where chain = pg_temp.editor() and position = 3'),
    'editor 3 Altered', 'a time changed by a microsecond is found');
select is(pg_temp.found_after('update internal.audit_log set actor_id = null where chain = pg_temp.editor()
    and position = 7'),
    'editor 7 Altered', 'a removed actor is found');
select is(pg_temp.found_after($$ update internal.audit_log a set subject = 'x', hash = internal.audit_hash(
        (select p.hash from internal.audit_log p where p.chain = a.chain and p.position = 2),
        a.chain, a.position, a.id, a.occurred_at, a.actor_id, a.user_id, a.action, 'x', a.request_id, a.remote_address)
    where chain = pg_temp.editor() and position = 3 $$),
    'editor 4 Altered', 'a change with its hash computed again breaks the next row');
select is(pg_temp.found_after('delete from internal.audit_log where chain = pg_temp.editor() and position in (3, 4)'),
    'editor 5 Missing, editor 7 The head says 7 rows, there are 5.', 'deleted rows are found');
select is(pg_temp.found_after('delete from internal.audit_log where chain = pg_temp.editor() and position = 1'),
    'editor 2 Missing, editor 7 The head says 7 rows, there are 6.', 'a deleted first row is found');
select is(pg_temp.found_after('delete from internal.audit_log where chain = pg_temp.editor() and position > 5'),
    'editor 5 The head says 7 rows, there are 5.', 'a cut tail is found');
select is(pg_temp.found_after('delete from internal.audit_log where chain = pg_temp.editor()'),
    'editor - The head says 7 rows, there are 0.', 'a deleted chain is found');
select is(pg_temp.found_after('delete from internal.ledgers where user_id = pg_temp.editor()'),
    'editor 7 The chain has no head.', 'a deleted head is found');
select is(pg_temp.found_after('update internal.ledgers set chain_hash = sha256('''') where user_id = pg_temp.editor()'),
    'editor 7 The head does not have the hash of the last row.', 'a changed head is found');
select is(pg_temp.found_after($$
    update internal.audit_log set position = 100 where chain = pg_temp.editor() and position = 3;
    update internal.audit_log set position = 3 where chain = pg_temp.editor() and position = 4;
    update internal.audit_log set position = 4 where chain = pg_temp.editor() and position = 100 $$),
    'editor 3 Altered, editor 4 Out of order, editor 5 Altered', 'two rows that changed places are found');
select is(pg_temp.found_after($$ insert into internal.audit_log (user_id, action, chain, position, hash)
    values (pg_temp.editor(), 'login', pg_temp.editor(), 8, sha256('')) $$),
    'editor 8 Altered, editor 8 The head says 7 rows, there are 8.', 'a forged row is found');

-- A cut chain with a matching head is found only by comparing it with a saved head.
select jsonb_agg(h) as heads from internal.audit_heads() h \gset
select is(pg_temp.found_after('select 1', :'heads'), null, 'saved heads are found in their chains');
select isnt(pg_temp.store(:editor, 'later', 'later'), null);
select is(pg_temp.found_after('select 1', :'heads'), null, 'saved heads are found in chains that have grown');
\set cut 'delete from internal.audit_log where chain = pg_temp.editor() and position > 5; update internal.ledgers l set chain_length = a.position, chain_hash = a.hash from internal.audit_log a where a.chain = l.user_id and l.user_id = pg_temp.editor() and a.position = 5'
select is(pg_temp.found_after(:'cut'), null, 'a cut chain with a matching head has no problem');
select is(pg_temp.found_after(:'cut', :'heads'), 'editor 7 The saved head is not in its chain any more',
    'a cut chain does not match its saved head');
select is(pg_temp.found_after('delete from internal.audit_log where chain = pg_temp.editor();
    delete from internal.ledgers where user_id = pg_temp.editor()', :'heads'),
    'editor 7 The saved head is not in its chain any more',
    'a chain that was deleted with its head does not match its saved head');

-- Who can read it.
select is(pg_temp.attempt('coffer_editor', :editor,
    'select string_agg(distinct user_id::text, '' '') from api.audit_log'),
    :editor, 'an editor reads what happened to their own account and files');
select is(pg_temp.attempt('coffer_admin', :admin, 'select count(*) from api.audit_log'),
    (select count(*)::text from internal.audit_log), 'an admin reads all rows');
select is(pg_temp.attempt('coffer_anonymous', null, 'select count(*) from api.audit_log'), '42501',
    'an anonymous client reads no row');
select is(pg_temp.attempt('coffer_admin', :admin, 'delete from api.audit_log'), '42501',
    'an admin cannot delete a row');
select is(pg_temp.attempt('coffer_owner', null,
    'with d as (delete from internal.audit_log returning 1) select count(*) from d'),
    '0', 'the owner''s functions cannot delete a row');
-- An audited download.
select is(pg_temp.attempt('coffer_editor', :editor, 'select r::text from api.retrieve_file_audited(''later'') r'),
    pg_temp.attempt('coffer_editor', :editor, 'select r::text from api.retrieve_file(''later'') r'),
    'an audited download returns what any download returns');
select is(pg_temp.attempt('coffer_admin', :admin, 'select count(*) from api.retrieve_file_audited(''later'')'), '0',
    'an audited download returns only the user''s own files');
select is((select string_agg(subject || ' ' || (user_id = :editor), ', ')
    from internal.audit_log where action = 'retrieve'),
    'later true', 'an audited download is recorded once');
select is_empty('select * from internal.verify_audit()', 'the log has no problem after all these changes');

select * from finish();
rollback;
