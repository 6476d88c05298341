"""Workers without a web server: one started on a socket of ours, and a client that speaks FastCGI to it."""

import os
import socket
import struct
import subprocess

BEGIN, ABORT, END, PARAMS, STDIN, STDOUT = 1, 2, 3, 4, 5, 6
RESPONDER = 1


class Worker:
    """One worker process with a configuration file of its own."""

    def __init__(self, program, configuration, path, runner=()):
        self.path = str(path)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.path)
        os.chmod(self.path, 0o666)
        listener.listen(16)
        environment = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "COFFER_CONFIG": str(configuration)}
        self.process = subprocess.Popen([*runner, program], stdin=listener, env=environment)
        listener.close()

    def stop(self):
        self.process.terminate()
        self.process.wait()
        os.unlink(self.path)

    def ask(self, method, target, token=None, body=b"", **parameters):
        """The answer's status and body."""
        values = {
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REQUEST_METHOD": method,
            "REQUEST_URI": target,
            "QUERY_STRING": target.partition("?")[2],
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": "application/json",
            **parameters,
        }
        if token:
            values["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        encoded = b"".join(pair(name.encode(), value.encode()) for name, value in values.items())
        start = record(BEGIN, struct.pack(">HB5x", RESPONDER, 0))
        parts = [body[begin : begin + 65535] for begin in range(0, len(body), 65535)]
        stdin = b"".join(record(STDIN, part) for part in [*parts, b""])
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.path)
            connection.sendall(start + record(PARAMS, encoded) + record(PARAMS, b"") + stdin)
            head, _, content = standard_output(connection).partition(b"\r\n\r\n")
        return int(head.split(b"Status: ", 1)[1][:3]), content


def record(kind, content):
    return struct.pack(">BBHHBx", 1, kind, 1, len(content), 0) + content


def pair(name, value):
    lengths = b"".join(
        struct.pack(">B", len(text)) if len(text) < 128 else struct.pack(">I", len(text) | 1 << 31)
        for text in (name, value)
    )
    return lengths + name + value


def standard_output(connection):
    received = b""
    while chunk := connection.recv(65536):
        received += chunk
    output, place = b"", 0
    while place < len(received):
        _, kind, _, length, padding = struct.unpack_from(">BBHHBx", received, place)
        if kind == STDOUT:
            output += received[place + 8 : place + 8 + length]
        place += 8 + length + padding
    return output
