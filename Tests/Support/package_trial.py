"""scripts/test-package: the Debian package in bare systems, from its installation to its end."""

import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from blocks import shell_blocks
from package import build
from script import CHECKOUT

sys.path.append(str(CHECKOUT / "Tests/EndToEnd"))
from machine import NAME, control_groups, run_on_a_booted_server, run_on_a_server  # noqa: E402

SYSTEMS = CHECKOUT / ".build/systems"
MIRROR = "http://deb.debian.org/debian"
# What a server has before; python3-seccomp is for the sandbox of the stand-in of systemd.
BEFORE = """nginx apache2 apache2-suexec-custom libapache2-mod-fcgid postgresql curl openssl ca-certificates fail2ban
    python3-seccomp"""
# The package is for DATABASE and later. On older ones, only the archive for shared hosting runs.
DATABASE, OLDER = "bookworm", ["bullseye"]

# A step is a function that fails at its first command that fails.
STEPS = r"""
step() {
    local name=$1 status=0 began=$SECONDS
    shift
    set +e
    (set -e; "$@") >/tmp/step 2>&1
    status=$?
    set -e
    if ((status == 0)); then
        # What a trial has measured.
        sed -nE 's/^([0-9]+ requests, [0-9]+ failed)$/    \1/p' /tmp/step
        echo "passed: $name ($((SECONDS - began)) s)"
    else
        echo "failed: $name"
        tail -n 30 /tmp/step /var/log/coffer.log /var/log/apache2/error.log 2>/dev/null | sed 's/^/    /'
        exit 1
    fi
}
stop_apache() {
    apache2ctl stop
    # Its processes have the port a moment longer than the file of its process id.
    while grep -qa '^/usr/sbin/apache2' /proc/[0-9]*/cmdline 2>/dev/null; do sleep 0.1; done
    # Debian 11's mod_fcgid leaves its shared memory, and would not start if its new file got the same inode number.
    ipcs -m | awk '$3 == "root" { print $2 }' | xargs -r -n 1 ipcrm -m
}
rights() { stat -c '%U:%G %a' "$1"; }
# `set -e` ignores a command after an exclamation mark.
not() { if "$@"; then return 1; fi; }
is() { [[ $1 == "$2" ]] || { echo "$1, not $2"; return 1; }; }
# Files that belong to no package, where an administrator or a package may have put some.
unowned() {
    find /etc /usr /var /run /opt /srv /lib/systemd \( -path /var/lib/dpkg -o -path /var/log -o -path /var/cache \
        -o -path /var/lib/apt -o -path /var/lib/postgresql -o -path /run/stand-in -o -path /run/postgresql \
        -o -path /var/lib/systemd/catalog \) -prune -o -print | sort >/tmp/all
    # Packages may name files below /lib, which is /usr/lib.
    sed -E 's#^/(bin|lib|lib64|sbin)/#/usr&#' /var/lib/dpkg/info/*.list | sort -u >/tmp/owned
    comm -23 /tmp/all /tmp/owned
}
untouched() {
    not grep -a '[/]usr/lib/coffer' /proc/[0-9]*/cmdline
    [[ ! -e /run/coffer/coffer.sock ]]
    is "$(find /etc/systemd/system -name 'coffer*')" ""
    is "$(rights /etc/coffer/coffer.conf)" "root:coffer 640"
    is "$(rights /var/lib/coffer/blobs)" "coffer:coffer 750"
    is "$(getent passwd coffer | cut -d : -f 7)" /usr/sbin/nologin
    is "$(runuser -u postgres -- psql -XAtc 'select count(*) from pg_database')" 3
    COFFER_CONFIG=/etc/coffer/coffer.conf coffer config >/dev/null
    man_page=$(zcat /usr/share/man/man1/coffer.1.gz)
    [[ $man_page == *"coffer serve"* ]]
}
"""

