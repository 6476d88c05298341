# shellcheck shell=bash
# The units of systemd and their drop-ins, for scripts/setup. It is sourced, never run.

# In the order in which systemd reads them: a unit in /etc replaces the whole one of the package.
unit_folders=(/etc/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system /lib/systemd/system)
drop_ins=/etc/systemd/system/coffer.service.d

# Prints the path of a unit's file. Fails if there is none.
unit_file() {
    local folder
    for folder in "${unit_folders[@]}"; do
        [[ ! -f $folder/$1 ]] || { echo "$folder/$1"; return 0; }
    done
    return 1
}

# Prints what the unit and its drop-ins say last for a name, such as User.
unit_value() {
    local file
    file=$(unit_file coffer.service) || file=/dev/null
    { cat "$file" "$drop_ins"/*.conf 2>/dev/null || true; } | sed -n "s/^$1=//p" | tail -n 1
}

systemd_runs() { [[ -d /run/systemd/system ]]; }

# Sets `worker_user`. Hand-off needs the web server's user.
find_worker_user() {
    worker_user=$(unit_value User)
    : "${worker_user:=coffer}"
    [[ $hand_off ]] || return 0
    [[ $web_user == www-data ]] ||
        refuse "nginx runs as $web_user, and the drop-in for hand-off is for www-data."
    worker_user=www-data
}

# Copies a drop-in of the product. Arguments: its name, and what it is for.
inspect_drop_in() {
    local source name=$1
    # In the package, or in a checkout.
    source=$share/systemd/$name.conf
    [[ -e $source ]] || source=$share/debian/$name.conf
    if cmp -s "$source" "$drop_ins/$name.conf"; then
        there "$2, by $drop_ins/$name.conf"
        return 0
    fi
    must_be_writable "$drop_ins"
    will "$2"
    acts "$(shown install -D -m 644 "$source" "$drop_ins/$name.conf")" put_drop_in "$source" "$drop_ins/$name.conf"
    pool_must_restart=yes
}

put_drop_in() {
    mark_pool restart
    back_up "$2"
    install -D -m 644 "$1" "$2"
}

# The units let nothing be written but /var/lib/coffer.
inspect_writable_path() {
    local unit file lines=("[Service]" "ReadWritePaths=-$blobs")
    [[ $blobs && $blobs != /var/lib/coffer/* ]] || return 0
    for unit in coffer.service coffer-gc.service; do
        file=$(unit_file "$unit") || continue
        grep -q '^ProtectSystem=strict' "$file" || continue
        file=/etc/systemd/system/$unit.d/storage.conf
        if has_lines "$file" "${lines[@]}"; then
            there "the right of $unit to write to $blobs"
            continue
        fi
        must_be_writable "$file"
        will "the right of $unit to write to $blobs"
        acts "$file:"$'\n'"$(printf '  %s\n' "${lines[@]}")" put_writable_path "$file" "${lines[@]}"
        pool_must_restart=yes
    done
}

put_writable_path() {
    mark_pool restart
    write_file "$1" /etc/systemd/system "${@:2}"
}

inspect_workers() {
    [[ -z $hand_off ]] || inspect_drop_in hand-off "workers that run as $web_user, for hand-off"
    [[ -z $local_only ]] || inspect_drop_in local-only "workers without a network"
    inspect_writable_path
    if ! unit_file coffer.service >/dev/null; then
        note "There is no coffer.service. Start the workers by: $(starting_command)"
    elif ! systemd_runs; then
        note "systemd does not run here. Start the workers by: $(starting_command)"
    else
        inspect_units
        return 0
    fi
    if [[ $pool_must_restart || $pool_must_reload ]] && [[ -S ${options[COFFER_SOCKET]} ]]; then
        note "The workers run with the former settings. Stop them and start them again."
    fi
}

starting_command() {
    local socket=${options[COFFER_SOCKET]}
    printf '%s && %s' "$(shown install -d -o "$worker_user" -g "$worker_user" "$(dirname "$socket")")" \
        "$(shown runuser -u "$worker_user" -- "$program" serve)"
}

# coffer-gc.timer is for a configuration in which the workers remove no garbage.
inspect_units() {
    local unit missing=() units=(coffer.socket coffer.service)
    [[ ${options[COFFER_WORKER_GC]} != off ]] || units+=(coffer-gc.timer)
    for unit in "${units[@]}"; do
        unit_file "$unit" >/dev/null || continue
        systemctl --quiet is-enabled "$unit" 2>/dev/null && systemctl --quiet is-active "$unit" || missing+=("$unit")
    done
    if [[ ${#missing[@]} == 0 && -z $pool_must_restart && -z $pool_must_reload ]] &&
        ! is_marked pool-restart && ! is_marked pool-reload; then
        there "the units ${units[*]}, enabled and started"
        return 0
    fi
    will "the units, enabled and started"
    if [[ $pool_must_restart ]] || is_marked pool-restart; then does systemctl daemon-reload; fi
    if ((${#missing[@]})); then does systemctl enable --now "${missing[@]}"; fi
    if [[ " ${missing[*]} " == *" coffer.service "* ]]; then
        :
    elif [[ $pool_must_restart ]] || is_marked pool-restart; then
        does systemctl restart coffer.service
    elif [[ $pool_must_reload ]] || is_marked pool-reload; then
        does systemctl reload coffer.service
    fi
    acts "" unmark_pool
}

# Remembers that the pool has to be restarted or reloaded, where setup does it.
mark_pool() { ! systemd_runs || mark "pool-$1"; }

unmark_pool() {
    unmark pool-restart
    unmark pool-reload
}
