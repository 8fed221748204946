"""Whether one kind of strings is part of another, decided exactly, with a string that is not if there is one.

Regular expressions and lengths are turned into automata (interegular); "allowed here, refused there" is their
difference, and the shortest way through it is the counter-example.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import Any

from interegular import FSM, InvalidSyntax, Unsupported, parse_pattern
from interegular.fsm import anything_else

# An automaton has a state for each character of a bounded length; above this, lengths are compared as numbers.
_LONGEST = 512
_ANY = r"[\s\S]"
# What stands for a character that no pattern names.
_STRANGER = "~"


class Incomparable(ValueError):
    """A regular expression that no automaton is made of (a look-ahead, a back-reference)."""


def counter_example(given: dict[str, Any], expected: dict[str, Any]) -> str | None:
    """A string that the schema `given` allows and `expected` refuses, by `pattern`, `minLength` and `maxLength`.

    None if there is none. Raises Incomparable.
    """
    wanted, allowed = _constraints(expected), _constraints(given)
    if wanted in ((None, 0, None), allowed):
        return None
    if given.get("pattern") == expected.get("pattern") and _within(allowed, wanted):
        return None
    if given.get("pattern") is expected.get("pattern") is None:
        return _STRANGER * (allowed[1] if allowed[1] < wanted[1] else (wanted[2] or 0) + 1)
    return _shortest(_automaton(*allowed) - _automaton(*wanted))


def _constraints(schema: dict[str, Any]) -> tuple[str | None, int, int | None]:
    return schema.get("pattern"), schema.get("minLength", 0), schema.get("maxLength")


def _within(inner: tuple[Any, int, int | None], outer: tuple[Any, int, int | None]) -> bool:
    longest = outer[2] is None or (inner[2] is not None and inner[2] <= outer[2])
    return longest and inner[1] >= outer[1]


@lru_cache(maxsize=256)
def _automaton(pattern: str | None, least: int, most: int | None) -> FSM:
    if least > _LONGEST or (most or 0) > _LONGEST:
        raise Incomparable(f"lengths over {_LONGEST} beside a pattern")
    of_length: FSM = _parsed(f"{_ANY}{{{least},{'' if most is None else most}}}")
    return of_length if pattern is None else _parsed(_whole(pattern)) & of_length


def _parsed(expression: str) -> FSM:
    try:
        return parse_pattern(expression).to_fsm()
    except (Unsupported, InvalidSyntax) as error:
        raise Incomparable(f"{expression}: {error}") from None


def _whole(pattern: str) -> str:
    """JSON Schema searches; an automaton matches the whole string. So what is not anchored may stand anywhere."""
    return "|".join(_unanchored(branch) for branch in _branches(pattern))


def _unanchored(branch: str) -> str:
    begins, ends = branch.startswith("^"), branch.endswith("$") and not branch.endswith(r"\$")
    core = branch[begins : len(branch) - ends]
    return f"{'' if begins else _ANY + '*'}(?:{core}){'' if ends else _ANY + '*'}"


def _branches(pattern: str) -> list[str]:
    """The alternatives on the top level of a regular expression."""
    parts, depth, in_class, escaped = [""], 0, False, False
    for character in pattern:
        if not escaped and not in_class:
            depth += (character == "(") - (character == ")")
            if character == "|" and depth == 0:
                parts.append("")
                continue
        if not escaped:
            in_class = character == "[" or (in_class and character != "]")
        escaped = character == "\\" and not escaped
        parts[-1] += character
    return parts


def _shortest(automaton: FSM) -> str | None:
    """The shortest string that an automaton accepts; None if it accepts none."""
    spelt = {transition: _spelt(symbols) for transition, symbols in automaton.alphabet.by_transition.items()}
    way: dict[Any, tuple[Any, str] | None] = {automaton.initial: None}
    waiting = deque([automaton.initial])
    while waiting:
        state = waiting.popleft()
        if state in automaton.finals:
            return _walked(way, state)
        for transition, following in automaton.map.get(state, {}).items():
            if following not in way:
                way[following] = state, spelt[transition]
                waiting.append(following)
    return None


def _walked(way: dict[Any, tuple[Any, str] | None], state: Any) -> str:
    text = ""
    while (step := way[state]) is not None:
        state, character = step
        text = character + text
    return text


def _spelt(symbols: list[Any]) -> str:
    characters = sorted(symbol for symbol in symbols if symbol is not anything_else)
    readable = [character for character in characters if character.isprintable() and character != " "]
    return str((readable or characters or [_STRANGER])[0])