# After the installation, in this order.
LIFE = r"""
flow() { /usr/bin/python3 "$checkout/Tests/Support/service_trial.py" https://NAME dana@example.org \
    'correct horse battery' "$@"; }
account() { echo 'correct horse battery' | coffer user add dana@example.org --role editor; }
logins() {
    local try
    for try in 1 2 3; do
        command curl -s -o /dev/null "https://NAME/rpc/login" -H 'Content-Type: application/json' \
            -d '{"email": "dana@example.org", "password": "wrong, wrong, wrong"}'
    done
    cp -r /usr/share/doc/coffer/examples/fail2ban/* /etc/fail2ban/
    fail2ban-regex /var/log/nginx/coffer-access.log /etc/fail2ban/filter.d/coffer.conf | tee /tmp/found
    grep -qE 'Failregex: 3 total' /tmp/found
}
apache() {
    nginx -s stop
    /usr/share/coffer/scripts/apache-site /etc/apache2
    a2enmod ssl headers proxy_fcgi rewrite
    a2dissite 000-default
    cat >/etc/apache2/sites-available/coffer.conf <<'END'
APACHE_SITE
END
    a2ensite coffer
    apache2ctl start
    curl --retry 20 --retry-all-errors https://NAME/health/ready
    flow reload
    stop_apache
    nginx
}
upgrade() {
    echo 'COFFER_WORKERS=3' >>/etc/coffer/coffer.conf
    chmod 600 /etc/coffer/coffer.conf
    chgrp root /etc/coffer/coffer.conf
    chmod 700 /var/lib/coffer/blobs
    apt-get install -y -o APT::Get::Upgrade=true ./coffer_*+1_*.deb
    # What an administrator has changed stays.
    is "$(rights /etc/coffer/coffer.conf)" "root:root 600"
    is "$(rights /var/lib/coffer/blobs)" "coffer:coffer 700"
    grep -q COFFER_WORKERS=3 /etc/coffer/coffer.conf
    chgrp coffer /etc/coffer/coffer.conf
    chmod 640 /etc/coffer/coffer.conf
    chmod 750 /var/lib/coffer/blobs
    is "$(dpkg-query -Wf '${Version}' coffer)" "VERSION+1"
    coffer migrate
    systemctl restart coffer
    flow
}
data_is_there() {
    [[ $(find /var/lib/coffer/blobs -type f -size +1M | wc -l) -ge 1 ]]
    [[ $(runuser -u postgres -- psql -XAtc 'select count(*) from internal.files' coffer) -ge 4 ]]
}
remove() {
    systemctl stop coffer
    apt-get remove -y coffer
    data_is_there
    [[ -e /etc/coffer/coffer.conf && ! -e /usr/bin/coffer && ! -e /usr/lib/coffer ]]
}
again() {
    apt-get install -y "./coffer_VERSION_$(dpkg --print-architecture).deb"
    grep -q COFFER_WORKERS=3 /etc/coffer/coffer.conf
    coffer migrate
    systemctl start coffer
    flow
}
purge_without_answer() {
    systemctl stop coffer
    apt-get purge -y coffer
    data_is_there
    [[ ! -e /etc/coffer && ! -e /usr/share/coffer ]]
}
purge_with_yes() {
    apt-get install -y "./coffer_VERSION_$(dpkg --print-architecture).deb"
    data_is_there
    echo 'coffer coffer/remove-data boolean true' | debconf-set-selections
    apt-get purge -y coffer
    # It is a file system of its own here, so the directory itself stays.
    is "$(find /var/lib/coffer | wc -l)" 1
    [[ $(runuser -u postgres -- psql -XAtc 'select count(*) from internal.files' coffer) -ge 4 ]]
}
"""

NOTHING_LEFT = r"""
purge() {
    apt-get purge -y coffer
    # The user stays, as Debian's always do. The web server's files are the administrator's.
    unowned | grep -vE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-?$' >/tmp/after
    is "$(comm -13 /tmp/before /tmp/after)" ""
    is "$(debconf-show coffer)" ""
}
"""


