"""A link between a client and a server: it is as long as one wishes, and remembers what the server sends."""

import socket
import threading
import time


class Link:
    """A port whose bytes go on to another port, each way after a delay in seconds.

    As many bytes as a long fast link holds are under way at once.
    """

    # Pieces of up to 256 KiB that are under way in one direction at most: 64 MiB.
    PIECES, PIECE = 256, 1 << 18

    def __init__(self, target, delay=0.0):
        self.target, self.delay = target, delay
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        #: What the server has sent to all clients.
        self.answered = bytearray()
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", self.target))
            threading.Thread(target=self.carry, args=(client, server, None), daemon=True).start()
            threading.Thread(target=self.carry, args=(server, client, self.answered), daemon=True).start()

    def carry(self, source, sink, record):
        """Reads at once, and lets another thread write when the time has come."""
        line, changed = [], threading.Condition()
        threading.Thread(target=self.deliver, args=(line, changed, sink), daemon=True).start()
        while True:
            try:
                data = source.recv(self.PIECE)
            except OSError:
                data = b""
            if record is not None:
                record += data
            with changed:
                changed.wait_for(lambda: len(line) < self.PIECES)
                line.append((time.monotonic() + self.delay, data))
                changed.notify_all()
            if not data:
                return

    def deliver(self, line, changed, sink):
        while True:
            with changed:
                changed.wait_for(lambda: line)
                due, data = line.pop(0)
                changed.notify_all()
            time.sleep(max(0, due - time.monotonic()))
            try:
                sink.sendall(data) if data else sink.shutdown(socket.SHUT_WR)
            except OSError:
                return
            if not data:
                return

    def close(self):
        self.listener.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
