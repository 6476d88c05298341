"""The systemd unit: how exposed it is, and that the pool works under its restrictions, with and without drop-ins."""

import re
import shutil
import subprocess

import pytest

from blocks import shell_blocks
from machine import NAME, can_have_one, run_on_a_server
from package import package
from script import CHECKOUT

PACKAGING = CHECKOUT / "debian"


@pytest.mark.parametrize(
    ("drop_ins", "limit"),
    [((), 1.5), (("local-only.conf",), 0.5), (("hand-off.conf",), 1.5), (("hand-off.conf", "local-only.conf"), 0.5)],
)
def test_the_exposure_of_the_unit_is_small(tmp_path, drop_ins, limit):
    folder = tmp_path / "usr/lib/systemd/system"
    (folder / "coffer.service.d").mkdir(parents=True)
    for name in ("coffer.service", "coffer.socket"):
        shutil.copy(PACKAGING / name, folder)
    for name in drop_ins:
        shutil.copy(PACKAGING / name, folder / "coffer.service.d")
    command = ["systemd-analyze", "security", "--offline=true", f"--root={tmp_path}", "--no-pager", "coffer.service"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert float(re.search(r"Overall exposure level for coffer.service: ([\d.]+)", done.stdout)[1]) <= limit


SERVER_TESTS = pytest.mark.skipif(not can_have_one(), reason="needs root, namespaces and Debian's PostgreSQL")
LOCAL_ONLY = "local-only.conf\nsystemctl daemon-reload\nsystemctl restart coffer\n"


def installation(local_only=True):
    """The commands of INSTALL.md."""
    text = "\n".join(block for _, block in shell_blocks("docs/INSTALL.md"))
    return text if local_only else re.sub(rf"^install .*{LOCAL_ONLY}", "", text, flags=re.MULTILINE)


def trials(*names):
    """Commands that run trials as a user of the server."""
    return (
        "echo 'correct horse battery' | coffer user add dana@example.org --role editor\n"
        f'/usr/bin/python3 "$checkout/Tests/Support/service_trial.py" https://{NAME} dana@example.org '
        f"'correct horse battery' {' '.join(names)}\necho '== all trials have passed'\n"
    )


def assert_passed(done, count):
    assert done.returncode == 0 and "== all trials have passed" in done.stdout, done.stdout[-4000:]
    assert done.stdout.count("\npassed: ") == count


@SERVER_TESTS
def test_the_service_without_a_network_works_and_loses_no_request():
    script = installation() + trials("confinement", "reload", "restart", "kill", "hang", "collect")
    assert_passed(run_on_a_server(script, CHECKOUT, timeout=900, packages=[package()]), 6)


@SERVER_TESTS
def test_the_service_with_uploads_by_hand_off_works_and_loses_no_request():
    blocks = (CHECKOUT / "docs/INSTALL.md").read_text().partition("## Uploads by hand-off")[2]
    hand_off = re.search(r"```text\n(.*?)```", blocks, re.DOTALL)[1]
    script = installation(local_only=False)
    before, migrate, after = script.partition("coffer migrate\n")
    assert migrate
    script = before + hand_off + migrate + after.replace("--uploads streaming", "--uploads handoff")
    script += trials("confinement", "reload", "restart", "collect")
    assert_passed(run_on_a_server(script, CHECKOUT, timeout=900, packages=[package()]), 4)


# A bucket on this server, by the steps of INSTALL.md.
BUCKET = r"""
"$checkout/.build/python/bin/python" "$checkout/scripts/s3-server" start juicefs /tmp/s3 >/dev/null
(
    source /tmp/s3/environment
    printf '[default]\naws_access_key_id = %s\naws_secret_access_key = %s\n' "$AWS_ACCESS_KEY_ID" \
        "$AWS_SECRET_ACCESS_KEY" | install -m 640 -g coffer /dev/stdin /etc/coffer/s3-credentials
    printf 'COFFER_STORAGE_URL="%s"\nCOFFER_S3_CREDENTIALS_FILE=/etc/coffer/s3-credentials\n' \
        "$COFFER_STORAGE_URL" >>/etc/coffer/coffer.conf
    sed -E 's#.*endpoint=(https?://[^&]+).*#\1#' <<<"$COFFER_STORAGE_URL" >/tmp/endpoint
)
"""


@SERVER_TESTS
def test_the_service_with_a_bucket_works_and_loses_no_request():
    before, migrate, after = installation(local_only=False).partition("coffer migrate\n")
    script = before + BUCKET + migrate + after.replace("streaming", 'streaming --s3-endpoint "$(</tmp/endpoint)"')
    script += trials("reload", "restart", "collect") + "coffer backup /srv/backup\ncoffer check --digest\n"
    script += '[[ ! $(find /var/lib/coffer/blobs -type f) ]]\n'
    assert_passed(run_on_a_server(script, CHECKOUT, timeout=900, packages=[package()]), 3)
