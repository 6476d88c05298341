"""The answer to a small download leaves nginx in one packet."""

import http.client
import socket
import struct
from urllib.parse import urlsplit

import pytest

from apache import UNDER_TEST
from client import retrieve_target

pytestmark = pytest.mark.skipif(UNDER_TEST is not None, reason="about nginx")

# The offset of `tcpi_data_segs_in` in Linux's struct tcp_info.
DATA_SEGMENTS_IN = 152


def segments_in(connection):
    """How many packets with data have arrived."""
    info = connection.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("=I", info, DATA_SEGMENTS_IN)[0]


def test_the_header_and_the_bytes_of_a_small_file_come_in_one_packet(editor, folder):
    editor.store(f"{folder}/small", b"a" * 4096)
    connection = http.client.HTTPConnection(urlsplit(editor.url).netloc, timeout=300)
    connection.connect()
    fields = {"Authorization": f"Bearer {editor.token}"}
    for _ in range(3):
        before = segments_in(connection)
        connection.request("GET", retrieve_target(f"{folder}/small"), headers=fields)
        assert connection.getresponse().read() == b"a" * 4096
        assert segments_in(connection) - before == 1
    connection.close()
