"""The bytes of a dropped file: streamed from the bucket, decompressed where need be, a mebibyte or so at once."""

import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any, Protocol

from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from analytics.domain.drops.drop import File, Reason, Rejected
from backoffice.dynamodb import back_off, client
from backoffice.logs import logger

READ_AT_ONCE = 1024 * 1024

_UNPACKED_AT_ONCE = 1024 * 1024
_GZIP = b"\x1f\x8b"
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS
_GONE = {"404", "NoSuchKey", "NoSuchVersion", "412", "PreconditionFailed"}
_BROKEN = (IncompleteReadError, ReadTimeoutError, ResponseStreamingError)
_BREAKS_IN_A_ROW = 5


class Content(Protocol):
    """Bytes that can be read from any offset on."""

    def read(self, start: int, end: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` until before ``end`` (None: to the end), some at a time."""


@dataclass
class S3Object:
    """An object in the bucket, with the content that was announced.

    Args:
        beat: is called with each piece that has come, while reading takes its time.
    """

    bucket: str
    file: File
    beat: Callable[[], None]
    position: int = field(default=0, init=False)
    """Where reading has come to."""

    def read(self, start: int, end: int | None = None) -> Iterator[bytes]:
        """One stream, and another from where it broke off: S3 lets go of who takes long, and the SDK does not resume.

        What another file has taken the place of is read as the version that it has become. Raises Rejected if that is
        gone, too.
        """
        self.position = start
        end = self.file.size if end is None else min(end, self.file.size)
        breaks = 0
        while self.position < end:
            try:
                for piece in self._stream(self.position, end):
                    self.position += len(piece)
                    breaks = 0
                    self.beat()
                    yield piece
            except _BROKEN as broken:
                breaks += 1
                if breaks == _BREAKS_IN_A_ROW:
                    raise
                logger.info("stream broke off", extra={"offset": self.position, "why": str(broken)})
                back_off(breaks)

    def _stream(self, start: int, end: int) -> Iterator[bytes]:
        answer = self._get(start, end)
        # A server may ignore a range (RFC 9110, 14.2); the emulator does for one version out of several.
        at = start if "ContentRange" in answer else 0
        with closing(answer["Body"]) as body:
            while at < end:
                data = body.read(READ_AT_ONCE)
                if not data:
                    raise IncompleteReadError(actual_bytes=at - start, expected_bytes=end - start)
                if piece := data[max(0, start - at) : end - at]:
                    yield piece
                at += len(data)

    def _get(self, start: int, end: int) -> dict[str, Any]:
        ways = [{"IfMatch": f'"{self.file.etag}"'}]
        if self.file.version_id:
            ways.append({"VersionId": self.file.version_id})
        for which in ways:
            try:
                answer: dict[str, Any] = client("s3").get_object(
                    Bucket=self.bucket, Key=self.file.key, Range=f"bytes={start}-{end - 1}", **which
                )
                return answer
            except ClientError as error:
                if error.response["Error"]["Code"] not in _GONE:
                    raise
        raise Rejected(Reason.GONE, "the file was deleted or replaced before it was read")


@dataclass(frozen=True)
class Unzipped:
    """What a gzip holds. It has no way in but from its beginning: reading from an offset unpacks all before it."""

    packed: Content

    def read(self, start: int, end: int | None = None) -> Iterator[bytes]:
        """Raises Rejected if the gzip is cut off or damaged."""
        at = 0
        for part in _unzip(self.packed.read(0)):
            at += len(part)
            if at > start:
                yield part[max(0, len(part) - (at - start)) :]


def is_gzip(head: bytes) -> bool:
    """Whether content is compressed, by its first bytes; names lie."""
    return head.startswith(_GZIP)


def _unzip(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Unpack a gzip of one or several members, a bounded piece at a time whatever it grows to.

    Source: https://www.rfc-editor.org/rfc/rfc1952
    """
    member = zlib.decompressobj(_WITH_GZIP_HEADER)
    try:
        for chunk in chunks:
            while chunk:
                if member.eof:
                    chunk = chunk.lstrip(b"\0")  # padding, as tapes have it
                    member = zlib.decompressobj(_WITH_GZIP_HEADER) if chunk else member
                    continue
                if unpacked := member.decompress(chunk, _UNPACKED_AT_ONCE):
                    yield unpacked
                chunk = member.unused_data if member.eof else member.unconsumed_tail
        while not member.eof and (unpacked := member.decompress(b"", _UNPACKED_AT_ONCE)):
            yield unpacked
    except zlib.error:
        raise Rejected(Reason.DAMAGED_GZIP, "the gzip is damaged") from None
    if not member.eof:
        raise Rejected(Reason.DAMAGED_GZIP, "the gzip ends in the middle")
