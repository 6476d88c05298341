# shellcheck shell=bash
# PostgreSQL, for scripts/setup: the database, the map of users who need no password, roles and schema, the first admin.
# It is sourced, never run.
#
# PostgreSQL itself says where its files are and what they contain, so every layout of a cluster will do.

as_postgres() { (cd / && PGPORT=$postgres_port exec runuser -u postgres -- "$@"); }

# Runs SQL as the superuser.
sql() { as_postgres psql --no-psqlrc -XAtq --set=ON_ERROR_STOP=1 --dbname=postgres "$@"; }

# Sets `database`, `is_local` and perhaps `postgres_port` from the configured connections: whether it is a database of
# this machine, reached at the default directory of sockets, as coffer_authenticator and postgres, without a password.
# Others are the administrator's.
read_connection() {
    local word owner=${options[COFFER_OWNER_DATABASE_URL]} port
    is_local=yes
    database=coffer
    for word in ${options[COFFER_DATABASE_URL]}; do
        case $word in
            dbname=+([a-z0-9_])) database=${word#*=} ;;
            port=+([0-9]) | user=coffer_authenticator) ;;
            *) is_local= ;;
        esac
    done
    # The default names no user, and is completed.
    if [[ ${origins[COFFER_OWNER_DATABASE_URL]} != default ]]; then
        [[ " $owner " == *" dbname=$database "* && " $owner " == *" user=postgres "* &&
            $owner != *@(host|service|password)* ]] || is_local=
    fi
    [[ $is_local ]] || return 0
    if [[ ${origins[COFFER_DATABASE_URL]} != default ]]; then
        port=$(port_of "${options[COFFER_DATABASE_URL]}")
        [[ ${postgres_port:=$port} == "$port" ]] ||
            problem "$config names port $port of PostgreSQL, and --postgres-port is $postgres_port. Change one of them."
    fi
}

# Prints the port of a connection string.
port_of() { if [[ $1 =~ port=([0-9]+) ]]; then echo "${BASH_REMATCH[1]}"; else echo 5432; fi; }

