"""A Debian server of a test's own, on which the blocks of INSTALL.md and GUIDE.md run as they stand.

It is this machine with all its packages, in a root of its own: what it writes goes to memory and is gone later. Its
network and its processes are its own, too. The checkout is the real one, read-only, with the programs that were built
there. Only root can have one, and only if the kernel lets it mount.

It has no systemd and no compiler. A stand-in for `systemctl` does what the documents ask of it: it starts what the
unit file says, as the user that it says, and sends the signals that it says.
"""

import os
import subprocess
import tempfile
from pathlib import Path

NAME = "files.example.org"

# Runs in namespaces of its own; $1 is an empty directory, $2 the checkout, $3 what runs on the server.
BOOT = r"""
set -euo pipefail
root=$1/root
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1"/{root,upper,work}
mount -t overlay overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
# Stores: not every kernel's overlay lets root make files as another user (setfsuid).
mkdir -p "$root/var/lib/coffer"
mount -t tmpfs -o mode=755 tmpfs "$root/var/lib/coffer"
mount -t tmpfs -o mode=755 tmpfs "$root/srv"
mkdir -p "$root$2"
mount --bind "$2" "$root$2"
mount -o remount,bind,ro "$root$2"
ip link set lo up
cp -L "$4"/* "$root/tmp"
rm -f "$root/usr/bin/systemctl"
install -m 755 "$root/tmp/systemctl" "$root/usr/bin/systemctl"
exec chroot "$root" bash "/tmp/$3" "$2"
"""

# What a Debian server with a certificate has before INSTALL.md begins.
SERVER = r"""
set -euo pipefail
trap '(($? == 0)) || tail -n 5 /var/log/coffer.log /var/log/nginx/error.log 2>&1' EXIT
checkout=$1
hostname files 2>/dev/null || true
echo "127.0.0.1 localhost NAME" >/etc/hosts
certificates=/etc/letsencrypt/live/NAME
mkdir -p "$certificates" /run/lock
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=NAME -addext subjectAltName=DNS:NAME \
    -keyout "$certificates/privkey.pem" -out "$certificates/fullchain.pem" 2>/dev/null
export CURL_CA_BUNDLE=$certificates/fullchain.pem HOME=/root TMPDIR=/tmp
unset "${!COFFER_@}"
install -d -o postgres -g postgres /run/postgresql
pg_ctlcluster "$(ls /etc/postgresql)" main start
rm -f /etc/nginx/sites-enabled/*
nginx
# Missing packages would have to come from somewhere; newer versions of those that are here need not.
echo 'APT::Get::Upgrade "false";' >/etc/apt/apt.conf.d/99coffer
cd "$checkout"
# An answer with a failure is one, as a reader of the document would see it.
curl() { command curl --fail "$@"; }
# The programs have been built by the same command, build_release of scripts/lib.sh; another build would be in the way
# of other tests.
swift() { [[ ${*:1:$#-1} == "build -c release -Xswiftc -static-stdlib --product" && -x .build/release/${!#} ]]; }
"""

SYSTEMCTL = r"""#!/bin/bash
set -euo pipefail
unit=/etc/systemd/system/coffer.service
value() { grep "^$1=" "$unit" | cut -d = -f 2-; }
case "$*" in
    daemon-reload) test -e "$unit" ;;
    "enable --now coffer")
        user=$(value User)
        install -d -o "$user" -g "$user" "/run/$(value RuntimeDirectory)"
        read -ra program <<<"$(value ExecStart)"
        setpriv --reuid="$user" --regid="$user" --init-groups --no-new-privs env -i PATH=/usr/bin:/bin LANG=C.UTF-8 \
            setsid "${program[@]}" </dev/null >/var/log/coffer.log 2>&1 &
        echo $! >/run/coffer.pid
        ;;
    "reload coffer") MAINPID=$(</run/coffer.pid) bash -c "$(value ExecReload)" ;;
    "reload nginx")
        # The old workers go when the new ones are there.
        main=$(</run/nginx.pid)
        workers=$(<"/proc/$main/task/$main/children")
        nginx -s reload
        for worker in $workers; do
            for ((try = 0; try < 1200; try++)); do [[ -e /proc/$worker ]] || continue 2; sleep 0.1; done
            echo "nginx's old worker $worker does not end" >&2
            exit 1
        done
        ;;
    "reload postgresql") pg_ctlcluster "$(ls /etc/postgresql)" main reload ;;
    *) echo "the stand-in of systemctl does not know: $*" >&2; exit 1 ;;
esac
"""

UNSHARE = ["unshare", "--mount", "--net", "--pid", "--uts", "--fork", "--kill-child"]


def can_have_one():
    """Whether this process may make namespaces and mount an overlay."""
    if os.geteuid() != 0 or not Path("/etc/postgresql").is_dir():
        return False
    with tempfile.TemporaryDirectory() as folder:
        mounts = (
            f"mount -t tmpfs tmpfs {folder} && mkdir {folder}/a {folder}/u {folder}/w"
            f" && mount -t overlay overlay -o lowerdir=/,upperdir={folder}/u,workdir={folder}/w {folder}/a"
        )
        return subprocess.run([*UNSHARE, "sh", "-c", mounts], capture_output=True, check=False).returncode == 0


def run_on_a_server(script, checkout, timeout):
    """Runs a bash script on a new server, in the checkout; output and all. The server is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="coffer-machine.") as folder, tempfile.TemporaryDirectory() as files:
        Path(files, "run").write_text(SERVER.replace("NAME", NAME) + script)
        Path(files, "systemctl").write_text(SYSTEMCTL)
        return subprocess.run(
            [*UNSHARE, "bash", "-c", BOOT, "boot", folder, str(checkout), "run", files],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
        )  # fmt: skip
