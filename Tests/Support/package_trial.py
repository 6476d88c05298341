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
BEFORE = "nginx apache2 postgresql curl openssl ca-certificates fail2ban python3-seccomp"

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
        echo "passed: $name ($((SECONDS - began)) s)"
    else
        echo "failed: $name"
        tail -n 30 /tmp/step /var/log/coffer.log 2>/dev/null | sed 's/^/    /'
        exit 1
    fi
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
    apache2ctl stop
    while [[ -e /run/apache2/apache2.pid ]]; do sleep 0.2; done
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
    inside(folder, f"apt-get install -y --no-install-recommends {BEFORE}")
    for package in packages:
        shutil.copy(package, folder / "tmp")
    names = " ".join(f"/tmp/{package.name}" for package in packages[:1])
    inside(folder, f"apt-get install -y --no-install-recommends --download-only {names}")
    return folder


def inside(folder, command):
    shutil.copy("/etc/resolv.conf", folder / "etc/resolv.conf")
    script = f"mount -t proc proc /proc; export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8; {command}"
    run("unshare", "--mount", "--pid", "--fork", "--kill-child", "chroot", folder, "sh", "-ec", script)


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
step "its exposure is small" exposure
step "removal stops the units" remove_all
"""


def first_file():
    """The script of a server on which the test of the package itself runs (autopkgtest)."""
    (_, install), *_ = shell_blocks("docs/INSTALL.md")
    return f"""{STEPS}install_package() {{\n{install}}}\n
        step "the package installs on a third server" install_package
        step "debian/tests/first-file passes" "$checkout/debian/tests/first-file"
    """


def main():
    failed, passed = 0, 0
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        package = build(folder)
        version = re.fullmatch(r"coffer_(.*)_\w+\.deb", package.name)[1]
        packages = [package, build(folder, "--version", f"{version}+1")]
        for suite in sys.argv[1:] or ["bookworm", "trixie"]:
            if not has_sources(suite):
                print(f"{suite}: not tested, as the package sources do not have it", flush=True)
                continue
            system = make_system(suite, packages)
            servers = [(run_on_a_server, script) for script in (life(version), unused(version), first_file())]
            if control_groups():
                servers.append((run_on_a_booted_server, booted()))
            else:
                print(f"{suite}: not tested under systemd, as there are no control groups to give it", flush=True)
            for run_on, script in servers:
                done = run_on(script, CHECKOUT, timeout=1200, packages=packages, system=system)
                print("\n".join(f"{suite}: {line}" for line in done.stdout.splitlines()), flush=True)
                passed += len(re.findall(r"^passed: .* \(\d+ s\)$", done.stdout, re.MULTILINE))
                failed += done.returncode != 0
    print(f"{round(time.monotonic() - began)} s", flush=True)
    print(f"{passed} passed, {failed} failed")
    sys.exit(failed != 0 or passed == 0)


if __name__ == "__main__":
    main()
