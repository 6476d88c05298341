"""A Debian server of a test's own, on which the blocks of INSTALL.md and GUIDE.md run as they stand.

It is this machine with all its packages, or another Debian system in a directory, in a root of its own: what it writes
goes to memory and is gone later. Its network and its processes are its own, too. The checkout is the real one,
read-only. Only root can have one, and only if the kernel lets it mount.

It has no systemd. A stand-in for `systemctl` (Tests/Support/systemctl.py) does what the documents ask of it: it starts
what the unit files say, with their restrictions.
"""

import atexit
import functools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

NAME = "files.example.org"

# Runs in namespaces of its own; $1 is an empty directory, $2 the checkout, $3 what runs on the server, $4 files for
# /tmp, $5 the system below it. A root that is changed by chroot could not make user namespaces.
OVERLAY = r"""
set -euo pipefail
root=$1/root
mount --make-rprivate /
mount -t tmpfs -o mode=755 tmpfs "$1"
mkdir "$1"/{root,upper,work}
mount -t overlay overlay -o "lowerdir=$5,upperdir=$1/upper,workdir=$1/work" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
"""
STORES_AND_CHECKOUT = r"""
# Stores: not every kernel's overlay lets root make files as another user (setfsuid).
mkdir -p "$root/var/lib/coffer"
mount -t tmpfs -o mode=755 tmpfs "$root/var/lib/coffer"
mount -t tmpfs -o mode=755 tmpfs "$root/srv"
mkdir -p "$root$2"
mount --bind "$2" "$root$2"
mount -o remount,bind,ro "$root$2"
"""
# The new root takes the place of the old one.
PIVOT = r"""
mkdir "$root/.old"
cd "$root"
pivot_root . .old
umount -l /.old
rmdir /.old
cd /
"""
# The checkout may be below /tmp.
BOOT = OVERLAY + r"""
mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
""" + STORES_AND_CHECKOUT + r"""
ip link set lo up
cp -rL "$4"/* "$root/tmp"
rm -f "$root/etc/resolv.conf"
# In the path before systemd's own, which the package may bring along.
printf '#!/bin/sh\nexec /usr/bin/python3 "%s/Tests/Support/systemctl.py" "$@"\n' "$2" >"$root/usr/local/bin/systemctl"
chmod 755 "$root/usr/local/bin/systemctl"
""" + PIVOT + r"""
exec bash "/tmp/$3" "$2"
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
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
unset "${!COFFER_@}"
install -d -o postgres -g postgres /run/postgresql
rm -f /etc/nginx/sites-enabled/*
if [[ -d /run/systemd/system ]]; then
    systemctl start postgresql nginx
else
    pg_ctlcluster "$(ls /etc/postgresql)" main start
    nginx
fi
# Missing packages would have to come from somewhere; newer versions of those that are here need not.
printf 'APT::Get::Upgrade "false";\nAPT::Install-Recommends "false";\n' >/etc/apt/apt.conf.d/99coffer
export DEBIAN_FRONTEND=noninteractive
! ls /tmp/*.deb >/dev/null 2>&1 || cp /tmp/*.deb /root
cd /root
# An answer with a failure is one, as a reader of the document would see it.
curl() { command curl --fail "$@"; }
"""

# The same with systemd as the first process; $6 is a directory for the output.
BOOT_SYSTEMD = OVERLAY + STORES_AND_CHECKOUT + r"""
mkdir "$root/out"
mount --bind "$6" "$root/out"
cp -L "$4"/* "$root/root"
rm -f "$root/etc/resolv.conf" "$root/usr/sbin/policy-rc.d"
# systemd itself is a dependency of the package.
chroot "$root" env DEBIAN_FRONTEND=noninteractive apt-get satisfy -y --no-install-recommends systemd \
    "$(chroot "$root" bash -c 'dpkg-deb -f "$(ls /root/*.deb | head -n 1)" Depends')" >"$6/apt" 2>&1
mount -t sysfs sysfs "$root/sys"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$root/run"
cat >"$root/etc/systemd/system/trial.service" <<END
[Service]
Type=oneshot
Environment=HOME=/root
ExecStart=/bin/bash -c 'bash "/root/$3" "$2"; echo \$? >/out/status'
StandardOutput=file:/out/log
StandardError=file:/out/log
TimeoutStartSec=infinity
END
printf '[Unit]\nRequires=basic.target\nWants=trial.service\n' >"$root/etc/systemd/system/trial.target"
""" + PIVOT + r"""
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system --unit=trial.target \
    --log-target=console --show-status=0
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


def run_on_a_server(script, checkout, timeout, packages, system="/"):
    """Runs a bash script as root on a new server, in /root; output and all. The server is gone afterwards.

    packages: files that are put there. system: the directory of the Debian system that it is a copy of.
    """
    with tempfile.TemporaryDirectory(prefix="coffer-machine.") as folder, tempfile.TemporaryDirectory() as files:
        Path(files, "run").write_text(SERVER.replace("NAME", NAME) + script)
        for package in packages:
            shutil.copy(package, files)
        return subprocess.run(
            [*UNSHARE, "bash", "-c", BOOT, "boot", folder, str(checkout), "run", files, str(system)],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=timeout,
        )  # fmt: skip


@functools.cache
def control_groups():
    """Where the control groups of version 2 are, or None. Mounts them if the system uses version 1."""
    for folder in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")):
        if (folder / "cgroup.procs").exists() and os.access(folder, os.W_OK):
            return folder
    folder = tempfile.mkdtemp(prefix="coffer-groups.")
    done = subprocess.run(["mount", "-t", "cgroup2", "cgroup2", folder], capture_output=True, check=False)
    if done.returncode != 0:
        os.rmdir(folder)
        return None
    atexit.register(lambda: (subprocess.run(["umount", folder], check=True), os.rmdir(folder)))
    return Path(folder)


def run_on_a_booted_server(script, checkout, timeout, packages, system):
    """The same on a server that systemd has booted, for which the kernel must give it a control group."""
    with tempfile.TemporaryDirectory(prefix="coffer-machine.") as name:
        folder, files, out = (Path(name, part) for part in ("machine", "files", "out"))
        for each in (folder, files, out):
            each.mkdir()
        (files / "run").write_text(SERVER.replace("NAME", NAME) + script)
        for package in packages:
            shutil.copy(package, files)
        group = control_groups() / Path(name).name
        group.mkdir()
        arguments = [folder, checkout, "run", files, system, out]
        words = [*UNSHARE, "--cgroup", "--ipc", "bash", "-c", BOOT_SYSTEMD, "boot", *map(str, arguments)]
        enter = ["bash", "-c", 'echo $$ >"$0/cgroup.procs" && exec "$@"', str(group)]
        with (out / "console").open("wb") as console:
            process = subprocess.Popen([*enter, *words], stdin=subprocess.DEVNULL, stdout=console, stderr=console)
        try:
            deadline = time.monotonic() + timeout
            while not (out / "status").exists() and process.poll() is None and time.monotonic() < deadline:
                time.sleep(0.1)
            ended = (out / "status").exists()
        finally:
            process.kill()
            process.wait()
            remove_group(group)
        written = [out / part for part in ("apt", "console", "log") if (out / part).exists()]
        texts = [path.read_text(errors="replace") for path in written]
        status = int((out / "status").read_text()) if ended else 1
        return subprocess.CompletedProcess(words, status, texts[-1] if ended else "\n".join(texts))


def remove_group(group):
    """Removes a control group, once its last process has ended."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            for folder, _, _ in os.walk(group, topdown=False):
                os.rmdir(folder)
            return
        except OSError:
            time.sleep(0.1)
