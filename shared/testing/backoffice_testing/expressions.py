"""DynamoDB's expressions, as far as the services write them: conditions of items, and changes of one.

Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import Any

from moto.dynamodb.parsing.reserved_keywords import ReservedKeywords

Item = dict[str, Any]
Condition = Callable[[Item], bool]

_PLACEHOLDER = re.compile(r"[#:]\w+")
_FUNCTIONS = ("attribute_exists", "attribute_not_exists", "begins_with", "contains")
_KEYWORDS = {"AND", "OR", "BETWEEN", "SET", "ADD", "REMOVE", "IF_NOT_EXISTS", *map(str.upper, _FUNCTIONS)}


_Part = tuple[str, str, str]
"""What is done, to which attribute, with which value."""

_PARTS = {
    "SET": {"SET": r"(#?\w+) = (:\w+)", "SET UNLESS THERE": r"(#?\w+) = if_not_exists\(\1, (:\w+)\)"},
    "ADD": {"ADD": r"(#?\w+) (:\w+)"},
    "REMOVE": {"REMOVE": r"(#?\w+)()"},
}


class NotUnderstood(Exception):
    """An expression that DynamoDB refuses, or that no service has used so far."""


def condition(text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Condition:
    """What an expression demands of an item: comparisons joined by AND and OR, and parentheses."""
    expression = _Condition(re.findall(r"[#:]?\w+|[<>]=|<>|[()=<,]|\S", text), names, values)
    found = expression.either()
    if expression.tokens:
        raise NotUnderstood(text)
    return found


def updated(item: Item, text: str, names: Mapping[str, str], values: Mapping[str, Any]) -> Item:
    """An item after SET, also of what is not there yet, ADD of numbers, REMOVE. Raises NotUnderstood."""
    changed = dict(item)
    for kind, target, value in _parts(text):
        name = names.get(target, target)
        if kind == "REMOVE":
            changed.pop(name, None)
        elif kind == "ADD":
            before = Decimal(changed.get(name, {"N": "0"})["N"])
            changed[name] = {"N": f"{before + Decimal(values[value]['N']):f}"}
        elif kind == "SET" or name not in changed:
            changed[name] = values[value]
    return changed


def check_words(texts: Collection[str], names: Mapping[str, str], values: Mapping[str, Any]) -> None:
    """Raise NotUnderstood unless expressions use each placeholder, none that is missing, and no reserved word."""
    used = {placeholder for text in texts for placeholder in _placeholders(text)}
    given = names.keys() | values.keys()
    if used != given:
        raise NotUnderstood(f"given and not used, or used and not given: {sorted(used ^ given)}")
    for text in texts:
        if reserved := _reserved(text):
            raise NotUnderstood(f"reserved: {reserved}")


@cache
def _parts(text: str) -> list[_Part]:
    clauses = re.findall(r"(SET|ADD|REMOVE) (.+?)(?= (?:SET|ADD|REMOVE) |$)", text)
    if " ".join(" ".join(clause) for clause in clauses) != text:
        raise NotUnderstood(text)
    # A comma within parentheses separates nothing.
    found = ((clause, part.strip()) for clause, parts in clauses for part in re.split(r",(?![^(]*\))", parts))
    return [_part(*part) for part in found]


def _part(clause: str, text: str) -> _Part:
    for kind, pattern in _PARTS[clause].items():
        if found := re.fullmatch(pattern, text):
            return kind, found[1], found[2]
    raise NotUnderstood(text)


@cache
def _placeholders(text: str) -> frozenset[str]:
    return frozenset(_PLACEHOLDER.findall(text))


@cache
def _reserved(text: str) -> list[str]:
    words = {word.upper() for word in re.findall(r"(?<![#:\w])[A-Za-z_]\w*", text)} - _KEYWORDS
    return sorted(words & set(ReservedKeywords.get_reserved_keywords()))


@dataclass
class _Condition:
    tokens: list[str]
    names: Mapping[str, str]
    values: Mapping[str, Any]

    def either(self) -> Condition:
        parts = [self._both()]
        while self._took("OR"):
            parts.append(self._both())
        return parts[0] if len(parts) == 1 else lambda item: any(part(item) for part in parts)

    def _both(self) -> Condition:
        parts = [self._one()]
        while self._took("AND"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda item: all(part(item) for part in parts)

    def _one(self) -> Condition:
        if self._took("("):
            inner = self.either()
            self._demand(")")
            return inner
        first = self._next()
        if first in _FUNCTIONS:
            return self._call(first)
        name, operator = self._name(first), self._next()
        if operator == "BETWEEN":
            least = self._value()
            self._demand("AND")
            most = self._value()
            return lambda item: name in item and least <= _plain(item[name]) <= most
        value = self._value()
        if operator == "=":
            return lambda item: name in item and bool(_plain(item[name]) == value)
        if operator == "<":
            return lambda item: name in item and bool(_plain(item[name]) < value)
        raise NotUnderstood(operator)

    def _call(self, function: str) -> Condition:
        self._demand("(")
        name = self._name(self._next())
        if function in ("begins_with", "contains"):
            self._demand(",")
            value = self._next()
            self._demand(")")
            return self._compared(function, name, self.values[value])
        self._demand(")")
        return lambda item: (name in item) is (function == "attribute_exists")

    @staticmethod
    def _compared(function: str, name: str, value: Any) -> Condition:
        if function == "begins_with":
            return lambda item: name in item and bool(item[name]["S"].startswith(value["S"]))
        return lambda item: name in item and value in item[name]["L"]

    def _name(self, token: str) -> str:
        return self.names[token] if token.startswith("#") else token

    def _value(self) -> Any:
        return _plain(self.values[self._next()])

    def _next(self) -> str:
        if not self.tokens:
            raise NotUnderstood("it ends too early")
        return self.tokens.pop(0)

    def _took(self, token: str) -> bool:
        if self.tokens[:1] == [token]:
            self.tokens.pop(0)
            return True
        return False

    def _demand(self, token: str) -> None:
        if not self._took(token):
            raise NotUnderstood(f"{token} expected before {self.tokens}")


def _plain(value: Item) -> Any:
    ((kind, inner),) = value.items()
    return Decimal(inner) if kind == "N" else inner
