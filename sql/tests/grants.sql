-- Compares every privilege with the list of those that were decided on, so a new object fails here until somebody
-- decides. Also checks what every object must have: an owner, row-level security, a comment, an index for each key.
begin;
\ir setup.psql
select plan(19);

select is_empty($$
    select c.oid::regclass from pg_class c
    where c.relnamespace in ('internal'::regnamespace, 'api'::regnamespace) and c.relkind in ('r', 'p')
        and not (c.relrowsecurity and c.relforcerowsecurity)
$$, 'every table has row-level security, enabled and forced');

select is_empty($$
    select c.oid::regclass from pg_class c where c.relnamespace = 'api'::regnamespace and c.relkind <> 'v'
    union all
    select c.oid::regclass from pg_class c
    where c.relnamespace = 'api'::regnamespace and c.relkind = 'v'
        and not coalesce(c.reloptions @> '{security_invoker=true}', false)
$$, 'schema api has views only, and they run with the rights of the caller');

select is_empty($$
    select c.oid::regclass::text, r.rolname from pg_class c join pg_roles r on r.oid = c.relowner
    where c.relnamespace in ('internal'::regnamespace, 'api'::regnamespace) and r.rolname <> 'coffer_owner'
    union all
    select p.oid::regprocedure::text, r.rolname from pg_proc p join pg_roles r on r.oid = p.proowner
    where p.pronamespace in ('internal'::regnamespace, 'api'::regnamespace) and r.rolname <> 'coffer_owner'
$$, 'coffer_owner owns every table, view and function');

-- The functions, and which roles may call them.
select set_eq($$
    select p.oid::regprocedure::text, string_agg(r.rolname, ' ' order by r.rolname collate "C")
    from pg_proc p, pg_roles r
    where p.pronamespace in ('internal'::regnamespace, 'api'::regnamespace)
        and r.rolname in ('coffer_authenticator', 'coffer_anonymous', 'coffer_editor', 'coffer_admin')
        and has_function_privilege(r.oid, p.oid, 'execute')
    group by p.oid
$$, $$ values
    ('api.abandon_copy(text[])', 'coffer_admin coffer_editor'),
    ('api.abandon_upload(text)', 'coffer_admin coffer_editor'),
    ('api.begin_copy(text,text)', 'coffer_admin coffer_editor'),
    ('api.finish_copy(text,text,text[],text[])', 'coffer_admin coffer_editor'),
    ('api.begin_upload(text,text,bigint,text,boolean)', 'coffer_admin coffer_editor'),
    ('api.check_upload(text,bigint,text,boolean)', 'coffer_admin coffer_editor'),
    ('api.change_password(text,text)', 'coffer_admin coffer_editor'),
    ('api.create_folder(text)', 'coffer_admin coffer_editor'),
    ('api.create_upload(text,text,text,text,text,text,bigint,text,boolean,bigint)', 'coffer_admin coffer_editor'),
    ('api.end_upload(uuid)', 'coffer_admin coffer_editor'),
    ('api.hold_upload(uuid,bigint)', 'coffer_admin coffer_editor'),
    ('api.record_upload(uuid,bigint,bigint,bytea,text,bigint,boolean)', 'coffer_admin coffer_editor'),
    ('api.release_upload(uuid,bigint)', 'coffer_admin coffer_editor'),
    ('api.take_upload(uuid,bigint,boolean,boolean)', 'coffer_admin coffer_editor'),
    ('api.upload_is_wanted(uuid,bigint)', 'coffer_admin coffer_editor'),
    ('internal.open_uploads(text[])', 'coffer_authenticator'),
    ('api.create_user(text,text,text,bigint)', 'coffer_admin'),
    ('api.delete_folder(text)', 'coffer_admin coffer_editor'),
    ('api.delete_user(uuid)', 'coffer_admin'),
    ('api.download_folder(text[],boolean)', 'coffer_admin coffer_editor'),
    ('api.download_folder_audited(text[],boolean)', 'coffer_admin coffer_editor'),
    ('api.list_folder(text,bigint,text)', 'coffer_admin coffer_editor'),
    ('api.login(text,text)', 'coffer_anonymous'),
    ('api.logout()', 'coffer_admin coffer_editor'),
    ('api.move_folder(text,text)', 'coffer_admin coffer_editor'),
    ('api.reset_password(uuid,text)', 'coffer_admin'),
    ('api.restore(uuid,text,uuid)', 'coffer_admin coffer_editor'),
    ('api.restore_folder(text,timestamp with time zone)', 'coffer_admin coffer_editor'),
    ('api.retrieve_file(text)', 'coffer_admin coffer_editor'),
    ('api.retrieve_version(uuid)', 'coffer_admin coffer_editor'),
    ('api.retrieve_version_audited(uuid)', 'coffer_admin coffer_editor'),
    ('api.retrieve_file_audited(text)', 'coffer_admin coffer_editor'),
    ('api.retrieve_file_in_session(text)', 'coffer_admin coffer_editor'),
    ('api.store_file(text,text,text,text,bigint,bytea,text,boolean,text,timestamp with time zone)',
        'coffer_admin coffer_editor'),
    ('api.upload_room(text)', 'coffer_admin coffer_editor'),
    ('api.whoami()', 'coffer_admin coffer_editor'),
    ('internal.begin_search(uuid,integer,integer)', 'coffer_authenticator'),
    ('internal.admitted_role(uuid,uuid,text,bigint)', 'coffer_authenticator'),
    ('internal.collect_batch(bigint,integer)', 'coffer_authenticator'),
    ('internal.current_store(text)', 'coffer_authenticator'),
    ('internal.current_user_id()', 'coffer_admin coffer_editor'),
    ('internal.email_key(text)', 'coffer_admin coffer_anonymous coffer_authenticator coffer_editor'),
    ('internal.file_path_problem(text)', 'coffer_admin coffer_editor'),
    ('internal.is_email(text)', 'coffer_admin'),
    ('internal.is_plain_path(text)', 'coffer_admin coffer_editor'),
    ('internal.add_orphans(text,text[])', 'coffer_authenticator'),
    ('internal.metrics()', 'coffer_authenticator'),
    ('internal.refuse_session()', 'coffer_authenticator'),
    ('internal.schema_level()', 'coffer_authenticator'),
    ('internal.verification_keys()', 'coffer_authenticator'),
    ('internal.wait_for_disk()', 'coffer_authenticator')
$$, 'each function can be called by exactly these roles');

