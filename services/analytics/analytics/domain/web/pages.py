"""Which page was viewed: what different addresses of it have in common."""

import re
from urllib.parse import quote, unquote, urlsplit

OTHER = "(other)"
"""Stands for pages that are not told apart: with too long a path, or more than there may be in a day."""

LONGEST = 300

_SLASHES = re.compile("/{2,}")
_UNESCAPED = "/!$&'()*+,;=:@"


def page_of(address: str) -> str:
    """The page at an address: its path, ``/pricing`` of ``https://example.com//pricing/?utm_source=mail#top``.

    Host, query and fragment are dropped, also because they may tell who somebody is. Slashes that change nothing and
    different ways to escape a character become one. Raises ValueError if it is neither a path nor an address.
    """
    if not address.startswith(("/", "http://", "https://")):
        raise ValueError(f"{address!r} is neither a path nor an address")
    path = address if address.startswith("/") else urlsplit(address).path
    path = re.split("[?#]", path, maxsplit=1)[0]
    path = quote(unquote(_SLASHES.sub("/", path)), safe=_UNESCAPED).rstrip("/") or "/"
    return path if len(path) <= LONGEST else OTHER
