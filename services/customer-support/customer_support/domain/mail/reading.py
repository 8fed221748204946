"""Reads mails (RFC 5322, MIME). Whatever was sent, something is read of it; marks tell what was not as it should be.

The library's parser takes any bytes, but reading a broken header or a body in a charset that does not exist raises all
kinds of errors. A part that cannot be read is left out and marked: the mail as it was received is always kept.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from email.utils import parseaddr
from html.parser import HTMLParser
from typing import TypeVar

from customer_support.domain.mail.rules import why_automatic

T = TypeVar("T")

LONGEST_BODY = 20_000
LONGEST_SUBJECT = 250
MOST_FILES = 50
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]+\.[^\s@<>()\[\],;:\\\"]+")
_UNREADABLE = "(This could not be read as a mail. It is attached as it was received.)"
_WITHOUT_TEXT = "(The mail has no text.)"


@dataclass(frozen=True)
class MailFile:
    """A file that was sent along."""

    filename: str
    content_type: str
    content: bytes


@dataclass
class Mail:
    """What was read of a mail.

    ``identity`` tells it from every other mail, however often it is delivered; ``automatic`` is the sign by which a
    machine wrote it; ``marks`` are ``not_a_mail``, ``too_large``, ``unknown_charset``, ``unreadable_part``,
    ``text_cut`` and ``files_left_out``.
    """

    identity: str
    message_id: str | None = None
    sender: str | None = None
    sender_name: str = ""
    recipients: str = ""
    subject: str = ""
    body: str = ""
    references: list[str] = field(default_factory=list)
    automatic: str | None = None
    files: list[MailFile] = field(default_factory=list)
    marks: set[str] = field(default_factory=set)


def read_mail(raw: bytes, own_addresses: Iterable[str], *, is_cut: bool = False) -> Mail:
    """Read a mail, or the beginning of one that is too large (``is_cut``). Raises nothing, whatever the bytes."""
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage), "the default policy makes no others"
    reader = _Reader(message)
    sender_name, sender = parseaddr(reader.header("From") or reader.header("Sender"))
    mail = Mail(
        identity=hashlib.sha256(raw).hexdigest(),
        message_id=reader.header("Message-ID") or None,
        sender=sender if len(sender) <= 254 and _ADDRESS.fullmatch(sender) else None,
        sender_name=sender_name[:200],
        recipients=" ".join(reader.header(name) for name in ("To", "Cc", "Delivered-To", "X-Original-To")),
        subject=reader.header("Subject")[:LONGEST_SUBJECT],
        references=f"{reader.header('In-Reply-To')} {reader.header('References')}".split()[-20:],
        marks=reader.marks,
    )
    mail.automatic = why_automatic(message, mail.sender, own_addresses)
    if is_cut:
        reader.marks.add("too_large")
    if mail.sender is None and not mail.subject and not mail.message_id:
        reader.marks.add("not_a_mail")
        mail.body = _UNREADABLE
        return mail
    mail.body = reader.body() or _WITHOUT_TEXT
    mail.files = [] if is_cut else reader.files()
    if mail.message_id:
        # Delivered to two of our addresses, it is one mail: only the path that it came by differs.
        said = "\n".join((mail.message_id, mail.sender or "", reader.header("Date"), mail.subject, mail.body))
        mail.identity = hashlib.sha256(said.encode()).hexdigest()
    return mail


class _Reader:
    """Reads parts of a message, and marks what it could not read."""

    def __init__(self, message: EmailMessage) -> None:
        self._message = message
        self.marks: set[str] = set()

    def header(self, name: str) -> str:
        """A header as text; empty if there is none, or none that can be read."""
        value = self._guarded(lambda: str(self._message.get(name, "")), "")
        return " ".join(_clean(value).split())

    def body(self) -> str:
        """The text that a human wrote: the plain one, else what the HTML says."""
        part = self._guarded(lambda: self._message.get_body(("plain", "html")), None)
        text = self._text(part) if part is not None else ""
        if part is not None and part.get_content_type() == "text/html":
            text = self._guarded(lambda: _said_in(text), text)
        text = _clean(text).strip()
        if len(text) > LONGEST_BODY:
            self.marks.add("text_cut")
        return text[:LONGEST_BODY].strip()

    def files(self) -> list[MailFile]:
        """What was sent along, in its order."""
        parts: list[MIMEPart] = self._guarded(lambda: list(self._message.iter_attachments()), [])
        if len(parts) > MOST_FILES:
            self.marks.add("files_left_out")
        return [self._file(part, number) for number, part in enumerate(parts[:MOST_FILES], 1)]

    def _file(self, part: MIMEPart, number: int) -> MailFile:
        name = self._guarded(lambda: part.get_filename() or "", "")
        kind = part.get_content_type()
        content = self._guarded(lambda: _content(part), b"")
        # A name must not lead out of a folder, nor out of the header that it is downloaded with.
        safe = re.sub(r'[/\\"\r\n\t]', "_", _clean(name)).strip(". ")[:100]
        return MailFile(safe or f"attachment-{number}", kind, content)

    def _text(self, part: MIMEPart) -> str:
        try:
            return str(part.get_content())
        except LookupError:
            self.marks.add("unknown_charset")
        except Exception:
            self.marks.add("unreadable_part")
        return self._guarded(lambda: _content(part), b"").decode(errors="replace")

    def _guarded(self, read: Callable[[], T], otherwise: T) -> T:
        try:
            return read()
        except Exception:
            self.marks.add("unreadable_part")
            return otherwise


class _Text(HTMLParser):
    """Collects what a page says."""

    _BREAKS = {"br", "p", "div", "tr", "li", "h1", "h2", "h3", "blockquote"}
    _SILENT = {"script", "style", "head", "title"}

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._silent += tag in self._SILENT
        if tag in self._BREAKS:
            self.said.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in self._SILENT and self._silent > 0

    def handle_data(self, data: str) -> None:
        if not self._silent:
            self.said.append(" ".join(data.split()) if data.strip() else " ")


def _said_in(page: str) -> str:
    parser = _Text()
    parser.feed(page)
    return re.sub(r"\n{3,}", "\n\n", "".join(parser.said))


def _content(part: MIMEPart) -> bytes:
    """A file's bytes; a mail that was sent along (message/rfc822) as the mail that it is."""
    if part.is_multipart():
        return b"".join(bytes(inner) for inner in part.iter_parts())
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _clean(text: str) -> str:
    """Text without control characters, and without the halves of characters that bad bytes leave behind."""
    whole = text.encode(errors="surrogatepass").decode(errors="replace")
    return _CONTROL.sub("", whole)
