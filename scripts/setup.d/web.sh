# shellcheck shell=bash
# The site of nginx or Apache, for scripts/setup. It is sourced, never run.

# The options of scripts/nginx-site or scripts/apache-site, without the hyphens: those of the last time, and those of
# this run.
declare -A site=()

# Sets `web` and `web_user`, and `etc`, the directory of the web server's configuration.
find_web_server() {
    if [[ -z $web ]]; then
        web=none
        [[ ! -e /etc/apache2/apache2.conf ]] || web=apache
        [[ ! -e /etc/nginx/nginx.conf || ($web == apache && -e /etc/apache2/coffer) ]] || web=nginx
        [[ $web != none ]] || note "There is no web server yet. Install nginx, and run coffer setup again."
    fi
    case $web in
        none) web_user='' ;;
        nginx)
            etc=/etc/nginx
            [[ -e $etc/nginx.conf ]] || refuse "nginx is not installed: apt-get install nginx."
            web_user=$(sed -nE 's/^[[:space:]]*user[[:space:]]+([A-Za-z0-9_-]+).*/\1/p' $etc/nginx.conf | tail -n 1)
            enabled=$etc/sites-enabled/coffer
            grep -q sites-enabled $etc/nginx.conf || enabled=$etc/conf.d/coffer.conf
            include=include
            ;;
        apache)
            etc=/etc/apache2
            [[ -e $etc/apache2.conf ]] || refuse "Apache is not installed: apt-get install apache2."
            # shellcheck disable=SC1091 # only where Apache is installed
            web_user=$(set +u; source $etc/envvars >/dev/null; echo "${APACHE_RUN_USER-}")
            enabled=$etc/sites-available/coffer.conf
            include=Include
            [[ -z $hand_off ]] || refuse "--hand-off is for nginx. Apache streams uploads."
            ;;
    esac
    [[ $web == none ]] || : "${web_user:=www-data}"
    [[ -z $hand_off || $web_user ]] || refuse "--hand-off needs nginx."
}

