"""Decides that a dead letter is mended once: the first report that does so holds, for ever.

A letter's identity names a co-op of this partition or a record of it, and the judge lets no other
partition's pass, so what is remembered here is all there is. A report that mends a letter which
another has mended already is kept as refused whole: its number is used, its lines are not folded.
One of whose lines none could be kept mends nothing. Refuses to know what a letter says.
"""

from typing import Final

from msgspec.structs import replace

from schemas.errors import Reason, Rejection
from schemas.judged import Judged
from streams.core.state import Mended

MENDED_MAX: Final = 50_000
"""Most letters that one co-op may have mended: what is remembered for ever must have a bound."""
_FIELD: Final = "data.repairs"


class Mending:
    """The letters of one partition that were mended, by identity."""

    def __init__(self) -> None:
        self.by_letter: Final[dict[str, Mended]] = {}
        self._counts: Final[dict[str, int]] = {}

    def hold(self, letter: str, mended: Mended) -> None:
        """Remember who mended a letter."""
        if letter not in self.by_letter:
            actor = _actor(mended)
            self._counts[actor] = self._counts.get(actor, 0) + 1
        self.by_letter[letter] = mended

    def admitted(self, said: Judged) -> Judged:
        """A fresh report as it may be folded: whole, or refused whole with the reason."""
        if said.repairs in self.by_letter:
            reason = Reason.ALREADY_REPAIRED
        elif self._counts.get(said.actor, 0) >= MENDED_MAX:
            reason = Reason.STATE_TOO_LARGE
        else:
            return said
        return replace(said, lines=(), rejections=(Rejection(reason, _FIELD, 0, said.actor),))


def _actor(mended: Mended) -> str:
    return mended.by.partition(":")[0]
