"""What a service relies on in the messages of others, derived from the schemas that its inbox reads them with.

    python -m compatibility.reliance services/invoicing    writes services/invoicing/consumes.yml

Used when developing, and by the test that keeps the committed file fresh: the gate reads the file, as it was packed
with the service, and never the service's code.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import fields

from backoffice.currencies import MINOR_UNITS
from backoffice.messages.envelope import ENVELOPE as READ_ENVELOPE
from backoffice.messages.inbox import Inbox
from backoffice.schemas import Day, DecimalString, Id, Locale, Utc, Zone
from compatibility import reliance_file
from compatibility.contracts import ENVELOPE, Message, Schema

_FORMATS = {Utc: "date-time", Day: "date", Zone: "iana-time-zone", Locale: "bcp47", Id: None, DecimalString: None}


def of_service(folder: Path) -> dict[Message, Schema]:
    """What the inbox of the service in `folder` understands, and the envelope; nothing where there is no inbox."""
    package = importlib.import_module(f"{folder.name.replace('-', '_')}.handlers")
    names = [f"{package.__name__}.{found.name}" for found in pkgutil.iter_modules(package.__path__)]
    relied = [
        relied
        for module in (importlib.import_module(name) for name in names if name.endswith("inbox"))
        for inbox in vars(module).values()
        if isinstance(inbox, Inbox)
        for relied in inbox.reads.items()
    ]
    if not relied:
        return {}
    schemas = {Message(*read): schema for read, schema in relied}
    schemas[Message(ENVELOPE, 1)] = READ_ENVELOPE
    describe = _converter()
    return {message: describe(schemas[message]) for message in sorted(schemas)}


def _converter() -> Any:
    """From a marshmallow schema to a JSON Schema of what it accepts, nested ones written out."""
    plugin = MarshmallowPlugin(schema_name_resolver=lambda schema: "")
    APISpec(title="", version="1", openapi_version="3.1.0", plugins=[plugin])
    for field, form in _FORMATS.items():
        plugin.map_to_openapi_type(field, "string", form)  # type: ignore[no-untyped-call]
    plugin.converter.add_attribute_function(_pattern)  # type: ignore[union-attr]

    def describe(schema: Any) -> Schema:
        described: Schema = plugin.converter.schema2jsonschema(schema)  # type: ignore[union-attr]
        return _plain(described)

    return describe


def _pattern(self: Any, field: fields.Field[Any], **_: Any) -> dict[str, str]:
    return {"pattern": field.pattern} if isinstance(field, Id | DecimalString) else {}


def _plain(schema: Schema) -> Schema:
    """Without what says nothing of values, and in the words that contracts use for the same."""
    plain = {name: value for name, value in schema.items() if name not in ("default", "description")}
    if "properties" in plain:
        plain["properties"] = {name: _plain(part) for name, part in plain["properties"].items()}
    if "items" in plain:
        plain["items"] = _plain(plain["items"])
    if plain.get("enum") == list(MINOR_UNITS):
        del plain["enum"]
        plain["format"] = "iso-4217"
    if "pattern" in plain:
        # marshmallow's Regexp matches from the beginning.
        plain["pattern"] = "^" + plain["pattern"].removeprefix("^").replace(r"\Z", "$")
    return plain


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        folder = Path(argument).resolve()
        sys.path.insert(0, str(folder))
        (folder / reliance_file.NAME).write_text(reliance_file.written(of_service(folder)))
