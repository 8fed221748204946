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
_KEYWORDS = {"AND", "OR", "BETWEEN", "SET", "ADD", "REMOVE", *map(str.upper, _FUNCTIONS)}


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
    """An item after SET with plain values, ADD of numbers, REMOVE. Raises NotUnderstood."""
    changed = dict(item)
    for clause, parts in _clauses(text):
        for target, value in parts:
            name = names.get(target, target)
            if clause == "REMOVE":
                changed.pop(name, None)
            elif clause == "ADD":
                before = Decimal(changed.get(name, {"N": "0"})["N"])
                changed[name] = {"N": f"{before + Decimal(values[value]['N']):f}"}
            else:
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
def _clauses(text: str) -> list[tuple[str, list[tuple[str, str]]]]:
    clauses = re.findall(r"(SET|ADD|REMOVE) (.+?)(?= (?:SET|ADD|REMOVE) |$)", text)
    if " ".join(" ".join(clause) for clause in clauses) != text:
        raise NotUnderstood(text)
    return [(clause, [_part(clause, part.strip()) for part in parts.split(",")]) for clause, parts in clauses]


def _part(clause: str, text: str) -> tuple[str, str]:
    pattern = {"SET": r"(#?\w+) = (:\w+)", "ADD": r"(#?\w+) (:\w+)", "REMOVE": r"(#?\w+)()"}[clause]
    found = re.fullmatch(pattern, text)
    if not found:
        raise NotUnderstood(text)
    return found[1], found[2]


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