def make_system(suite, packages):
    """A bare system with what a server has before, and with the dependencies of the package downloaded."""
    folder = SYSTEMS / suite
    if not (folder / "complete").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        run("debootstrap", "--variant=minbase", suite, folder, MIRROR)
        policy = folder / "usr/sbin/policy-rc.d"
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
        (folder / "complete").touch()
    inside(folder, f"apt-get install -y --no-install-recommends {' '.join(BEFORE.split())}")
    # Debian takes another one if a program of this machine listens on it.
    inside(folder, "sed -i 's/^port = .*/port = 5432/' /etc/postgresql/*/main/postgresql.conf")
    if suite in OLDER:
        return folder
    for package in packages:
        shutil.copy(package, folder / "tmp")
    names = " ".join(f"/tmp/{package.name}" for package in packages[:1])
    inside(folder, f"apt-get install -y --no-install-recommends --download-only {names} needrestart")
    # needrestart restarts the service because of a library that was replaced.
    inside(folder, "apt-get install -y --reinstall --download-only libpq5")
    return folder


def inside(folder, command):
    """Whatever is left of shared memory ends with the command."""
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
    script = f"mount -t proc proc /proc; export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8; {command}"
    run("unshare", "--mount", "--ipc", "--pid", "--fork", "--kill-child", "chroot", folder, "sh", "-ec", script)


