"""A Unix socket before another one that changes what the server says, or says nothing at all."""

import socket
import threading
from contextlib import suppress


class Rewriter:
    """`with` listens at a path. replacements: bytes of the server, and what arrives instead, of the same length.

    target: the server's socket; None accepts connections and never answers.
    """

    def __init__(self, path, target=None, replacements=()):
        self.path, self.target, self.replacements = path, target, list(replacements)

    def __enter__(self):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        self.path.chmod(0o666)
        self.listener.listen(16)
        self.connections = []
        threading.Thread(target=self.accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        # A thread that accepts holds the socket until it is woken.
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        for each in (self.listener, *self.connections):
            each.close()
        self.path.unlink()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.connections.append(client)
            if self.target:
                server = socket.socket(socket.AF_UNIX)
                server.connect(str(self.target))
                self.connections.append(server)
                threading.Thread(target=self.carry, args=(client, server, ()), daemon=True).start()
                threading.Thread(target=self.carry, args=(server, client, self.replacements), daemon=True).start()

    @staticmethod
    def carry(source, sink, replacements):
        with suppress(OSError):
            while data := source.recv(65536):
                for old, new in replacements:
                    data = data.replace(old, new)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
