"""A mail server on this machine for one test: it takes what comes, or refuses as it is told."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import BinaryIO, cast


class MailServer:
    """What it was told, line by line, and the messages that it took."""

    def __init__(self, replies: dict[str, str], extensions: tuple[str, ...]) -> None:
        self.lines: list[str] = []
        self.messages: list[bytes] = []
        self._replies = {"DATA": "354 go on", "QUIT": "221 bye", **replies}
        self._extensions = extensions
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._listening.getsockname()[1]}"

    def serve(self) -> None:
        """One client after the other, until nobody is listened to any more."""
        while True:
            try:
                client, _ = self._listening.accept()
                client.settimeout(20)
            except OSError:
                return
            with client, client.makefile("rwb") as talk:
                self._talk(cast(BinaryIO, talk))

    def close(self) -> None:
        """Listen to nobody any more."""
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()

    def _talk(self, talk: BinaryIO) -> None:
        def say(text: str) -> None:
            talk.write(f"{text}\r\n".encode())
            talk.flush()

        say("220 here")
        while line := talk.readline().decode().strip():
            self.lines.append(line)
            verb = line.split()[0].upper()
            if verb == "EHLO":
                for each in ("here", *self._extensions):  # the first line is the server's name
                    say(f"250-{each}")
            reply = next(
                (said for start, said in self._replies.items() if line.upper().startswith(start)), "250 fine"
            )
            say(reply)
            if reply.startswith("354"):
                self.messages.append(b"".join(iter(talk.readline, b".\r\n")))
                say("250 taken")
            if verb == "QUIT":
                return


@contextmanager
def mail_server(replies: dict[str, str] | None = None, *extensions: str) -> Iterator[MailServer]:
    """A server that replies so to lines that begin so, and offers these extensions."""
    server = MailServer(replies or {}, extensions)
    thread = Thread(target=server.serve)
    thread.start()
    try:
        yield server
    finally:
        server.close()
        thread.join()