select is_empty($$
    select p.oid::regprocedure from pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
    where p.pronamespace in ('internal'::regnamespace, 'api'::regnamespace)
        and a.grantee not in (select oid from pg_roles where rolname ~ '^coffer_')
$$, 'no function is open to PUBLIC or to a role of another program');

-- The tables and views, column by column.
select set_eq($$
    select c.oid::regclass::text, r.rolname::text, p.privilege,
        string_agg(a.attname, ' ' order by a.attnum)
            filter (where has_column_privilege(r.oid, c.oid, a.attnum, p.privilege))
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped,
        pg_roles r, unnest('{select,insert,update,references}'::text[]) as p (privilege)
    where c.relnamespace in ('internal'::regnamespace, 'api'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and r.rolname in ('coffer_authenticator', 'coffer_anonymous', 'coffer_editor', 'coffer_admin')
        and has_any_column_privilege(r.oid, c.oid, p.privilege)
    group by c.oid, r.rolname, p.privilege
   
$$, $$
    select t.name, r.role, t.privilege, t.columns
    from (values
        ('api.audit_log', 'select', 'id occurred_at actor_id user_id action subject request_id remote_address'),
        ('api.files', 'select',
            'id user_id file_path description content_type size_bytes sha256 created_at updated_at modified_at '
            'owner_email'),
        ('api.files', 'update', 'file_path description modified_at'),
        ('api.sessions', 'select', 'id user_id created_at expires_at is_current owner_email'),
        ('internal.listed_sessions', 'select', 'id user_id created_at expires_at is_current'),
        ('api.trash', 'select',
            'id entry_id file_id user_id file_path reason description content_type size_bytes sha256 created_at '
            'modified_at removed_at expires_at owner_email'),
        ('api.users', 'select',
            'id email role quota_bytes used_bytes file_count disabled_at created_at trash_bytes version_bytes'),
        ('internal.audit_log', 'select', 'id occurred_at actor_id user_id action subject request_id remote_address'),
        ('internal.current_session', 'select', 'id'),
        ('internal.files', 'select',
            'id user_id file_path description content_type size_bytes sha256 created_at updated_at modified_at'),
        ('internal.files', 'update', 'file_path description modified_at'),
        ('internal.own_blobs', 'select',
            'file_path content_type size_bytes sha256 blob modified_at store_url is_unchanged'),
        ('internal.ledgers', 'select', 'user_id file_count used_bytes trash_bytes version_bytes'),
        ('internal.own_versions', 'select',
            'id file_path content_type size_bytes sha256 blob modified_at store_url is_unchanged'),
        ('internal.trash', 'select',
            'id user_id entry_id file_id file_path reason description content_type size_bytes sha256 created_at '
            'modified_at removed_at expires_at'),
        ('internal.users', 'select',
            'id email role quota_bytes disabled_at created_at')) as t (name, privilege, columns),
        (values ('coffer_admin'), ('coffer_editor')) as r (role)
    union all values ('api.users', 'coffer_admin', 'update', 'role quota_bytes disabled_at'),
        ('internal.users', 'coffer_admin', 'update', 'role quota_bytes disabled_at'),
        ('internal.live_sessions', 'coffer_authenticator', 'select', 'id user_id role database_role'),
        ('internal.sessions', 'coffer_authenticator', 'select', 'id user_id role'),
        ('internal.usable_keys', 'coffer_authenticator', 'select', 'serial_number kid secret')
$$, 'each role can read and write exactly these columns');

select set_eq($$
    select c.oid::regclass::text, r.rolname::text, p.privilege
    from pg_class c, pg_roles r, unnest('{delete,truncate,trigger}'::text[]) as p (privilege)
    where c.relnamespace in ('internal'::regnamespace, 'api'::regnamespace) and c.relkind in ('r', 'p', 'v', 'm', 'f')
        and r.rolname in ('coffer_authenticator', 'coffer_anonymous', 'coffer_editor', 'coffer_admin')
        and has_table_privilege(r.oid, c.oid, p.privilege)
   
$$, $$ values
    ('api.files', 'coffer_admin', 'delete'),
    ('api.files', 'coffer_editor', 'delete'),
    ('api.sessions', 'coffer_admin', 'delete'),
    ('api.sessions', 'coffer_editor', 'delete'),
    ('internal.listed_sessions', 'coffer_admin', 'delete'),
    ('internal.listed_sessions', 'coffer_editor', 'delete'),
    ('api.trash', 'coffer_admin', 'delete'),
    ('api.trash', 'coffer_editor', 'delete'),
    ('internal.files', 'coffer_admin', 'delete'),
    ('internal.files', 'coffer_editor', 'delete'),
    ('internal.trash', 'coffer_admin', 'delete'),
    ('internal.trash', 'coffer_editor', 'delete')
$$, 'rows can be deleted only from files, from the trash and from the lists of sessions');

select is_empty($$
    select c.oid::regclass, r.rolname from pg_class c, pg_roles r
    where c.relnamespace in ('internal'::regnamespace, 'api'::regnamespace) and c.relkind = 'S'
        and r.rolname in ('coffer_authenticator', 'coffer_anonymous', 'coffer_editor', 'coffer_admin')
        and has_sequence_privilege(r.oid, c.oid, 'usage, select, update')
$$, 'no sequence is granted');

select set_eq($$
    select n.nspname::text, string_agg(r.rolname, ' ' order by r.rolname collate "C")
    from pg_namespace n, pg_roles r
    where n.nspname in ('api', 'internal', 'extensions') and r.rolname ~ '^coffer_' and r.rolname <> 'coffer_owner'
        and has_schema_privilege(r.oid, n.oid, 'usage')
    group by 1
$$, $$ values ('api', 'coffer_admin coffer_anonymous coffer_editor'), ('internal', 'coffer_authenticator') $$,
    'request roles can use schema api, the worker''s login schema internal, and no role the extensions');

select is_empty($$
    select n.nspname, r.rolname from pg_namespace n, pg_roles r
    where n.nspname in ('api', 'internal', 'extensions', 'public') and r.rolname ~ '^coffer_'
        and r.rolname <> 'coffer_owner' and has_schema_privilege(r.oid, n.oid, 'create')
    union all
    select d.datname, r.rolname from pg_database d, pg_roles r
    where d.datname = current_database() and r.rolname ~ '^coffer_' and r.rolname <> 'coffer_owner'
        and has_database_privilege(r.oid, d.oid, 'create, temporary')
$$, 'no role can create anything, temporary tables included');

select set_eq($$
    select r.rolname::text, r.rolcanlogin, r.rolinherit,
        r.rolsuper or r.rolcreaterole or r.rolcreatedb or r.rolreplication or r.rolbypassrls
    from pg_roles r where r.rolname ~ '^coffer_'
$$, $$ values
    ('coffer_admin', false, true, false), ('coffer_anonymous', false, true, false),
    ('coffer_authenticator', true, false, false), ('coffer_editor', false, true, false),
    ('coffer_owner', false, true, false)
$$, 'only the worker''s role logs in, it inherits nothing, and no role has a special power');

select set_eq($$
    select g.rolname::text as granted, m.rolname::text as member from pg_auth_members a
    join pg_roles g on g.oid = a.roleid join pg_roles m on m.oid = a.member
    where m.rolname ~ '^coffer_'
$$, $$ values
    ('coffer_admin', 'coffer_authenticator'), ('coffer_anonymous', 'coffer_authenticator'),
    ('coffer_editor', 'coffer_authenticator')
$$, 'the worker''s role can become a request role and nothing else');

select is_empty($$
    select p.oid::regprocedure from pg_proc p join pg_language l on l.oid = p.prolang
    where p.pronamespace in ('internal'::regnamespace, 'api'::regnamespace)
        and l.lanname <> 'internal' and p.prosqlbody is null
        and not coalesce(p.proconfig @> '{"search_path=\"\""}', false)
$$, 'every function sets its search_path or is parsed when it is created');

select is_empty($$
    select p.oid::regprocedure::text from pg_proc p
    where p.pronamespace in ('internal'::regnamespace, 'api'::regnamespace)
        and obj_description(p.oid, 'pg_proc') is null
    union all
    select c.oid::regclass::text from pg_class c
    where c.relnamespace in ('internal'::regnamespace, 'api'::regnamespace) and c.relkind in ('r', 'v')
        and obj_description(c.oid, 'pg_class') is null
$$, 'every table, view and function has a comment');

-- The comment of a function names the errors that the function itself raises, and the roles that may call it.
create function pg_temp.functions() returns table (name text, roles text, definition text, comment text)
language sql as $$
    select p.oid::regprocedure::text,
        (select string_agg(r.rolname, ' ' order by r.rolname collate "C") from pg_roles r
            where r.rolname in ('coffer_authenticator', 'coffer_anonymous', 'coffer_editor', 'coffer_admin')
                and has_function_privilege(r.oid, p.oid, 'execute')),
        pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc')
    from pg_proc p where p.pronamespace in ('internal'::regnamespace, 'api'::regnamespace)
$$;
select is_empty($$
    select f.name, code[1] from pg_temp.functions() f,
        regexp_matches(f.definition, 'raise exception using errcode = ''(\w+)''', 'g') as code
    where position(code[1] in f.comment) = 0 and code[1] <> 'KF000'
$$, 'the comment of each function names the errors that it raises');
select is_empty($$
    select f.name, f.roles from pg_temp.functions() f
    where f.comment !~ case f.roles
        when 'coffer_admin coffer_editor' then '. For editors and admins[.,]'
        when 'coffer_admin' then '. For admins[.,]'
        when 'coffer_anonymous' then '. For anonymous requests[.]'
        when 'coffer_authenticator' then '. For the worker( and the operator)?[.]'
        when 'coffer_admin coffer_anonymous coffer_authenticator coffer_editor' then '. For every role,'
        else '^((?!For (editors|admins|anonymous|every|the worker)).)*$' end
$$, 'the comment of each function names the roles that may call it');

select is_empty($$
    select f.name from pg_temp.functions() f, regexp_matches(f.definition, 'advisory\w*\(([^,()]+\()?', 'g') as argument
    where argument[1] is null or argument[1] !~ '^internal[.]\w+_lock(_class)?\($'
$$, 'every advisory lock has a named number');

select is_empty($$
    select c.conrelid::regclass, c.conname from pg_constraint c
    where c.contype = 'f' and c.connamespace = 'internal'::regnamespace and not exists (
        select from pg_index i where i.indrelid = c.conrelid and i.indpred is null
            and (i.indkey::int2[])[0:cardinality(c.conkey) - 1] = c.conkey)
$$, 'every foreign key has an index');

select is_empty($$
    select c.conrelid::regclass, c.conname from pg_constraint c join pg_class t on t.oid = c.conrelid
    where c.connamespace = 'internal'::regnamespace and c.conname ~ ('^' || t.relname || '_check\d*$')
$$, 'a check of several columns has a name that says what it checks');

select * from finish();
rollback;
