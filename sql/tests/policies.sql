-- The policies of every table; a new table fails here until it has a line.
begin;
\ir setup.psql
select plan(37);

select tables_are('internal', 
    '{audit_log,blob_copies,code_files,collection_schedule,garbage,
        files,folders,former_paths,jwt_keys,ledgers,login_failures,migrations,runs,sessions,stores,trash,
        trash_folders,uploads,users}'::name[]);
select policies_are('internal', 'audit_log', '{owner_read,owner_add,editor_select_own,admin_select_all}'::name[]);
select policies_are('internal', 'blob_copies', '{owner_all}'::name[]);
select policies_are('internal', 'code_files', '{owner_all}'::name[]);
select policies_are('internal', 'stores', '{owner_all}'::name[]);
select policies_are('internal', 'collection_schedule', '{owner_all}'::name[]);
select policies_are('internal', 'garbage', '{owner_all}'::name[]);
select policies_are('internal', 'files',
    '{owner_all,editor_select_own,admin_select_all,update_own,delete_own}'::name[]);
select policies_are('internal', 'folders', '{owner_all}'::name[]);
select policies_are('internal', 'former_paths', '{owner_all}'::name[]);
select policies_are('internal', 'ledgers',
    '{owner_read,owner_add,owner_advance,editor_select_own,admin_select_all}'::name[]);
select policies_are('internal', 'login_failures', '{owner_all}'::name[]);
select policies_are('internal', 'jwt_keys', '{owner_all}'::name[]);
select policies_are('internal', 'migrations', '{owner_all}'::name[]);
select policies_are('internal', 'runs', '{owner_all}'::name[]);
select policies_are('internal', 'sessions', '{owner_all,authenticator_select_named}'::name[]);
select policies_are('internal', 'trash_folders', '{owner_all}'::name[]);
select policies_are('internal', 'trash', '{owner_all,editor_select_own,admin_select_all,delete_own}'::name[]);
select policies_are('internal', 'uploads', '{owner_all}'::name[]);
select policies_are('internal', 'users', '{owner_all,editor_select_own,admin_select_all,admin_update_all}'::name[]);

select policy_roles_are('internal', 'audit_log', 'editor_select_own', '{coffer_editor}'::name[]);
select policy_roles_are('internal', 'audit_log', 'admin_select_all', '{coffer_admin}'::name[]);
select policy_roles_are('internal', 'ledgers', 'editor_select_own', '{coffer_editor}'::name[]);
select policy_roles_are('internal', 'ledgers', 'admin_select_all', '{coffer_admin}'::name[]);
select policy_roles_are('internal', 'users', 'editor_select_own', '{coffer_editor}'::name[]);
select policy_roles_are('internal', 'users', 'admin_select_all', '{coffer_admin}'::name[]);
select policy_roles_are('internal', 'users', 'admin_update_all', '{coffer_admin}'::name[]);
select policy_roles_are('internal', 'files', 'editor_select_own', '{coffer_editor}'::name[]);
select policy_roles_are('internal', 'files', 'admin_select_all', '{coffer_admin}'::name[]);
select policy_roles_are('internal', 'files', 'update_own', '{coffer_editor,coffer_admin}'::name[]);
select policy_roles_are('internal', 'files', 'delete_own', '{coffer_editor,coffer_admin}'::name[]);

select policy_roles_are('internal', 'trash', 'editor_select_own', '{coffer_editor}'::name[]);
select policy_roles_are('internal', 'trash', 'admin_select_all', '{coffer_admin}'::name[]);
select policy_roles_are('internal', 'trash', 'delete_own', '{coffer_editor,coffer_admin}'::name[]);
select policy_roles_are('internal', 'sessions', 'authenticator_select_named', '{coffer_authenticator}'::name[]);

select is_empty($$
    select tablename, policyname from pg_policies
    where schemaname = 'internal' and policyname ~ '^owner_' and roles <> '{coffer_owner}'
$$, 'the policies of the owner are for no other role');
select is_empty($$
    select tablename, policyname from pg_policies
    where schemaname = 'internal' and 'coffer_owner' <> all (roles)
        and policyname not in ('admin_select_all', 'admin_update_all')
        and policyname <> 'authenticator_select_named'
        and (coalesce(qual, with_check) !~ 'SELECT internal.current_user_id\(\)'
            or coalesce(with_check, qual) !~ 'SELECT internal.current_user_id\(\)')
$$, 'every other policy, except an admin''s, compares with a sub-select of the current user');

select * from finish();
rollback;
