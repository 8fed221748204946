"""How text is found again: without regard to capitals and accents."""

import re
import unicodedata
from collections.abc import Iterator

_WORD = re.compile(r"\w+")
# Longer ones are keys, hashes and base64; nobody types them in.
LONGEST_WORD = 40
MOST_WORDS = 5
LONGEST_NAME = 100
MOST_NAMES = 5


def folded(text: str) -> str:
    """Text as it is compared: small letters without accents, one space between words."""
    plain = "".join(char for char in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(char))
    return " ".join(plain.split())


def words(text: str) -> frozenset[str]:
    """The words under which a text is found; single letters are none, and neither are very long runs."""
    return frozenset(word for word in _WORD.findall(folded(text)) if 2 <= len(word) <= LONGEST_WORD)


def beginning(name: str) -> str:
    """A name as it is sorted and compared: folded, and no longer than a key may be."""
    return folded(name)[:LONGEST_NAME]


def names(name: str) -> list[str]:
    """A name from each of its words on, so that it is found by its last one, too: Ann Smith, Smith."""
    parts = folded(name).split()
    return [beginning(" ".join(parts[start:])) for start in range(min(len(parts), MOST_NAMES))]


def matches(name: str, prefix: str) -> Iterator[int]:
    """The words of a name from which on it begins with a prefix."""
    return (place for place, rest in enumerate(names(name)) if rest.startswith(prefix))
