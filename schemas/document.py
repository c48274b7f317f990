"""Decides the JSON Schema documents: for every saying, derived record and market message.

The types say the shape, the tables of words say what a field means and what more can be checked.
What others say to us is closed (a typing mistake is a fault), what we say is open (fields may be
added); the bodies of what hubs and market say to each other are closed, their envelopes open. A
schema cannot see two equal keys, codes nobody knows and clocks that are wrong: the judge
can. The documents lie in `json/` and are compared with these by a test.
"""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import msgspec

from schemas import derived_words, market_words, records, said_words
from schemas.events import BODIES
from schemas.market import AMOUNTS, TYPES
from schemas.said_words import Word

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
OUTPUTS: Final[Mapping[str, type[records.Derived]]] = {
    records.LEDGER_TYPE: records.Ledger,
    records.DEMAND_TYPE: records.Demand,
    records.MATCH_TYPE: records.Match,
    records.WHY_NOT_TYPE: records.WhyNot,
    records.DEAD_LETTER_TYPE: records.DeadLetter,
}
NAMES: Final = (*BODIES, *OUTPUTS, *TYPES)
Schema = dict[str, Any]


class _Kind(NamedTuple):
    """What documents of one kind share: types by name, words of fields and of the envelope.

    `closed` and `whole` say whether body and envelope take no field that is not told here.
    """

    types: Mapping[str, Any]
    words: Mapping[str, Word]
    envelope: Mapping[str, Word]
    closed: bool
    whole: bool


_SAYINGS: Final = _Kind(BODIES, said_words.SAID, said_words.ENVELOPE, closed=True, whole=True)
_RECORDS: Final = _Kind(
    OUTPUTS,
    {name: Word(text) for name, text in derived_words.DERIVED.items()},
    {name: Word(text) for name, text in derived_words.ENVELOPE.items()},
    closed=False,
    whole=False,
)
_MESSAGES: Final = _Kind(
    TYPES, market_words.MARKET, market_words.ENVELOPE, closed=True, whole=False
)
# A CloudEvents extension attribute: a short lower-case name, a single value.
_EXTENSION: Final = "^(?!data$)[a-z0-9]{1,20}$"
_SINGLE: Final = {"type": ["string", "number", "boolean", "null"]}


def schema(name: str) -> Schema:
    """The document of one type, such as `lumbung.report.v1`; KeyError for no type."""
    kind = next(kind for kind in (_SAYINGS, _RECORDS, _MESSAGES) if name in kind.types)
    body = kind.types[name]
    _, parts = msgspec.json.schema_components([body], ref_template="#/$defs/{name}")
    if kind is _MESSAGES:
        parts = _as_on_the_wire(parts)
    for title, part in parts.items():
        _describe(title, part, kind.words, closed=kind is _SAYINGS)
    whole = parts[body.__name__]
    return {
        "$schema": DIALECT,
        "$id": f"urn:lumbung:schema:{name}",
        "title": name,
        "description": whole["description"],
        "type": "object",
        "properties": {
            **_attributes(name, kind.envelope),
            "data": {"$ref": f"#/$defs/{body.__name__}"},
        },
        "required": ["specversion", "type", "id", "source", "time", "data"],
        **(
            {"patternProperties": {_EXTENSION: _SINGLE}, "additionalProperties": False}
            if kind.whole
            else {}
        ),
        "$defs": parts,
    }


def document(name: str) -> bytes:
    """The bytes of a document as they are checked in: `json/<name>.json`."""
    return json.dumps(schema(name), indent=2, ensure_ascii=False).encode() + b"\n"


def _attributes(name: str, words: Mapping[str, Word]) -> Schema:
    attributes = {key: _with(word, {"type": "string"}, whole=True) for key, word in words.items()}
    attributes["type"] = {"const": name, "description": words["type"].text}
    return attributes


def _as_on_the_wire(parts: dict[str, Schema]) -> dict[str, Schema]:
    """Quantities are decimal text, and choices stand where they are made."""
    choices = {f"#/$defs/{title}": part for title, part in parts.items() if "enum" in part}
    kept = {title: part for title, part in parts.items() if "enum" not in part}
    for part in kept.values():
        for name, field in part["properties"].items():
            if name in AMOUNTS:
                text: Schema = {"type": "string", "pattern": f"^(?:{market_words.AMOUNT})$"}
                part["properties"][name] = text | ({"default": "0"} if "default" in field else {})
            elif field.get("$ref") in choices:
                chosen = choices[field["$ref"]]["enum"]
                part["properties"][name] = {"type": "string", "enum": chosen}
    return kept


def _describe(title: str, part: Schema, words: Mapping[str, Word], *, closed: bool) -> None:
    """Put the words of a type's fields into its schema."""
    part["description"] = " ".join(part["description"].split())
    for name, field in part["properties"].items():
        plain = _without_null(field) if closed else field
        word = words.get(f"{title}.{name}") or words[name]
        part["properties"][name] = _with(word, plain, whole="default" not in field)


def _without_null(field: Schema) -> Schema:
    """A saying leaves out what it does not say: null is a fault."""
    choices = [choice for choice in field.get("anyOf", []) if choice != {"type": "null"}]
    return choices[0] if len(choices) == 1 else field


def _with(word: Word, field: Schema, *, whole: bool) -> Schema:
    more = dict(word.more)
    if "pattern" in more:
        more["pattern"] = f"^(?:{more['pattern']})$" if whole else f"^(?:{more['pattern']})?$"
    if "enum" in more and not whole and field.get("default") == "":
        more["enum"] = ["", *more["enum"]]
    return {"description": word.text, **field, **more}
