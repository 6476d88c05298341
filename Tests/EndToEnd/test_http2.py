"""A streaming upload over HTTP/2 does not wait for nginx at each piece: its window is as large as its buffer."""

import subprocess

import pytest

from apache import UNDER_TEST
from link import Link
from nginx import Nginx
from script import SCRIPTS

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="has web servers of its own")

MIB = 1 << 20
# Frame types and a setting of RFC 9113, sections 6 and 6.5.2.
SETTINGS, WINDOW_UPDATE, INITIAL_WINDOW_SIZE = 4, 8, 4


def frames(data):
    """The type, the stream and the payload of each HTTP/2 frame (RFC 9113, section 4.1)."""
    while data:
        length = int.from_bytes(data[:3], "big")
        yield data[3], int.from_bytes(data[5:9], "big"), data[9 : 9 + length]
        data = data[9 + length :]


def first_window(data):
    """How many bytes of the first body a client may send before the first of them has been read."""
    window = 0
    for kind, stream, payload in frames(data):
        for start in range(0, len(payload), 6) if kind == SETTINGS else ():
            if int.from_bytes(payload[start : start + 2], "big") == INITIAL_WINDOW_SIZE:
                window = int.from_bytes(payload[start + 2 : start + 6], "big")
        if kind == WINDOW_UPDATE and stream == 1:
            return window + int.from_bytes(payload, "big")
    return window


@pytest.mark.parametrize(
    ("options", "window"),
    [
        pytest.param([], 16 * MIB, id="as shipped"),
        pytest.param(["--upload-buffer", "3m"], 3 * MIB, id="as the operator chose"),
    ],
)
def test_a_client_may_send_a_whole_upload_buffer_at_once(instance, editor, folder, tmp_path, options, window):
    file = tmp_path / "body"
    with file.open("wb") as body:
        body.truncate(50 * MIB)
    nginx = Nginx(instance, options=["--uploads", "streaming", *options])
    # Without TLS the test can read what nginx grants. The site's own file would take the port for HTTP/1.1.
    listener = "server { listen 127.0.0.1:@PORT@ http2; include coffer/snippets/site.conf; }"
    nginx.http = f"include coffer/snippets/http.conf; {listener}"
    command = ["curl", "-s", "--http2-prior-knowledge", "-X", "POST", "-T", file, "-w", "\n%{http_code} %{http_version}"]
    for field in (f"Authorization: Bearer {editor.token}", f"File-Path: {folder}/long", "Expect:"):
        command += ["-H", field]
    with nginx, Link(nginx.port) as link:
        url = f"http://127.0.0.1:{link.port}/rpc/store_file"
        done = subprocess.run([*command, url], capture_output=True, text=True, timeout=300)
        assert done.stdout.splitlines()[-1] == "200 2", done
        assert first_window(bytes(link.answered)) == window


def test_what_an_upload_may_take_of_memory_is_the_operators_to_choose(instance):
    with pytest.raises(AssertionError, match="--upload-buffer"):
        Nginx(instance, options=["--upload-buffer", "much"])
    shown = subprocess.run([SCRIPTS / "nginx-site", "--help"], capture_output=True, text=True, check=True).stdout
    assert "--upload-buffer SIZE" in shown
