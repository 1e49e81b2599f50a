"""Alerts: messages to people outside, about trouble and its end. What trouble there is, `defs.alerting` finds in Dagster's records."""

import json
import re
import smtplib
import socket
import ssl
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from http.client import HTTPException
from ipaddress import ip_address
from typing import Any

from ads_pipeline.errors import TransientError
from ads_pipeline.settings import Settings
from ads_pipeline.text import visible

SECONDS = 10.0
"""How long a webhook or a mail server may take."""

MOST = 600
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A message.

    Args:
        key: of the trouble, the same at its beginning and its end, such as `check events.settled`.
        status: `trouble`, or `over`.
        title: one line.
        reason: what is wrong, in one sentence; empty when it is over.
        remedy: what to do; empty when it is over.
        link: where to look.
    """

    key: str
    status: str
    title: str
    reason: str
    remedy: str
    link: str

    @property
    def text(self) -> str:
        """The message for people."""
        lines = [self.reason, f"Remedy: {self.remedy}" if self.remedy else "", self.link]
        return "\n".join([self.title, *filter(None, lines)])


def shortened(reason: str) -> str:
    """A reason as one line that is not too long, with nothing in it that a terminal or a mail program acts on."""
    line = " ".join(visible(reason).split())
    return line if len(line) <= MOST else f"{line[: MOST - 1]}…"


Sender = Callable[[Alert], None]
"""Sends a message.

Raises:
    TransientError: it could not be sent.
"""


def senders(settings: Settings) -> dict[str, Sender]:
    """How messages are sent, by a name for the log that tells no secret; none if no alerts are wanted."""
    found = dict[str, Sender]()
    if url := settings.alert_url.get_secret_value():
        found["webhook"] = lambda alert: _post(url, alert)
    if settings.alert_mail:
        found["mail"] = lambda alert: _mail(settings, alert)
    return found


def form_of(url: str, alert: Alert) -> Mapping[str, Any]:
    """What a webhook gets: Slack's form, or all fields and the text."""
    if url.startswith("slack+") or re.match(r"https?://hooks\.slack\.com/", url):
        sign = ":red_circle:" if alert.status == "trouble" else ":white_check_mark:"
        escaped = alert.text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        return {"text": f"{sign} {escaped}"}
    return asdict(alert) | {"application": "ads_pipeline", "text": alert.text}


def _post(url: str, alert: Alert) -> None:
    body = json.dumps(form_of(url, alert)).encode()
    request = urllib.request.Request(  # noqa: S310 (the setting allows https and http alone)
        url.removeprefix("slack+"), body, {"Content-Type": "application/json", "User-Agent": "ads_pipeline"}
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS):  # noqa: S310
            pass
    except (OSError, HTTPException, ValueError) as error:
        # no URL: it is a secret
        raise TransientError(f"the webhook of ADS_ALERT_URL did not take a message ({error})") from error


def _mail(settings: Settings, alert: Alert) -> None:
    recipients = [address.strip() for address in settings.alert_mail.split(",") if address.strip()]
    message = EmailMessage()
    message["Subject"] = f"[ads_pipeline] {alert.title}"
    message["From"] = settings.smtp_from or (settings.smtp_user if "@" in settings.smtp_user else recipients[0])
    message["To"] = ", ".join(recipients)
    message.set_content(alert.text)
    try:
        with ExitStack() as stack:
            server = _connected(settings, stack)
            server.send_message(message)
    except (OSError, smtplib.SMTPException, ValueError) as error:
        raise TransientError(f"{settings.smtp_host or 'SMTP_HOST, which is empty,'} did not take an e-mail ({error})") from error


def _connected(settings: Settings, stack: ExitStack) -> smtplib.SMTP:
    """The mail server, over TLS if it has it. A password is not sent without, except to this machine."""
    address, context = (settings.smtp_host, settings.smtp_port), ssl.create_default_context()
    if settings.smtp_port == smtplib.SMTP_SSL_PORT:
        server: smtplib.SMTP = stack.enter_context(smtplib.SMTP_SSL(*address, timeout=SECONDS, context=context))
    else:
        server = stack.enter_context(smtplib.SMTP(*address, timeout=SECONDS))
        server.ehlo()
        if server.has_extn("starttls"):
            server.starttls(context=context)
        elif settings.smtp_user and not ip_address(socket.gethostbyname(settings.smtp_host)).is_loopback:
            raise ValueError("it offers no TLS, and a password is not sent in the clear")
    if settings.smtp_user:
        server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
    return server
