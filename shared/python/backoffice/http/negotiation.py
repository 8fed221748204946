"""Which of several media types a client would rather have."""

from collections.abc import Sequence


def preferred(accept: str, offered: Sequence[str]) -> str:
    """The one of ``offered`` that an Accept header ranks highest; the first of them where it ranks none above others.

    A client that accepts none of them gets the first, which the standard allows in place of a 406.

    Source: https://www.rfc-editor.org/rfc/rfc9110#name-accept
    """
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    return max(offered, key=lambda media_type: _quality(media_type, ranges))


def _range(part: str) -> tuple[str, float]:
    media_type, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = next((text.removeprefix("q=") for text in parameters if text.startswith("q=")), "1")
    try:
        return media_type, float(quality)
    except ValueError:
        return media_type, 0.0


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    """What the most specific range says that the type falls into."""
    kind = media_type.partition("/")[0]
    for wanted in (media_type, f"{kind}/*", "*/*"):
        found = [quality for name, quality in ranges if name == wanted]
        if found:
            return max(found)
    return 0.0