def run(*words):
    done = subprocess.run([*map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(map(str, words))}: {done.stdout[-2000:]}{done.stderr[-2000:]}")


def has_sources(suite):
    url = f"{MIRROR}/dists/{suite}/Release"
    return subprocess.run(["curl", "-sfIo", "/dev/null", "-m", "30", url]).returncode == 0


def life(version):
    """The script of a server, from the installation to the end."""
    (_, install), *rest = shell_blocks("docs/INSTALL.md")
    commands = f"install_package() {{\n{install}}}\nconfigure() {{\n{''.join(block for _, block in rest)}}}\n"
    steps = [
        ("the package installs", "install_package"), ("nothing is started, enabled or asked", "untouched"),
        ("the commands of INSTALL.md configure it", "configure"), ("an account is made", "account"),
        ("files go up and down through nginx, in the sandbox", "flow confinement reload restart kill"),
        ("fail2ban finds failed logins", "logins"), ("they go up and down through Apache", "apache"),
        ("an upgrade keeps data and changes", "upgrade"),
        ("removal keeps data", "remove"), ("it works again when it is installed again", "again"),
        ("a purge without an answer keeps data", "purge_without_answer"),
        ("a purge after a yes removes the files, and not the database", "purge_with_yes"),
    ]  # fmt: skip
    site = re.search(r"```apache\n(.*?)\n```", (CHECKOUT / "docs/INSTALL.md").read_text(), re.DOTALL)[1]
    functions = STEPS + commands + LIFE.replace("NAME", NAME).replace("VERSION", version)
    functions = functions.replace("APACHE_SITE", site)
    return functions + "".join(f'step "{name}" {function}\n' for name, function in steps)


def unused(version):
    """The script of a server on which the package is never configured."""
    (_, install), *_ = shell_blocks("docs/INSTALL.md")
    return f"""{STEPS}{NOTHING_LEFT}install_package() {{\n{install}}}\n
        # What dependencies leave is not this package's.
        step "its dependencies install" apt-get satisfy -y "$(dpkg-deb -f ./coffer_{version}_*.deb Depends)"
        unowned >/tmp/before
        step "the package installs on another server" install_package
        step "a purge without any use leaves nothing" purge
    """


def booted():
    """The script of a server that systemd has booted: the unit itself, and an upgrade under load."""
    (_, install), *rest = shell_blocks("docs/INSTALL.md")
    commands = f"install_package() {{\n{install}}}\nconfigure() {{\n{''.join(block for _, block in rest)}}}\n"
    return STEPS + commands + LIFE.replace("NAME", NAME) + r"""
states() { systemctl "$1" coffer.service coffer.socket coffer-gc.timer | tr '\n' ' '; }
stopped() { is "$(states is-active)" "inactive inactive inactive "; }
at_rest() {
    stopped
    is "$(states is-enabled)" "disabled disabled disabled "
}
exposure() { systemd-analyze security --no-pager --threshold=5 coffer; }
remove_all() {
    systemctl enable --now coffer-gc.timer
    apt-get remove -y coffer
    stopped
    data_is_there
}
step "under systemd, the package installs" install_package
step "nothing is started or enabled" at_rest
step "the commands of INSTALL.md configure it" configure
step "an account is made" account
step "it works in its sandbox, and continues after a reload, a restart, a crash and an upgrade" \
    flow confinement reload restart kill hang collect upgrade
step "no request fails when the whole pool is killed ten times" flow kills
step "needrestart installs" apt-get install -y --no-install-recommends needrestart
step "no request fails when needrestart restarts it" flow needrestart
step "its exposure is small" exposure
step "removal stops the units" remove_all
"""


def short_way():
    """The commands of INSTALL.md from the package to the first file, with coffer setup."""
    document = (CHECKOUT / "docs/INSTALL.md").read_text()
    (_, install), *_ = shell_blocks("docs/INSTALL.md")
    section = document.partition("\n## coffer setup\n")[2].partition("\n## ")[0]
    blocks = re.findall(r"```text\n(.*?)```", section, re.DOTALL)
    (setup,) = (block for block in blocks if "coffer setup --yes" in block)
    (upload,) = (block for block in blocks if "/rpc/store_file" in block)
    return install + setup + upload


def set_up():
    """The script of a server that systemd has booted, on which coffer setup does the work."""
    commands = short_way()
    count = len(re.sub(r"\\\n", "", commands).splitlines())
    assert count <= 8, f"INSTALL.md needs {count} commands"
    setup = re.search(r"coffer setup --yes .*", commands)[0]
    return STEPS + LIFE.replace("NAME", NAME) + rf"""
# As if it came from an authority that the server trusts.
cat "$CURL_CA_BUNDLE" >>/etc/ssl/certs/ca-certificates.crt
echo 'Dear Sir or Madam' >letter.txt
first_file() {{
    {commands}
    cp /tmp/step /root/made
    curl -H "Authorization: Bearer $token" "https://{NAME}/rpc/retrieve_file?p_file_path=letters/first.txt" |
        cmp - letter.txt
    asked_all /root/made
}}
# doctor has asked the site, and found nothing wrong.
asked_all() {{
    tail -n 40 "$1"
    grep -E '^[0-9]+ checks: ' "$1"
    not grep -E '^error|url\.(known|session)' "$1"
    grep -x 'COFFER_PUBLIC_URL="https://{NAME}"' /etc/coffer/coffer.conf
}}
enabled() {{
    systemctl is-enabled coffer.service coffer.socket
    systemctl is-active coffer.service coffer.socket
    is "$(curl -s -o /dev/null -w '%{{http_code}} %{{redirect_url}}' http://{NAME}/login)" "308 https://{NAME}/login"
}}
again() {{
    pool=$(systemctl show --property=MainPID --value coffer)
    touch /tmp/before
    {setup} </dev/null >/root/again
    grep -x 'Nothing is missing, so nothing was changed.' /root/again
    asked_all /root/again
    is "$(find /etc /usr/share/coffer -newer /tmp/before -not -type d -not -name '*.dpkg*')" ""
    is "$(systemctl show --property=MainPID --value coffer)" "$pool"
    is "$(coffer user list | grep -c admin@example.org)" 1
}}
behind_apache() {{
    systemctl stop nginx
    a2dissite 000-default
    systemctl start apache2
    {setup} --web apache </dev/null >/root/made
    asked_all /root/made
    {setup} --web apache </dev/null | grep -x 'Nothing is missing, so nothing was changed.'
    account
    flow reload restart
}}
without_network() {{
    {setup} --web apache --local-only </dev/null >/root/made
    asked_all /root/made
    flow confinement
}}
step "{count} commands of INSTALL.md lead from apt to the first file" first_file
step "the units are enabled, and plain HTTP leads to TLS" enabled
step "coffer setup can be run again" again
step "coffer setup makes the site of Apache" behind_apache
step "coffer setup takes the network from the workers" without_network
"""


def first_file():
    """The script of a server on which the test of the package itself runs (autopkgtest)."""
    (_, install), *_ = shell_blocks("docs/INSTALL.md")
    return f"""{STEPS}install_package() {{\n{install}}}\n
        step "the package installs on a third server" install_package
        step "debian/tests/first-file passes" "$checkout/debian/tests/first-file"
    """


# A provider with Apache and suEXEC, whose PostgreSQL is a newer server than this one may be, and a customer without
# rights.
HOSTING = r"""
database=/srv/database
prepare() {
    mkdir -p $database/upper $database/work $database/root
    mount -t overlay overlay $database/root -o \
        "lowerdir=$checkout/.build/systems/NEWER,upperdir=$database/upper,workdir=$database/work"
    mount -t proc proc $database/root/proc
    mount --rbind /dev $database/root/dev
    mount -t tmpfs tmpfs $database/root/run
    chroot $database/root bash -ec 'install -d -o postgres -g postgres /run/postgresql
        echo "port = 5433" >>/etc/postgresql/15/main/postgresql.conf; pg_ctlcluster 15 main start'
    sql -c "create role me login password 'secret'" -c 'create database me owner me encoding UTF8 template template0'
    tar -xOf /tmp/coffer-*.tar.gz --wildcards '*/roles.sql' | sql -d me
    sql -c 'grant coffer_owner to me' -c "alter role coffer_authenticator password 'secret'"
    useradd --create-home me
    chmod 711 /home/me
    sed -i '1s#.*#/home#' /etc/apache2/suexec/www-data
    cat >/etc/apache2/sites-available/hosting.conf <<'END'
<VirtualHost *:80>
    ServerName NAME
    SuexecUserGroup me me
    DocumentRoot /home/me/public_html
    <Directory /home/me/public_html>
        Require all granted
        AllowOverride All
    </Directory>
</VirtualHost>
END
    a2enmod suexec cgid rewrite headers
    a2dissite 000-default
    a2ensite hosting
    nginx -s stop
    apache2ctl start
}
sql() { chroot $database/root runuser -u postgres -- psql -XAtq -p 5433 -v ON_ERROR_STOP=1 "$@"; }
customer() {
    (cd /home/me && runuser -u me -- env -i HOME=/home/me PATH=/usr/bin:/bin LANG=C.UTF-8 \
        COFFER_OWNER_DATABASE_URL='host=127.0.0.1 port=5433 dbname=me user=me password=secret' bash -euc "$1")
}
install_archive() {
    customer 'tar -xzf /tmp/coffer-*.tar.gz; mv coffer-*/ coffer; mkdir public_html'
    printf '%s\n' 'COFFER_DATABASE_URL="host=127.0.0.1 port=5433 dbname=me user=coffer_authenticator password=secret"' \
        'COFFER_STORAGE_URL=file:///home/me/blobs' >/home/me/coffer/coffer.conf
    customer 'coffer/coffer migrate
        echo "correct horse battery" | coffer/coffer user add dana@example.org --role editor
        coffer/install-site --path /files public_html/files'
}
bundled() { grep -F /lib/bundled/loader /home/me/public_html/files/coffer.*gi; }
use() {
    local auth site=http://NAME/files
    # A restart that loads mod_fcgid for the first time makes the children of Debian 11's Apache crash.
    stop_apache
    "a2${1}mod" fcgid
    apache2ctl start
    curl --retry 20 --retry-all-errors --retry-max-time 30 "$site/health/ready"
    auth="Authorization: Bearer $(curl "$site/rpc/login" -H 'Content-Type: application/json' \
        -d '{"email": "dana@example.org", "password": "correct horse battery"}' | cut -d '"' -f 4)"
    head -c 3000000 /dev/urandom >/tmp/sent
    curl -X POST -T /tmp/sent -H "$auth" -H 'File-Path: notes/first' "$site/rpc/store_file"
    curl -H "$auth" "$site/rpc/retrieve_file?p_file_path=notes/first" | cmp - /tmp/sent
    curl "$site/" | grep -F '<html'
    is "$(find /home/me/blobs ! -user me)" ""
    [[ $1 == dis || $(pgrep -u me -f lib/coffer.fcgi) ]]
    customer 'coffer/coffer gc --grace 0; coffer/coffer check --digest'
}
step "the provider of a shared host prepares database and suEXEC" prepare
step "a customer without rights installs the archive" install_archive
OLDER_STEP
step "files go up and down by CGI under suEXEC" use dis
step "they go up and down by mod_fcgid under suEXEC" use en
"""


def hosting(suite):
    """The script of a shared host."""
    older = 'step "its own libraries are too old, so those of the archive are used" bundled' if suite in OLDER else ""
    return STEPS + HOSTING.replace("NEWER", DATABASE).replace("NAME", NAME).replace("OLDER_STEP", older)


def servers_for(suite, version):
    """Each server of a release: how it runs, and its script."""
    yield run_on_a_server, hosting(suite)
    if suite in OLDER:
        return
    for script in (life(version), unused(version), first_file()):
        yield run_on_a_server, script
    if not control_groups():
        print(f"{suite}: not tested under systemd, as there are no control groups to give it", flush=True)
        return
    for script in (set_up(), booted()):
        yield run_on_a_booted_server, script


def trials(suite, system, version, packages, archive):
    """What each server of a release and piuparts print, and whether all is well."""
    for run_on, script in servers_for(suite, version):
        done = run_on(script, CHECKOUT, timeout=1200, packages=[*packages, archive], system=system)
        yield done.stdout, done.returncode == 0
    if suite not in OLDER:
        text = piuparts(suite, packages[0])
        yield text, text.startswith("passed: ")


def piuparts(suite, package):
    """The lines of a step, as those of a server: Debian's own test of installing and purging."""
    base, began = SYSTEMS / f"piuparts-{suite}.tar.gz", time.monotonic()
    words = ["piuparts", "--distribution", suite, "--mirror", f"{MIRROR} main", "--warn-on-others", "--no-eatmydata"]
    words += ["--basetgz" if base.exists() else "--save", base, package]
    done = subprocess.run([*map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0:
        base.unlink(missing_ok=True)
        return f"failed: piuparts\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
    return f"passed: piuparts installs and purges it ({round(time.monotonic() - began)} s)"


def main():
    failed, passed = 0, 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        package = build(folder)
        version = re.fullmatch(r"coffer_(.*)_\w+\.deb", package.name)[1]
        packages = [package, build(folder, "--version", f"{version}+1")]
        archive = build(folder, "--archive")
        make_system(DATABASE, packages)
        for suite in sys.argv[1:] or ["bookworm", "trixie", *OLDER]:
            if not has_sources(suite):
                print(f"{suite}: not tested, as the package sources do not have it", flush=True)
                continue
            system = make_system(suite, packages)
            for text, is_good in trials(suite, system, version, packages, archive):
                print("\n".join(f"{suite}: {line}" for line in text.splitlines()), flush=True)
                passed += len(re.findall(r"^passed: .* \(\d+ s\)$", text, re.MULTILINE))
                failed += not is_good
    print(f"{round(time.monotonic() - began)} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0 or passed == 0)


if __name__ == "__main__":
    main()
