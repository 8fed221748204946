"""Filter expressions: parsed into a function that says whether something matches.

    expression = and ("OR" and)*            and = not (["AND"] not)*          not = "!"* term
    term       = "(" expression ")" | ("service" | "edge") "(" [of ("," of)*] ")" ["{" expression "}"]
               | keyword [operator value]
    keyword    = word | "annotation[" key "]"     of = text | "id(" name ":" text ("," name ":" text)* ")"

Keywords, operators and what they mean: https://docs.aws.amazon.com/xray/latest/devguide/xray-console-filters.html
Operators and words of the grammar may be written in small letters; a text may stand in single quotes.
"""

import operator
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from local.xray.subjects import BOOLEANS, NUMBERS, TEXTS, Subject, Whole

DEEPEST = 50
_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?P<number>-?\d+(?:\.\d+)?(?![\w.]))"""
    r"""|(?P<operator>!=|<=|>=|[=<>])|(?P<mark>[!(){},:\[\]])|(?P<word>[A-Za-z_][\w.]*))"""
)
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_SEARCH: dict[str, Callable[[str, str], bool]] = {
    "CONTAINS": operator.contains,
    "BEGINSWITH": str.startswith,
    "ENDSWITH": str.endswith,
}
_ALLOWED: dict[type, set[str]] = {bool: {"=", "!="}, float: set(_COMPARE), str: {"=", "!=", *_SEARCH}}
_IDENTITY = {"name", "type", "account.id"}

Predicate = Callable[[Subject], bool]
Of = dict[str, str]
"""What a service must be like: by "name", "type", "account.id"; an empty text is like any."""


class Malformed(Exception):
    """Says what is wrong and at which character, counted from 1."""


class Selector(NamedTuple):
    """The services (one `of`) or edges (two) that an entity selector names."""

    kind: str
    of: list[Of]


class _Token(NamedTuple):
    kind: str
    value: str
    at: int


def parse(text: str) -> Callable[[Whole], bool]:
    """Whether a trace matches the expression; Malformed where it is none."""
    parser = _Parser(text)
    matches = parser.expression()
    parser.end()
    return lambda whole: matches(whole.trace)


def parse_selector(text: str) -> Selector:
    """An entity selector: `service(..)`, `edge(..)` or `id(..)`, without a condition."""
    parser = _Parser(text)
    if parser.word_ahead() == "id":
        selector = Selector("service", [parser.of()])
    else:
        word = parser.take("word")
        if word.value.lower() not in ("service", "edge"):
            raise parser.wrong(word, "service, edge or id")
        selector = Selector(word.value.lower(), parser.ofs(word))
    parser.end()
    return selector


def is_like(name: str, type_: str, account: str | None, of: Of) -> bool:
    """Whether a service is what was asked for."""
    own = {"name": name, "type": type_, "account.id": account or ""}
    return all(not wanted or own[key] == wanted for key, wanted in of.items())


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = _tokens(text)
        self._place = self._depth = 0

    def expression(self) -> Predicate:
        self._depth += 1
        if self._depth > DEEPEST:
            raise Malformed(f"more than {DEEPEST} levels deep at character {self._ahead.at}")
        any_of = [self._all()]
        while self._skip("OR"):
            any_of.append(self._all())
        self._depth -= 1
        return any_of[0] if len(any_of) == 1 else lambda subject: any(matches(subject) for matches in any_of)

    def end(self) -> None:
        if self._ahead.kind != "end":
            raise self.wrong(self._ahead, "the end of the expression")

    def wrong(self, token: _Token, expected: str) -> Malformed:
        found = "the end of the expression" if token.kind == "end" else f"`{token.value}`"
        return Malformed(f"expected {expected}, found {found} at character {token.at}")

    def take(self, kind: str, value: str | None = None) -> _Token:
        token = self._ahead
        if token.kind != kind or value not in (None, token.value):
            raise self.wrong(token, f"`{value}`" if value else f"a {kind}")
        self._place += 1
        return token

    def word_ahead(self) -> str:
        return self._ahead.value.lower() if self._ahead.kind == "word" else ""

    def ofs(self, word: _Token) -> list[Of]:
        """What stands in the parentheses after `service` or `edge`; absent ones are like any."""
        expected = 1 if word.value.lower() == "service" else 2
        found: list[Of] = []
        self.take("mark", "(")
        while not self._skip(")"):
            if found:
                self.take("mark", ",")
            if len(found) == expected:
                raise self.wrong(self._ahead, "`)`")
            found.append(self.of())
        return found + [{}] * (expected - len(found))

    def of(self) -> Of:
        if self.word_ahead() != "id":
            return {"name": _unquoted(self.take("text").value)}
        self.take("word")
        self.take("mark", "(")
        found: Of = {}
        while not found or not self._skip(")"):
            if found:
                self.take("mark", ",")
            key = self.take("word")
            if key.value not in _IDENTITY:
                raise self.wrong(key, "name, type or account.id")
            self.take("mark", ":")
            found[key.value] = _unquoted(self.take("text").value)
        return found

    @property
    def _ahead(self) -> _Token:
        return self._tokens[self._place]

    def _skip(self, value: str) -> bool:
        token = self._ahead
        skipped = token.kind in ("word", "mark") and token.value.upper() == value
        self._place += skipped
        return skipped

    def _all(self) -> Predicate:
        all_of = [self._not()]
        while self._skip("AND") or self._begins_term():
            all_of.append(self._not())
        return all_of[0] if len(all_of) == 1 else lambda subject: all(matches(subject) for matches in all_of)

    def _begins_term(self) -> bool:
        token = self._ahead
        return (token.kind == "word" and token.value.upper() != "OR") or token[:2] in (("mark", "!"), ("mark", "("))

    def _not(self) -> Predicate:
        negated = False
        while self._skip("!"):
            negated = not negated
        matches = self._term()
        return (lambda subject: not matches(subject)) if negated else matches

    def _term(self) -> Predicate:
        if self._skip("("):
            matches = self.expression()
            self.take("mark", ")")
            return matches
        word = self.take("word")
        name = word.value.lower()
        if name in ("service", "edge"):
            return self._within(word)
        if name == "annotation" or name.startswith("annotation."):
            return self._annotation(word)
        for names, kind in ((BOOLEANS, bool), (NUMBERS, float), (TEXTS, str)):
            if name in names:
                return self._keyword(name, kind)
        raise self.wrong(word, "a keyword")

    def _within(self, word: _Token) -> Predicate:
        of = self.ofs(word)
        matches: Predicate = lambda subject: True  # noqa: E731
        if self._skip("{"):
            matches = self.expression()
            self.take("mark", "}")

        def any_matches(subject: Subject) -> bool:
            inner = subject.services if len(of) == 1 else subject.edges
            return any(_is(each, of) and matches(each) for each in inner)

        return any_matches

    def _keyword(self, name: str, kind: type) -> Predicate:
        if kind is bool and self._ahead.kind != "operator":
            return lambda subject: bool(subject.values(name)[0])
        compare = self._comparison(kind)
        return lambda subject: any(compare(value) for value in subject.values(name))

    def _annotation(self, word: _Token) -> Predicate:
        key = word.value[len("annotation.") :]
        if not key:
            self.take("mark", "[")
            key = _unquoted(self.take("text").value) if self._ahead.kind == "text" else self.take("word").value
            self.take("mark", "]")
        if self._ahead.kind != "operator" and self._ahead.value.upper() not in _SEARCH:
            return lambda subject: bool(subject.annotations(key))
        compare = self._comparison(None)
        return lambda subject: any(compare(value) for value in subject.annotations(key))

    def _comparison(self, kind: type | None) -> Callable[[Any], bool]:
        """The operator and value ahead; `kind` is what the values are, None where that is known only later."""
        sign = self._ahead
        name = sign.value.upper()
        if sign.kind == "end" or name not in {*_COMPARE, *_SEARCH} or (kind and name not in _ALLOWED[kind]):
            raise self.wrong(sign, f"an operator for a {_TITLES[kind]}")
        self._place += 1
        token = self._ahead
        value = _value(token)
        if value is None or (kind and type(value) is not kind) or name not in _ALLOWED[type(value)]:
            raise self.wrong(token, f"a {_TITLES[kind]}")
        self._place += 1
        compare: Callable[[Any, Any], bool] = _COMPARE.get(name) or _SEARCH[name]
        return lambda found: _kind(found) is type(value) and compare(found, value)


_TITLES: dict[type | None, str] = {bool: "truth value", float: "number", str: "text", None: "value of its kind"}


def _tokens(text: str) -> Sequence[_Token]:
    tokens, place = [], 0
    end = len(text.rstrip())
    while place < end:
        found = _TOKEN.match(text, place)
        if not found or not found.lastgroup:
            at = place + len(text[place:]) - len(text[place:].lstrip())
            raise Malformed(f"cannot read `{text[at : at + 10]}` at character {at + 1}")
        tokens.append(_Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup) + 1))
        place = found.end()
    return [*tokens, _Token("end", "", end + 1)]


def _value(token: _Token) -> bool | float | str | None:
    if token.kind == "text":
        return _unquoted(token.value)
    if token.kind == "number":
        return float(token.value)
    return {"true": True, "false": False}.get(token.value.lower()) if token.kind == "word" else None


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def _kind(value: Any) -> type:
    return float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)


def _is(subject: Subject, of: list[Of]) -> bool:
    return all(is_like(*who, each) for who, each in zip(subject.who, of, strict=True))
