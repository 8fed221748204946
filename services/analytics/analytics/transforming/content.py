"""The bytes of a dropped file: by ranged reads, decompressed where need be, never more than some megabytes at once."""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from botocore.exceptions import ClientError

from analytics.domain.drops.drop import File, Reason, Rejected
from backoffice.dynamodb import client

READ_AT_ONCE = 4 * 1024 * 1024

_UNPACKED_AT_ONCE = 1024 * 1024
_GZIP = b"\x1f\x8b"
_WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS
_GONE = {"404", "NoSuchKey", "NoSuchVersion", "412", "PreconditionFailed"}


class Content(Protocol):
    """Bytes that can be read from any offset on."""

    def read(self, start: int, end: int | None = None) -> Iterator[bytes]:
        """The bytes from ``start`` until before ``end`` (None: to the end), some at a time."""


@dataclass(frozen=True)
class S3Object:
    """An object in the bucket, with the content that was announced."""

    bucket: str
    file: File

    def read(self, start: int, end: int | None = None) -> Iterator[bytes]:
        """Ranged reads; each is over before its bytes are handed on, so that none waits for a table.

        What another file has taken the place of is read as the version that it has become. Raises Rejected if that is
        gone, too.
        """
        end = self.file.size if end is None else end
        while start < end:
            part = self._get(start, min(start + READ_AT_ONCE, end))
            yield part
            start += len(part)

    def _get(self, start: int, end: int) -> bytes:
        ways = [{"IfMatch": f'"{self.file.etag}"'}]
        if self.file.version_id:
            ways.append({"VersionId": self.file.version_id})
        for which in ways:
            try:
                return self._get_where(start, end, **which)
            except ClientError as error:
                if error.response["Error"]["Code"] not in _GONE:
                    raise
        raise Rejected(Reason.GONE, "the file was deleted or replaced before it was read")

    def _get_where(self, start: int, end: int, **which: str) -> bytes:
        answer: Any = client("s3").get_object(
            Bucket=self.bucket, Key=self.file.key, Range=f"bytes={start}-{end - 1}", **which
        )
        body: bytes = answer["Body"].read()
        # A server may ignore a range (RFC 9110, 14.2); the emulator does for one version out of several.
        return body if "ContentRange" in answer else body[start:end]


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
