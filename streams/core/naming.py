"""Names of the many matches of a round at once.

Decides nothing: a name is that of `schemas.identity.match_id`. Spelling a thousand names letter by
letter takes as long as hashing them; spelt together they take a third of it.
"""

from collections.abc import Iterable
from typing import Final

import numpy as np

from schemas.identity import LETTERS, MatchId, match_bits

_LENGTH: Final = 16
_SPELT: Final = np.frombuffer(LETTERS.encode(), np.uint8)
_VALUE: Final = np.array([16, 8, 4, 2, 1], np.uint8)


def match_ids(matches: Iterable[tuple[int, str, str, int]]) -> list[MatchId]:
    """Give `match_id` of each: tier, offer, need, and how many matches of the pair have ended."""
    every = b"".join([match_bits(*match) for match in matches])
    fives = np.unpackbits(np.frombuffer(every, np.uint8)).reshape(-1, len(_VALUE))
    text = _SPELT[fives @ _VALUE].tobytes().decode()
    return [MatchId(text[at : at + _LENGTH]) for at in range(0, len(text), _LENGTH)]
