# shellcheck shell=bash
# The workers' user, the configuration file and the directory of the store, for scripts/setup. It is sourced, never run.

# The configuration

# By the name of each option of `coffer config`: its value, and where it comes from; and the values of some that setup
# will write if they come from nowhere.
declare -A options=() origins=() wanted=()

# Runs the program with the options of the configuration file, and those that are about to be added to it.
coffer() {
    local name words=(COFFER_CONFIG=/dev/null)
    [[ ! -e $config ]] || words=(COFFER_CONFIG="$config")
    [[ -z $owner_url ]] || words+=(COFFER_OWNER_DATABASE_URL="$owner_url")
    for name in "${!wanted[@]}"; do
        [[ ${origins[$name]} != default ]] || words+=("$name=${wanted[$name]}")
    done
    # The environment is set by the shell: unlike the arguments of env, no other user can see it.
    (cd / && export "${words[@]}" && exec "$program" "$@")
}

# Fills `options` and `origins` with what `coffer config` says.
read_configuration() {
    local line name value origin text
    if ! text=$(coffer config 2>&1); then
        refuse "the configuration is not valid. ${text#coffer: }"
    fi
    while IFS= read -r line; do
        case $line in
            "# Takes: "*)
                origin=${line##* From: }
                origin=${origin%.}
                ;;
            COFFER_*)
                name=${line%%=*} value=${line#*=}
                if [[ $value == \"*\" ]]; then
                    value=${value:1:-1}
                    # shellcheck disable=SC2001 # the shell cannot refer to what it has matched
                    value=$(sed 's/\\\(.\)/\1/g' <<<"$value")
                fi
                options[$name]=$value origins[$name]=$origin
                ;;
        esac
    done <<<"$text"
}

# The lines that the configuration file lacks. A value that it has is never changed.
inspect_configuration() {
    local name lines=()
    for name in COFFER_DATABASE_URL COFFER_OWNER_DATABASE_URL COFFER_STORAGE_URL COFFER_PUBLIC_URL; do
        [[ ${wanted[$name]-} && ${origins[$name]} == default && ${wanted[$name]} != "${options[$name]}" ]] || continue
        lines+=("$name=\"${wanted[$name]}\"")
    done
    if [[ -e $config ]] && ! workers_can_read "$config"; then
        problem "The workers run as $worker_user and cannot read $config: chgrp coffer $config && chmod g+r $config"
    fi
    if [[ -e $config && ${#lines[@]} == 0 ]]; then
        there "the configuration in $config"
        return 0
    fi
    must_be_writable "$config" "$(dirname "$(realpath -m "$config")")"
    will "the configuration"
    [[ -e $config ]] || acts "$config, of root and the group coffer, with mode 0640" make_configuration
    ((${#lines[@]} == 0)) ||
        acts "at the end of $config:"$'\n'"$(printf '  %s\n' "${lines[@]}")" extend_configuration "${lines[@]}"
    pool_must_reload=yes
}

# Whether the owner and the mode of a file let the workers read it, who will be in the group coffer.
workers_can_read() {
    local owner group mode
    read -r owner group mode < <(stat -L -c '%U %G %a' "$1")
    ((8#$mode & 8#004)) || [[ $owner == "$worker_user" ]] ||
        { ((8#$mode & 8#040)) && [[ $group == @(coffer|$worker_user) ]]; }
}

make_configuration() {
    local new
    mkdir -p "$(dirname "$config")"
    new=$(mktemp "$(dirname "$config")/.coffer-new.XXXXXX")
    echo "# Written by coffer setup. docs/CONFIGURATION.md and \`coffer config\` list every option." >"$new"
    chown root:coffer "$new"
    chmod 640 "$new"
    mv -- "$new" "$config"
}

extend_configuration() {
    mark_pool reload
    append_lines "$config" "$@"
}

# Users

inspect_users() {
    if id coffer >/dev/null 2>&1; then
        there "the system user coffer"
    else
        must_be_writable /etc/passwd /etc
        will "the system user coffer"
        does useradd --system --user-group --home-dir /nonexistent --shell /usr/sbin/nologin coffer
    fi
    [[ $web_user ]] || return 0
    # The web server reads blobs. As the workers' user, it reads the configuration.
    if [[ " $(id -nG "$web_user" 2>/dev/null) " == *" coffer "* ]]; then
        there "the membership of $web_user in the group coffer"
    else
        must_be_writable /etc/group
        will "the membership of $web_user in the group coffer"
        # The server takes it up when it is reloaded.
        acts "$(shown usermod --append --groups coffer "$web_user")" join_group
        web_must_reload=yes
    fi
}

join_group() {
    mark "$web"
    usermod --append --groups coffer "$web_user"
}

# The storage directory

# Sets `blobs` to the directory of the store; empty for a bucket.
find_storage() {
    local url=${options[COFFER_STORAGE_URL]}
    if [[ $storage && $storage != "$url" ]]; then
        [[ ${origins[COFFER_STORAGE_URL]} == default ]] ||
            refuse "${origins[COFFER_STORAGE_URL]} says COFFER_STORAGE_URL=$url. A store is moved by" \
                "\`coffer storage\`; setup changes no value."
        [[ $storage == @(file:///|s3://)* ]] ||
            fail "--storage is like file:///srv/coffer/blobs or s3://bucket/prefix"
        wanted[COFFER_STORAGE_URL]=$storage
        url=$storage
    fi
    storage_url=$url
    blobs=
    [[ $url != file://* ]] || blobs=${url#file://}
    [[ $blobs != *[!A-Za-z0-9/._-]* ]] || fail "--storage: the directory $blobs has a character that setup cannot take"
}

# The owner and the mode of the directory itself. Nothing below it is ever touched: it may be millions of files.
inspect_storage() {
    local owner mode
    if [[ -z $blobs ]]; then
        there "the storage: the bucket $storage_url is yours"
        return 0
    fi
    if [[ ! -e $blobs ]]; then
        must_be_writable "$blobs"
        will "the storage directory $blobs"
        does install -d -o "$worker_user" -g "$worker_user" -m 750 "$blobs"
        storage_will_change=yes
        return 0
    fi
    if [[ ! -d $blobs ]]; then
        problem "$blobs is not a directory."
        return 0
    fi
    owner=$(stat -c %U "$blobs") mode=$(stat -c %a "$blobs")
    if [[ $owner == @(root|coffer) && $owner != "$worker_user" &&
        -z $(find "$blobs" -mindepth 1 -not -name lost+found -print -quit) ]]; then
        # A new file system, or the package's directory for other workers.
        must_be_writable "$blobs"
        will "the owner of the empty storage directory $blobs"
        does chown "$worker_user:$worker_user" "$blobs"
        does chmod 750 "$blobs"
        storage_will_change=yes
    elif [[ $owner != "$worker_user" ]]; then
        problem "The storage directory $blobs belongs to $owner, and the workers run as $worker_user. Choose another" \
            "directory by --storage, or give this one to $worker_user, with all that is in it."
    elif [[ $web_user && $web_user != "$worker_user" ]] && (((8#$mode & 8#050) != 8#050)); then
        must_be_writable "$blobs"
        will "the right of the group to read the storage directory $blobs"
        does chmod g+rx "$blobs"
    else
        there "the storage directory $blobs"
    fi
}