# Finds the port of the cluster. There may be several, for example while one is upgraded.
find_cluster() {
    local socket ports=()
    [[ -z $postgres_port ]] || return 0
    for socket in /run/postgresql/.s.PGSQL.+([0-9]); do
        [[ ! -S $socket ]] || ports+=("${socket##*.}")
    done
    if [[ " ${ports[*]} " == *" 5432 "* || ${#ports[@]} == 0 ]]; then
        postgres_port=5432
    elif ((${#ports[@]} == 1)); then
        postgres_port=${ports[0]}
    else
        problem "There are several PostgreSQL servers here. Choose one by --postgres-port: ${ports[*]}"
        return 1
    fi
}

# Whether the server answers and is new enough. Sets `hba_file` and `ident_file`.
ask_server() {
    local answer version
    if ! id postgres >/dev/null 2>&1; then
        problem "PostgreSQL is not installed: apt-get install postgresql"
        return 1
    fi
    if ! answer=$(sql -F $'\n' -c "select current_setting('server_version_num'), current_setting('hba_file'),
            current_setting('ident_file')" 2>&1); then
        problem "PostgreSQL does not answer at the socket of port $postgres_port. Start it, or see pg_lsclusters." \
            "It says: ${answer%%$'\n'*}"
        return 1
    fi
    { read -r version; read -r hba_file; read -r ident_file; } <<<"$answer"
    ((postgres_port == 5432)) || port_words=(--port "$postgres_port")
    if ((version < 150000)); then
        problem "PostgreSQL has version $((version / 10000)). Coffer needs 15 or later."
        return 1
    fi
}

inspect_database() {
    read_connection
    if [[ -z $is_local ]]; then
        there "the database: $config names one of your own, which must exist"
        return 0
    fi
    find_cluster && ask_server || return 0
    complete_connections
    inspect_encoding
    inspect_map
}

# The connection strings that the configuration needs in addition to its defaults.
complete_connections() {
    local port=
    ((postgres_port == 5432)) || port="port=$postgres_port "
    [[ ${options[COFFER_DATABASE_URL]} == *port=* || -z $port ]] ||
        wanted[COFFER_DATABASE_URL]="${port}dbname=$database user=coffer_authenticator"
    wanted[COFFER_OWNER_DATABASE_URL]="${port}dbname=$database user=postgres"
    [[ ${origins[COFFER_OWNER_DATABASE_URL]} == default ||
        $(port_of "${options[COFFER_OWNER_DATABASE_URL]}") == "$postgres_port" ]] ||
        problem "COFFER_OWNER_DATABASE_URL in $config names another port than $postgres_port. Add port=$postgres_port."
}

inspect_encoding() {
    local encoding kind words
    encoding=$(sql -v name="$database" <<<"select pg_encoding_to_char(encoding) from pg_database
        where datname = :'name'")
    database_exists=$encoding
    if [[ $encoding == UTF8 ]]; then
        there "the database $database, in UTF8"
    elif [[ $encoding ]]; then
        problem "The database $database has the encoding $encoding, and Coffer needs UTF8. Name another database in" \
            "COFFER_DATABASE_URL."
    else
        words=(--encoding=UTF8 --template=template0)
        kind=$(sql -c "select datctype from pg_database where datname = 'template0'")
        # Other locales have an encoding of their own.
        [[ ${kind,,} == @(c|posix|*utf8|*utf-8) ]] || words+=(--locale=C.UTF-8)
        will "the database $database"
        acts "runuser -u postgres -- $(shown createdb "${port_words[@]}" "${words[@]}" "$database")" \
            as_postgres createdb "${words[@]}" "$database"
    fi
}

# Peer authentication by a map: the workers' user is coffer_authenticator, and root is postgres. The line of pg_hba.conf
# must be the first one that is about this database.
inspect_map() {
    local faults is_first missing lines=()
    faults=$(sql -c "select format('line %s: %s', line_number, error) from pg_hba_file_rules where error is not null
        union all select format('line %s: %s', line_number, error) from pg_ident_file_mappings where error is not null")
    if [[ $faults ]]; then
        problem "PostgreSQL cannot read its $hba_file or $ident_file: ${faults%%$'\n'*}"
        return 0
    fi
    is_first=$(sql -v name="$database" <<'SQL'
with rules as (
    select *, row_number() over () as position from pg_hba_file_rules where type = 'local'
), about_us as (
    select * from rules
    where database && array['all', 'sameuser', 'samerole', 'samegroup', :'name']
    order by position limit 1
)
select coalesce(
    (select :'name' = any (database) and user_name = array['all'] and auth_method = 'peer'
        and options = array['map=coffer'] from about_us), false)
SQL
    )
    missing=$(sql -v worker="$worker_user" <<'SQL'
select format('coffer  %s  %s', w.os_user, w.role)
from (values (1, :'worker', 'coffer_authenticator'), (2, 'root', 'postgres'), (3, 'postgres', 'postgres'))
    as w (position, os_user, role)
where not exists (
    select from pg_ident_file_mappings m
    where m.map_name = 'coffer' and m.sys_name = w.os_user and m.pg_username = w.role)
order by w.position
SQL
    )
    [[ -z $missing ]] || mapfile -t lines <<<"$missing"
    if [[ $is_first == t && ${#lines[@]} == 0 ]] && ! is_marked postgresql; then
        there "the map of users in $hba_file and $ident_file"
        return 0
    fi
    map_will_change=yes
    will "peer authentication for the workers and for root, without a password"
    if ((${#lines[@]})); then
        must_be_writable "$ident_file" "$(dirname "$(realpath "$ident_file")")"
        acts "at the end of $ident_file:"$'\n'"$(printf '  %s\n' "${lines[@]}")" add_to_map "${lines[@]}"
    fi
    if [[ $is_first != t ]]; then
        must_be_writable "$hba_file" "$(dirname "$(realpath "$hba_file")")"
        acts "at the beginning of $hba_file:"$'\n'"  local  $database  all  peer map=coffer" open_to_map
    fi
    acts "runuser -u postgres -- $(shown psql "${port_words[@]}") -c 'select pg_reload_conf()'" reload_map
}

add_to_map() {
    mark postgresql
    append_lines "$ident_file" "$@"
}

open_to_map() {
    mark postgresql
    prepend_line "$hba_file" "local  $database  all  peer map=coffer"
}

# The server reads its files a moment after it was asked to. Until then root cannot connect.
reload_map() {
    local try
    sql -c 'select pg_reload_conf()' >/dev/null
    for ((try = 0; try < 100; try++)); do
        if root_can_connect; then
            unmark postgresql
            return 0
        fi
        sleep 0.1
    done
    PGPORT=$postgres_port psql -XAtq "dbname=$database user=postgres" -c 'select 1' >/dev/null || true
    say "setup: root cannot connect as postgres by peer authentication" >&2
    return 1
}

root_can_connect() { PGPORT=$postgres_port psql -XAtq "dbname=$database user=postgres" -c 'select 1' >/dev/null 2>&1; }

# Roles, schema and the mark of the store.
inspect_schema() {
    local found='' where=''
    ((${#problems[@]} == 0)) || return 0
    if [[ -z $is_local && ${origins[COFFER_OWNER_DATABASE_URL]} == default ]]; then
        problem "Name the database for a superuser, or for a role that may become coffer_owner, in the environment:" \
            "COFFER_OWNER_DATABASE_URL"
        return 0
    elif [[ $is_local && (-z $database_exists || $map_will_change) || $storage_will_change ]]; then
        where=", where they are missing"
    elif ! found=$(coffer migrate --dry-run 2>&1); then
        problem "${found#coffer: }"
        return 0
    elif [[ $found == "nothing to apply" ]]; then
        there "the roles, the schema and the mark of the store"
        schema_is_there=yes
        return 0
    fi
    will "the roles, the schema and the mark of the store$where"
    acts "$(shown "$program" migrate)" coffer migrate
}

# Whether there is an account with this address, or without an argument any enabled admin.
has_account() {
    local list
    if [[ $schema_is_there ]]; then
        list=$(coffer user list) || return 1
    elif [[ $is_local && $database_exists ]]; then
        # The command cannot ask yet.
        list=$(as_postgres psql --no-psqlrc -XAtq -F ' ' --dbname="$database" 2>/dev/null <<<"select email, role,
            case when disabled_at is null then 'enabled' else 'disabled' end from internal.users") || return 1
    else
        return 1
    fi
    if (($#)); then
        awk -v email="${1,,}" 'tolower($1) == email { found = 1 } END { exit !found }' <<<"$list"
    else
        awk '$2 == "admin" && $3 == "enabled" { found = 1 } END { exit !found }' <<<"$list"
    fi
}

inspect_admin() {
    if [[ -z $admin ]]; then
        if has_account; then
            there "an admin"
        else
            note "There is no admin yet. Make one: coffer user add EMAIL --role admin"
        fi
    elif has_account "$admin"; then
        there "the account $admin"
    else
        will "the admin $admin"
        acts "$(shown "$program" user add "$admin" --role admin)   (with the password on its standard input)" add_admin
        needs_password=yes
    fi
}

# Reads the password before the first step. Nothing but this shell ever has it as an argument or in its environment.
read_password() {
    local again
    [[ $needs_password ]] || return 0
    if [[ -t 0 ]]; then
        read -rsp "Password for $admin: " password || true
        echo
        read -rsp "Again: " again || true
        echo
        [[ $password == "$again" ]] || refuse "The two passwords differ."
        [[ $password ]] || refuse "No password was given."
    else
        IFS= read -r password || [[ $password ]] || refuse "Standard input contains no password."
    fi
}

add_admin() {
    schema_is_there=yes
    # Perhaps it could not be seen before.
    if has_account "$admin"; then return 0; fi
    # printf is a part of the shell, so no process has the password as an argument.
    printf '%s\n' "$password" | coffer user add "$admin" --role admin
}
