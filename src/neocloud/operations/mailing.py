"""Sending a message by SMTP: TLS where the server offers it, and a password under TLS alone."""

import smtplib
import ssl
from email.message import EmailMessage
from typing import NamedTuple
from urllib.parse import urlsplit

from neocloud.errors import Invalid, Unavailable
from neocloud.settings import MAIL_WAIT_S

_TLS_PORT = 465  # TLS from the first byte on (RFC 8314)


class Server(NamedTuple):
    """A mail server, and who signs in to it: nobody, where there is no user."""

    host: str
    port: int
    user: str = ""
    password: str = ""

    def __repr__(self) -> str:
        return str(self)

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


def server_named(text: str, *, user: str = "", password: str = "") -> Server:
    """The server of `HOST:PORT`. Raises Invalid, and says nothing of what may be a password."""
    if "@" in text:
        raise Invalid("a mail server is named without its user and password; write HOST:PORT")
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if not host or not port or parts.netloc != text:
        raise Invalid(f"{text!r} is no mail server; write HOST:PORT, such as mail.example.com:587")
    return Server(host, port, user, password)


def send(message: EmailMessage, server: Server) -> None:
    """Send a message to all it is addressed to. Raises Unavailable where the server does not take it from us."""
    try:
        with _connected(server) as connection:
            refused = connection.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        raise Unavailable(f"mail server {server} takes nothing for {', '.join(error.recipients)}") from None
    except smtplib.SMTPAuthenticationError as error:
        why = f"refuses user {server.user!r} or the password (code {error.smtp_code})"
        raise Unavailable(f"mail server {server} {why}") from None
    except (OSError, smtplib.SMTPException) as error:
        raise Unavailable(f"mail server {server} did not take the message: {_why(error)}") from None
    if refused:
        raise Unavailable(f"mail server {server} took the message, but not for {', '.join(refused)}")


def _connected(server: Server) -> smtplib.SMTP:
    """A connection, under TLS where there is any, and signed in where there is a user."""
    context = ssl.create_default_context()
    if server.port == _TLS_PORT:
        connection: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=MAIL_WAIT_S, context=context)
    else:
        connection = smtplib.SMTP(server.host, server.port, timeout=MAIL_WAIT_S)
    try:
        _sign_in(connection, server, context)
    except BaseException:
        connection.close()
        raise
    return connection


def _sign_in(connection: smtplib.SMTP, server: Server, context: ssl.SSLContext) -> None:
    under_tls = server.port == _TLS_PORT
    connection.ehlo_or_helo_if_needed()
    if not under_tls and connection.has_extn("starttls"):
        connection.starttls(context=context)
        connection.ehlo()
        under_tls = True
    if not server.user:
        return
    if not under_tls:
        raise Invalid(f"mail server {server} offers no TLS, and a password is not sent without; name another")
    connection.login(server.user, server.password)


def _why(error: OSError | smtplib.SMTPException) -> str:
    """The reason alone, on one line."""
    if isinstance(error, smtplib.SMTPResponseException):
        said = error.smtp_error if isinstance(error.smtp_error, str) else error.smtp_error.decode(errors="replace")
        return f"{error.smtp_code} {' '.join(said.split())}"
    return " ".join((getattr(error, "strerror", None) or str(error) or type(error).__name__).split())