# Reads the options of the last time, which scripts/nginx-site and scripts/apache-site write down. Sets `kind`, tls or
# loopback, and `is_foreign` if the site was made in another way, and no option asks to make it.
read_site() {
    local line
    is_foreign=
    kind=
    [[ $web != none ]] || return 0
    if [[ -f $etc/coffer/options ]]; then
        while IFS= read -r line; do
            [[ $line != --* ]] || { line=${line#--}; site[${line%% *}]=${line#* }; }
        done <"$etc/coffer/options"
    elif [[ -d $etc/coffer && -z $name$certificate$key$behind_proxy$port ]]; then
        is_foreign=yes
    fi
    [[ ! -f $enabled ]] ||
        kind=$(sed -nE 's/^ *include +coffer\/coffer-(tls|loopback)\.conf.*/\1/Ip' "$enabled" | tail -n 1)
    if [[ $port$behind_proxy ]]; then
        [[ -z $certificate$key ]] || fail "--certificate is for the site with TLS, without --port and --behind-proxy"
        kind=loopback
    elif [[ $certificate ]]; then
        kind=tls
        unset "site[port]" "site[behind-proxy]"
    fi
    : "${kind:=tls}"
    [[ -z $name ]] || site[name]=$name
    [[ -z $certificate ]] || site[certificate]=$certificate
    [[ -z $key ]] || site[certificate-key]=$key
    [[ -z $behind_proxy ]] || site[behind-proxy]=$behind_proxy
    [[ -z $port ]] || site[port]=$port
}

needs_name() { [[ $web != none && -z $is_foreign && -z ${site[name]-} && ($kind == tls || ${site[behind-proxy]-}) ]]; }

# The options that follow from the rest of the installation.
complete_site() {
    local word
    site[socket]=${options[COFFER_SOCKET]}
    [[ ${site[socket]} != /run/coffer/coffer.sock ]] || unset "site[socket]"
    if [[ -z ${site[web]-} && ! -e /usr/share/coffer/web ]]; then site[web]=$share/web; fi
    if [[ $blobs && $blobs != /var/lib/coffer/blobs ]]; then
        site[blobs]=$blobs
    elif [[ $blobs || $web == nginx ]]; then
        unset "site[blobs]"
    else
        site[blobs]=''
    fi
    if [[ $web == nginx ]]; then
        if [[ -z $blobs ]]; then
            # shellcheck disable=SC2153 # storage_url is of storage.sh
            site[s3-endpoint]=$(storage_origin "$storage_url")
        elif [[ $worker_user != "$web_user" ]]; then
            site[uploads]=streaming
        elif [[ $hand_off ]]; then
            # It is the default of nginx-site.
            unset "site[uploads]"
        fi
        [[ ${origins[COFFER_MAX_UPLOAD_BYTES]} == default || ${site[max-body]-} ]] ||
            site[max-body]=${options[COFFER_MAX_UPLOAD_BYTES]}
    fi
    [[ -z ${site[certificate]-} ]] || : "${site[certificate-key]:=$(dirname "${site[certificate]}")/privkey.pem}"
    site_words=()
    while IFS= read -r word; do
        [[ -z $word ]] || site_words+=("--$word" "${site[$word]}")
    done < <(printf '%s\n' "${!site[@]}" | sort)
    # The defaults of the scripts.
    : "${site[certificate]:=/etc/letsencrypt/live/${site[name]-}/fullchain.pem}"
    : "${site[certificate-key]:=/etc/letsencrypt/live/${site[name]-}/privkey.pem}"
}

check_name() {
    local name=${site[name]-} label='[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?'
    [[ -z $name || (${#name} -le 253 && $name =~ ^$label(\.$label)*$) ]] ||
        { problem "$name is not a host name such as files.example.org."; return 1; }
}

check_certificate() {
    local file
    for file in "${site[certificate]}" "${site[certificate-key]}"; do
        [[ ! -r $file ]] || continue
        problem "There is no certificate at $file. Name one by --certificate and --key. Or let certbot get one:" \
            "certbot certonly --webroot -w /var/www/html -d ${site[name]}"
        return 0
    done
    command -v openssl >/dev/null || return 0
    if [[ $(openssl x509 -in "${site[certificate]}" -noout -checkhost "${site[name]}" 2>&1) != *"does match"* ]]; then
        problem "The certificate ${site[certificate]} is not for the host name ${site[name]}."
    elif ! openssl x509 -in "${site[certificate]}" -noout -checkend 0 >/dev/null; then
        note "The certificate ${site[certificate]} has expired."
    fi
}

# Prints the name of the program that listens on a TCP port, on all addresses or on the loopback address. `anywhere` as
# a second argument means on any address.
port_holder() {
    local inode link
    # The columns: address and port of this side, state (0A listens), inode of the socket.
    inode=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null |
        awk -v port="$(printf :%04X "$1")" -v anywhere="${2-}" '
            $4 != "0A" || substr($2, length($2) - 4) != port { next }
            !found && (anywhere || $2 ~ /^(0*|0100007F|0*01000000):/) { print $10; found = 1 }')
    [[ $inode ]] || return 0
    link=$(find /proc/[0-9]*/fd -lname "socket:\[$inode\]" -print -quit 2>/dev/null || true)
    if [[ $link ]]; then cat "${link%/fd/*}/comm"; else echo "another program"; fi
}

check_ports() {
    local port holder program=nginx ports=(80 443)
    [[ $web == nginx ]] || program=apache2
    [[ $kind == tls ]] || ports=("${site[port]-8080}")
    for port in "${ports[@]}"; do
        if [[ $port != +([0-9]) ]] || ((10#$port < 1 || 10#$port > 65535)); then
            problem "$port is not a port."
            continue
        fi
        holder=$(port_holder "$port" "$([[ $kind != tls ]] || echo anywhere)")
        [[ -z $holder || $holder == "$program" ]] || problem "Port $port is in use by $holder. $(port_advice)"
    done
}

port_advice() {
    if [[ $kind == tls ]]; then
        echo "Stop it, or put it in front of Coffer: --behind-proxy 127.0.0.1"
    else
        echo "Choose another one by --port."
    fi
}

# Whether the server's directory has what the options would write now.
site_is_current() {
    local folder result=0
    folder=$(mktemp -d)
    # These say which modules nginx loads.
    [[ $web != nginx ]] || ln -s "$etc/nginx.conf" "$etc/modules-enabled" "$folder"
    if ! refusal=$("$here/$web-site" "${site_words[@]}" "$folder" 2>&1); then
        problem "${refusal/#"$web-site: "/The site: }"
    fi
    diff -r "$folder/coffer" "$etc/coffer" >/dev/null 2>&1 || result=1
    rm -rf "$folder"
    return "$result"
}

# The modules that Apache does not load yet.
missing_modules() {
    local module needed=(dir env headers mime proxy proxy_fcgi rewrite setenvif)
    [[ $kind != tls ]] || needed+=(ssl)
    [[ -z ${site[behind-proxy]-} ]] || needed+=(remoteip)
    for module in "${needed[@]}"; do
        [[ -e $etc/mods-enabled/$module.load ]] || echo "$module"
    done
}

inspect_site() {
    local modules=()
    [[ $web != none ]] || return 0
    if [[ $is_foreign ]]; then
        there "the site in $etc/coffer, made without setup"
        return 0
    fi
    complete_site
    if check_name && [[ $kind == tls ]]; then check_certificate; fi
    check_ports
    check_present_configuration
    include_line="$include coffer/coffer-$kind.conf"
    [[ $web == apache ]] || include_line+=";"
    [[ $web != apache ]] || mapfile -t modules < <(missing_modules)
    if site_is_current && is_enabled && ((${#modules[@]} == 0)); then
        there "the site of $web in $etc/coffer"
        if [[ $web_must_reload ]] || is_marked "$web"; then
            will "the reload of $web"
            add_reload
        fi
        return 0
    fi
    must_be_writable "$etc" "$etc/coffer" "$enabled"
    will "the site of $web"
    acts "$(shown "$here/$web-site" "${site_words[@]}" "$etc")" write_site
    ((${#modules[@]} == 0)) || does a2enmod --quiet "${modules[@]}"
    is_enabled || acts "$enabled:"$'\n'"  $include_line" enable_site
    [[ $web != apache ]] || does a2ensite --quiet coffer
    add_reload
}

is_enabled() {
    has_lines "$enabled" "$include_line" && [[ $web == nginx || -e $etc/sites-enabled/coffer.conf ]]
}

# If the server refuses its files already, it would refuse ours with them. If ours are there, they may be the reason.
check_present_configuration() {
    local output
    [[ ! -e $enabled ]] || return 0
    output=$(test_command 2>&1) || problem "$web refuses its present configuration: ${output%%$'\n'*}"
}

test_command() {
    if [[ $web == nginx ]]; then nginx -t -q; else apache2ctl configtest; fi
}

add_reload() {
    local service=nginx
    [[ $web == nginx ]] || service=apache2
    acts "$(if [[ $web == nginx ]]; then echo nginx -t; else echo apache2ctl configtest; fi)" test_site
    if systemd_runs; then
        does systemctl reload-or-restart "$service"
    elif ! server_runs; then
        note "systemd does not run here. Start $web by: $([[ $web == nginx ]] && echo nginx || echo apache2ctl start)"
    elif [[ $web == nginx ]]; then
        does nginx -s reload
    else
        does apache2ctl graceful
    fi
    acts "" unmark "$web"
}

# Whether the web server's main process runs.
server_runs() {
    local pid file=/run/nginx.pid
    [[ $web == nginx ]] || file=/run/apache2/apache2.pid
    [[ -r $file ]] && read -r pid <"$file" && [[ -d /proc/$pid ]]
}

write_site() {
    mark "$web"
    back_up "$etc/coffer" "$enabled"
    site_was_written=yes
    [[ ! -e $etc/sites-enabled/coffer.conf ]] || site_was_enabled=yes
    "$here/$web-site" "${site_words[@]}" "$etc"
}

enable_site() { write_file "$enabled" "$etc" "$include_line"; }

# If the server refuses the site, the former state comes back, so that the other sites survive the next reload.
test_site() {
    local output path
    if output=$(test_command 2>&1); then return 0; fi
    printf '%s\n' "$output" >&2
    if [[ $site_was_written ]]; then
        [[ $web == nginx || $site_was_enabled ]] || a2dissite --quiet coffer
        for path in "$etc/coffer" "$enabled"; do
            rm -rf -- "$path"
            [[ ! -e $backups$path ]] || cp -a -- "$backups$path" "$path"
        done
        say "setup: $web refuses the site, so it was taken away again." >&2
    fi
    return 1
}

# The address of the site as clients on this machine reach it, and how curl gets there.
site_url() {
    if [[ $kind == tls ]]; then
        echo "https://${site[name]}"
    else
        echo "http://127.0.0.1:${site[port]-8080}"
    fi
}

# Plans to write down the address under which people reach the site, so that coffer doctor asks it.
plan_public_url() {
    local url
    [[ $web != none && -z $is_foreign ]] || return 0
    # Another proxy does TLS.
    if [[ ${site[behind-proxy]-} ]]; then url=https://${site[name]}; else url=$(site_url); fi
    if [[ ${origins[COFFER_PUBLIC_URL]} == default ]]; then
        wanted[COFFER_PUBLIC_URL]=$url
    elif [[ $(known_url) && $(known_url) != "$url" ]]; then
        note "COFFER_PUBLIC_URL is $(known_url), and the site is $url. coffer doctor asks the former."
    fi
    if [[ ${site[behind-proxy]-} ]]; then
        note "When the proxy in front passes requests on, coffer doctor checks the whole way to $url."
    fi
}

# The address that the configuration says, or will say.
known_url() {
    local url=${options[COFFER_PUBLIC_URL]:-${wanted[COFFER_PUBLIC_URL]-}}
    echo "${url%%+(/)}"
}
