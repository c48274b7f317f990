"""Whether the body of a saying that is no report is sound, and the packs a profile declares.

The checker's own reading. Refuses to know what was said before.
"""

import re
from collections.abc import Callable
from typing import Any, Final

from deploy.verify.goods import PACKS, Reference
from deploy.verify.lines import LineReader
from deploy.verify.sayings import Saying
from deploy.verify.shapes import (
    CONTRACT,
    DECISION,
    GAP,
    MANDATE,
    OBSTACLE,
    PACK,
    PROFILE,
    VISIT,
    fitted,
)
from deploy.verify.words import (
    COOP,
    MATCH,
    MILLION,
    TAG,
    amount,
    day,
    is_paragraph,
    is_plain,
    price,
    says_something,
)

DECISIONS: Final = frozenset("open accept reject counter ship receive pay cancel".split())
_LETTER_LINE: Final = re.compile(r"([0-9.]{13}):[a-z0-9-]{1,32}:[1-9][0-9]{0,15}#[1-9][0-9]{0,2}")
_OFFSET: Final = re.compile(r"0|[1-9][0-9]{0,18}")
_CAPITAL: Final = re.compile(r"[0-9]{1,12}")
_TEXT_MAX: Final = 200


class BodyReader:
    """Judges bodies by the reference."""

    def __init__(self, known: Reference, lines: LineReader, here: str) -> None:
        """`here` is what the places of the partition at hand begin with."""
        self._known, self._lines, self._here = known, lines, here
        self._sound: Final[dict[str, Callable[[Saying], bool]]] = {
            PROFILE: self._profile,
            GAP: lambda said: bool(said.data["first"] <= said.data["last"]),
            OBSTACLE: _obstacle,
            VISIT: _visit,
            DECISION: _decision,
            CONTRACT: self._contract,
        }

    def is_sound(self, said: Saying) -> bool:
        """Whether the body of a saying may be kept; a report's lines are not looked at."""
        check = self._sound.get(said.type)
        return self._repairs(said) if check is None else check(said)

    def packs(self, profile: dict[str, Any]) -> dict[tuple[str, str], int] | None:
        """The packs of a profile as (commodity, word) -> millionths, None when one is unsound."""
        out: dict[tuple[str, str], int] = {}
        for tree in profile["packs"]:
            pack = fitted(tree, PACK)
            size = None if pack is None else self._lines.size(pack["commodity"], pack["unit"], {})
            if pack is None or size is None or pack["pack"] not in PACKS:
                return None
            held = amount(pack["quantity"], size)
            name = (pack["commodity"], pack["pack"])
            if held is None or name in out:
                return None
            out[name] = held
        return out

    def _profile(self, said: Saying) -> bool:
        body = said.data
        return (
            self.packs(body) is not None
            and all(_is_label(permit) for permit in body["permits"])
            and all(isinstance(c, str) and c in self._known.goods for c in body["flagship"])
            and all(self._mandate(tree) for tree in body["mandates"])
            and (not body["working_capital"] or bool(_CAPITAL.fullmatch(body["working_capital"])))
        )

    def _repairs(self, said: Saying) -> bool:
        """A report may mend what its own co-op said, or a record of its own partition."""
        letter = said.data.get("repairs", "")
        if not letter:
            return True
        if letter.startswith(self._here):
            return _OFFSET.fullmatch(letter, len(self._here)) is not None
        found = _LETTER_LINE.fullmatch(letter)
        return found is not None and found[1] == said.actor

    def _mandate(self, tree: Any) -> bool:
        mandate = fitted(tree, MANDATE)
        if mandate is None or mandate["hub"] not in self._known.hubs:
            return False
        return _is_window(mandate["since"], mandate["until"])

    def _contract(self, said: Saying) -> bool:
        body, known = said.data, self._known
        size = self._lines.size(body["commodity"], body["unit"], {})
        return (
            body["direction"] in ("buy", "supply")
            and TAG.fullmatch(body["contract"]) is not None
            and COOP.fullmatch(body["site"]) is not None
            and body["site"] in known.villages
            and known.hub(body["site"]) == said.hub
            and size is not None
            and amount(body["quantity"], size) is not None
            and (not body["min_lot"] or amount(body["min_lot"], size, 0) is not None)
            and known.grade(body["commodity"], body["grade"]) is not None
            and price(body["price"]) is not None
            and _is_window(body["since"], body["until"])
            and all(_is_label(permit) for permit in body["permits"])
        )


def _obstacle(said: Saying) -> bool:
    body = said.data
    spoken = says_something(body["category"]) and is_paragraph(body["text"])
    return spoken and body["status"] in ("open", "solved")


def _visit(said: Saying) -> bool:
    body = said.data
    told = not body["text"] or is_paragraph(body["text"])
    return says_something(body["by"]) and day(body["on"]) is not None and told


def _decision(said: Saying) -> bool:
    body = said.data
    return (
        body["decision"] in DECISIONS
        and MATCH.fullmatch(body["match"]) is not None
        and all(
            not q or amount(q, MILLION, 0) is not None for q in (body["quantity"], body["refused"])
        )
        and price(body["price"]) is not None
        and day(body["on"]) is not None
        and is_plain(body["reason"])
    )


def _is_label(text: Any) -> bool:
    return isinstance(text, str) and len(text) <= _TEXT_MAX and says_something(text)


def _is_window(since: str, until: str) -> bool:
    first, last = day(since), day(until)
    return first is not None and last is not None and (not until or first <= last)
