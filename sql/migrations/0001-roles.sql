-- Who there is, and where things live.
--
-- Five roles carry the product's prefix, so that several programs can share a cluster. Two schemas: `api` is what
-- a URL can name, `internal` is what none can. A third one, `extensions`, holds pgcrypto alone: its functions are
-- open to PUBLIC, so they lie in a schema that nobody but the owner may use.

do $$
begin
    -- File paths are kept in NFC; normalize() exists for UTF-8 only.
    if pg_catalog.current_setting('server_encoding') <> 'UTF8' then
        raise exception using errcode = 'KF014',
            message = pg_catalog.format('The database %I is encoded as %s; Coffer needs UTF8.',
                pg_catalog.current_database(), pg_catalog.current_setting('server_encoding')),
            hint = 'Create it with: createdb --encoding=UTF8 --template=template0 NAME';
    end if;
    if pg_catalog.current_setting('server_version_num')::integer < 150000 then
        raise exception using errcode = 'KF014', message = 'Coffer needs PostgreSQL 15 or later.';
    end if;
    if exists (select from pg_catalog.pg_extension where extname = 'pgcrypto') then
        raise exception using errcode = 'KF014',
            message = 'The extension pgcrypto is in this database already; Coffer needs a database of its own.';
    end if;
end
$$;

-- Roles belong to the cluster: another database of the same cluster may have made them before.
do $$
declare
    wanted record;
begin
    for wanted in
        select * from (values
            ('coffer_owner', 'nologin'),
            ('coffer_anonymous', 'nologin'),
            ('coffer_editor', 'nologin'),
            ('coffer_admin', 'nologin'),
            ('coffer_authenticator', 'login noinherit')) as roles (name, attributes)
    loop
        if not exists (select from pg_catalog.pg_roles where rolname = wanted.name) then
            execute pg_catalog.format('create role %I %s', wanted.name, wanted.attributes);
        end if;
    end loop;
    -- A superuser may act as anybody; any other role that migrates must be a member of the owner.
    if not (select rolsuper from pg_catalog.pg_roles where rolname = current_user)
        and not pg_catalog.pg_has_role(current_user, 'coffer_owner', 'usage') then
        execute pg_catalog.format('grant coffer_owner to %I', current_user);
    end if;
end
$$;

-- The worker's login becomes a request role for one transaction at a time. It inherits from none of them.
grant coffer_anonymous, coffer_editor, coffer_admin to coffer_authenticator;
-- Deliberately not granted: coffer_owner, to anybody.

-- All names are qualified. An empty search_path also spares PostgreSQL working out "$user" at every change of role.
alter role coffer_authenticator set search_path = '';
-- Times in answers are UTC, whatever the server's own zone is.
alter role coffer_authenticator set timezone = 'UTC';
-- The worker gives up earlier; what it gave up must not run on for ever.
alter role coffer_authenticator set statement_timeout = '60s';

comment on role coffer_owner is 'Owns the objects of Coffer; never logs in.';
comment on role coffer_authenticator is 'The worker''s login: checks a session, then becomes a request role.';
comment on role coffer_anonymous is 'Request role of those who have not logged in.';
comment on role coffer_editor is 'Request role of users: their own files only.';
comment on role coffer_admin is 'Request role of administrators: own files, and everybody''s metadata.';

create schema api authorization coffer_owner;
create schema internal authorization coffer_owner;
create schema extensions authorization coffer_owner;
comment on schema api is 'What requests can name: views and functions, each with its grants.';
comment on schema internal is 'Tables, keys, sessions and operator functions; no request role may use it.';
comment on schema extensions is 'pgcrypto; only coffer_owner may use it.';

create extension pgcrypto schema extensions;

-- The schema grants are all there are. Views and policies reach tables of `internal` by their identity and need no
-- usage of the schema, so the request roles get none and cannot even name a table.
grant usage on schema api to coffer_anonymous, coffer_editor, coffer_admin;
grant usage on schema internal to coffer_authenticator;

-- PUBLIC gets nothing: no temporary tables, no new objects, and no function unless a role is named for it. Default
-- privileges of one schema can only add, so the last line is for the owner as a whole.
do $$
begin
    execute pg_catalog.format('revoke create, temporary on database %I from public', pg_catalog.current_database());
end
$$;
revoke create on schema public from public;
alter default privileges for role coffer_owner revoke execute on functions from public;

set local role coffer_owner;

-- Which migrations this database has. `coffer migrate` writes it in the transaction of the migration itself.
create table internal.migrations (
    name text primary key check (name ~ '^[0-9]{4}-[a-z0-9-]+\.sql$'),
    checksum text not null,
    applied_at timestamptz not null default now()
);
alter table internal.migrations enable row level security;
alter table internal.migrations force row level security;
create policy owner_all on internal.migrations to coffer_owner using (true) with check (true);
-- No grants: the worker learns the level from the function below, and nothing else.
comment on table internal.migrations is 'The applied migrations, with the SHA-256 of each file in hex.';

create function internal.migration_level() returns integer
language plpgsql stable security definer set search_path = ''
as $$
begin
    return (select coalesce(max(left(m.name, 4)::integer), 0) from internal.migrations m);
end
$$;
grant execute on function internal.migration_level() to coffer_authenticator;
comment on function internal.migration_level() is 'Number of the newest applied migration; 0 when there is none.';
