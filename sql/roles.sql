-- What a dump of the database does not contain: the cluster's roles, and the rights of PUBLIC to this database.
--
-- `coffer migrate` and `coffer restore` always run this file first. It changes only what is missing, so that a role
-- without the right to create roles can migrate once the roles exist. Their names begin with the product's, because
-- several programs can share a cluster.

do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('coffer_owner', 'nologin', 'Owns the objects of Coffer; never logs in.'),
            ('coffer_anonymous', 'nologin', 'Request role of clients that have not logged in.'),
            ('coffer_editor', 'nologin', 'Request role of users: their own files only.'),
            ('coffer_admin', 'nologin', 'Request role of admins: their own files, and the metadata of all.'),
            ('coffer_authenticator', 'login noinherit',
                'The worker''s login: checks a session, then becomes a request role.')) as r (name, attributes, comment)
    loop
        continue when exists (select from pg_catalog.pg_roles where rolname = wanted.name);
        begin
            execute pg_catalog.format('create role %I %s', wanted.name, wanted.attributes);
            execute pg_catalog.format('comment on role %I is %L', wanted.name, wanted.comment);
        exception when duplicate_object or unique_violation then
            null;  -- Another database of this cluster is being migrated at the same time.
        end;
    end loop;
    -- A superuser can act as any role. Any other role that migrates must be a member of the owner.
    if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
        and not pg_catalog.pg_has_role(current_user, 'coffer_owner', 'usage') then
        execute pg_catalog.format('grant coffer_owner to %I', current_user);
    end if;
    -- The worker's login changes to a request role for one transaction at a time, and inherits from no role.
    for wanted in
        select r.name from (values ('coffer_anonymous'), ('coffer_editor'), ('coffer_admin')) as r (name)
        where not pg_catalog.pg_has_role('coffer_authenticator', r.name, 'member')
    loop
        execute pg_catalog.format('grant %I to coffer_authenticator', wanted.name);
    end loop;
    -- Deliberately not granted: coffer_owner, to any of these roles.
    for wanted in
        select s.name, s.value
        from (values
            -- All names are qualified, and with an empty search_path PostgreSQL need not resolve "$user" at each change
            -- of role.
            ('search_path', '""'),
            -- Times in answers are UTC, whatever the server's time zone is.
            ('TimeZone', 'UTC'),
            -- The worker gives up earlier. The server must then end the statement as well.
            ('statement_timeout', '60s')) as s (name, value)
        where not exists (
            select from pg_catalog.pg_roles r
            where r.rolname = 'coffer_authenticator' and s.name || '=' || s.value = any (r.rolconfig))
    loop
        execute pg_catalog.format('alter role coffer_authenticator set %s = %s', wanted.name,
            case wanted.value when '""' then '''''' else pg_catalog.quote_literal(wanted.value) end);
    end loop;
    -- PUBLIC creates nothing in this database, not even temporary tables.
    if pg_catalog.has_database_privilege('public', pg_catalog.current_database(), 'create, temporary') then
        execute pg_catalog.format(
            'revoke create, temporary on database %I from public', pg_catalog.current_database());
    end if;
end
$$;
