"""The words of a new service, in all the forms that code, templates and prose need."""

from __future__ import annotations

import keyword
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 30
"""AWS lets a role's or function's name have 64 characters, of which stage and function need some."""

TEMPLATE_SERVICE, TEMPLATE_THING, TEMPLATE_THINGS, TEMPLATE_PREFIX = "work-shop", "spare-part", "spare-parts", "spp"


class Unusable(Exception):
    """The words cannot make a service; says why, and what to call instead."""


@dataclass(frozen=True)
class Words:
    """What the service is called, what it keeps (one and many), and how the ids of those begin."""

    service: str
    thing: str
    things: str
    prefix: str

    @classmethod
    def of(cls, service: str, thing: str | None, taken: Iterable[str]) -> Words:
        """The words for a service; ``thing`` is guessed from a service that is named in the plural.

        Args:
            taken: prefixes that other ids have.

        Raises:
            Unusable: a name is none, or means something to Python.
        """
        _check("NAME", service)
        thing = thing or singular(service)
        if thing is None:
            raise Unusable(
                f"What does {service} keep? make new-service NAME={service} THING=...  (a noun, in the singular)"
            )
        _check("THING", thing)
        return cls(service, thing, plural(thing), _prefix(thing, set(taken)))

    @property
    def package(self) -> str:
        """The Python package."""
        return snake(self.service)

    def replace(self, text: str) -> str:
        """A text of the template, or a path in it, in these words."""
        for old, new in self._replacements():
            text = text.replace(old, new)
        return text

    def _replacements(self) -> Iterable[tuple[str, str]]:
        # Longer words first: a plural begins with its singular.
        for old, new in (
            (TEMPLATE_SERVICE, self.service),
            (TEMPLATE_THINGS, self.things),
            (TEMPLATE_THING, self.thing),
        ):
            for form in (str, snake, camel, words, capital, snake_capitals):
                yield form(old), form(new)
        for mark in ('"{}"', "^{}_", "{}_01"):
            yield mark.format(TEMPLATE_PREFIX), mark.format(self.prefix)


def snake(name: str) -> str:
    """``spare-part`` as ``spare_part``."""
    return name.replace("-", "_")


def snake_capitals(name: str) -> str:
    """``spare-part`` as ``SPARE_PART``."""
    return snake(name).upper()


def camel(name: str) -> str:
    """``spare-part`` as ``SparePart``."""
    return "".join(part.capitalize() for part in name.split("-"))


def words(name: str) -> str:
    """``spare-part`` as ``spare part``."""
    return name.replace("-", " ")


def capital(name: str) -> str:
    """``spare-part`` as ``Spare part``."""
    return words(name).capitalize()


def singular(noun: str) -> str | None:
    """The singular of a regular English plural; None for what looks like none."""
    for ending, instead in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("shes", "sh")):
        if noun.endswith(ending):
            return noun.removesuffix(ending) + instead
    return noun[:-1] if re.search(r"[^su]s$", noun) else None


def plural(noun: str) -> str:
    """The plural of a regular English noun."""
    if re.search(r"[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search(r"(s|x|ch|sh)$", noun) else "s")


def _check(what: str, name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > _LONGEST:
        raise Unusable(
            f"{what}={name}: lower case letters, digits and single hyphens, {_LONGEST} at most, like price-lists"
        )
    if keyword.iskeyword(snake(name)) or snake(name) in sys.stdlib_module_names:
        raise Unusable(f"{what}={name}: Python has a module or a word of that name")


def _prefix(thing: str, taken: set[str]) -> str:
    """Three letters of the thing's name, the first one first, that begin no other ids."""
    letters = thing.replace("-", "")
    for others in combinations(letters[1:], 2):
        prefix = letters[0] + "".join(others)
        if prefix not in taken and prefix.isalpha():
            return prefix
    raise Unusable(f"THING={thing}: all prefixes of three of its letters are taken by other ids; name it otherwise")
