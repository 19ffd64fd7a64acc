"""A message, and its way out: by SMTP where a connection is configured, else only as a file for somebody to send."""

from __future__ import annotations

import html
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from zonehouse.settings import Settings

_XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")


class MailError(RuntimeError):
    """The mail server did not take a message: says which connection to check; never a password."""


@dataclass(frozen=True)
class Mail:
    """``to`` may be empty: then somebody must fill it in before it can be sent."""

    to: tuple[str, ...]
    subject: str
    body: str
    attachments: tuple[Path, ...] = ()


def can_send(settings: Settings) -> bool:
    """Whether an SMTP connection and a sender's address are configured."""
    return bool(settings.smtp_connection and settings.mail_from)


def send(settings: Settings, mails: Sequence[Mail]) -> None:
    """Send by the Airflow connection ``ZONEHOUSE_SMTP_CONNECTION``, one after another.

    Raises:
        MailError: the server is out of reach or refused one; those before it are sent.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    # The hook logs addresses of people.
    logging.getLogger("airflow.providers.smtp.hooks.smtp").setLevel(logging.ERROR)
    try:
        with SmtpHook(smtp_conn_id=str(settings.smtp_connection)) as server:
            for mail in mails:
                server.send_email_smtp(
                    to=list(mail.to),
                    subject=mail.subject,
                    html_content=_as_html(mail.body),
                    from_email=settings.mail_from,
                    files=[str(path) for path in mail.attachments],
                    mime_charset="utf-8",
                )
    except Exception as error:  # whatever the hook, the connection's secrets or the server say
        raise MailError(
            f"mail was not sent ({type(error).__name__}): check the connection {settings.smtp_connection} "
            "(host, port, log-in; docs/operations.md, mail)"
        ) from error


def as_file(settings: Settings, mail: Mail, now: datetime) -> bytes:
    """The message as ``.eml``, marked as a draft: a mail program opens it ready to be sent."""
    message = EmailMessage()
    message["X-Unsent"] = "1"
    message["Date"] = format_datetime(now)
    message["Subject"] = mail.subject
    if settings.mail_from:
        message["From"] = settings.mail_from
    if mail.to:
        message["To"] = ", ".join(mail.to)
    message.set_content(mail.body)
    for path in mail.attachments:
        message.add_attachment(path.read_bytes(), maintype=_XLSX[0], subtype=_XLSX[1], filename=path.name)
    return message.as_bytes()


def _as_html(body: str) -> str:
    paragraphs = (html.escape(part).replace("\n", "<br>\n") for part in body.strip().split("\n\n"))
    return "\n".join(f"<p>{part}</p>" for part in paragraphs)
