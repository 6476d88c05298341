"""The FastCGI protocol, as far as one request over a connection of its own needs it."""

import socket
import struct
from contextlib import suppress

BEGIN, PARAMS, STDIN, STDOUT = 1, 4, 5, 6
RESPONDER = 1
LONGEST = 65535


def exchange(path, parameters, body, timeout=None):
    """Sends one request to the socket at a path, or to host:port; what its standard output was.

    Raises OSError where there is none.

    timeout: seconds that sending or receiving may stand still, None for no limit.
    """
    encoded = b"".join(pair(name.encode(), value.encode()) for name, value in parameters.items())
    host, _, port = path.rpartition(":")
    is_path = path.startswith("/")
    with socket.socket(socket.AF_UNIX if is_path else socket.AF_INET) as connection:
        connection.settimeout(timeout)
        connection.connect(path if is_path else (host, int(port)))
        # A worker may answer before it has read all, and close.
        with suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(record(BEGIN, struct.pack(">HB5x", RESPONDER, 0)))
            send_stream(connection, PARAMS, encoded)
            send_stream(connection, STDIN, body)
        return standard_output(connection)


def send_stream(connection, kind, content):
    for start in range(0, len(content), LONGEST):
        connection.sendall(record(kind, content[start : start + LONGEST]))
    connection.sendall(record(kind, b""))


def record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name, value):
    lengths = b"".join(
        struct.pack(">B", len(text)) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)
        for text in (name, value)
    )
    return lengths + name + value


def standard_output(connection):
    received = read_to_end(connection)
    output, place = bytearray(), 0
    while place < len(received):
        _, kind, _, length, padding = struct.unpack_from(">BBHHBx", received, place)
        if kind == STDOUT:
            output += received[place + 8 : place + 8 + length]
        place += 8 + length + padding
    return bytes(output)


def read_to_end(connection):
    received = bytearray()
    while chunk := connection.recv(65536):
        received += chunk
    return bytes(received)
