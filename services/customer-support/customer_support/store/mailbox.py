"""The bucket of mails: as they were received under ``inbound/``, files that came with them under ``attachments/``."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import quote

import boto3
from botocore.config import Config

from backoffice.dynamodb import CONFIG
from customer_support.domain.conversation import Attachment
from customer_support.domain.mail import MailFile

_LINK_SECONDS = 300


@dataclass(frozen=True)
class Mailbox:
    """The context's bucket."""

    bucket: str

    @classmethod
    def from_env(cls) -> "Mailbox":
        """The bucket named by the function's ``MAIL_BUCKET``."""
        return cls(os.environ["MAIL_BUCKET"])

    def read(self, key: str, *, most: int, beginning: int) -> tuple[bytes, int]:
        """An object, or only its ``beginning`` if it is longer than ``most``; and how long it is."""
        answer = _client().get_object(Bucket=self.bucket, Key=key)
        size = int(answer["ContentLength"])
        with answer["Body"] as body:
            return body.read(size if size <= most else beginning), size

    def keep(self, mail_id: str, number: int, file: MailFile) -> str:
        """Keep a file that came with a mail, whether or not it was kept before. Returns its key."""
        key = f"attachments/{mail_id}/{number}"
        _client().put_object(Bucket=self.bucket, Key=key, Body=file.content, ContentType=file.content_type)
        return key

    def erase(self, keys: Iterable[str]) -> None:
        """Delete objects, whether or not they are there."""
        for key in keys:
            _client().delete_object(Bucket=self.bucket, Key=key)

    def link(self, attachment: Attachment) -> str:
        """A URL that downloads a file without further permission, for five minutes."""
        name = quote(attachment.filename, safe="")
        wanted = {
            "Bucket": self.bucket,
            "Key": attachment.key,
            "ResponseContentDisposition": f"attachment; filename*=UTF-8''{name}",
            "ResponseContentType": attachment.content_type,
        }
        url: str = _client().generate_presigned_url("get_object", Params=wanted, ExpiresIn=_LINK_SECONDS)
        return url


@lru_cache(maxsize=1)
def _client() -> Any:
    return boto3.client("s3", config=CONFIG.merge(Config(signature_version="s3v4")))
