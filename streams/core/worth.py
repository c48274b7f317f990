"""What a pair is worth to the round: its money, and the bonuses.

Decides the size of every bonus. Refuses to let one decide whether a pair may meet or what anybody
pays: a pair without a money surplus is closed whatever its bonus, and prices split money alone.

All in whole rupiah per base unit.
"""

from typing import Final

import numpy as np

from streams.core.eligibility import Board
from streams.core.lines import DAY_MAX, IntArray, Options

STAPLE_PERCENT: Final = 20
"""A staple order counts this much of its ceiling more."""
KEEP_IDR: Final = 200
"""What a pair proposed before is held by: less is not worth the unrest."""
SPOIL_PER_MILLE: Final = (
    *(200, 173, 150, 130, 113, 98, 85, 74, 64, 55, 48, 42, 36, 31, 27, 23, 20, 18, 15, 13, 11, 10),
    *(9, 7, 6, 6, 5, 4, 4, 3, 3, 2, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 0),
)
"""Share of the floor by days of shelf life left: 200 x exp(-days / 7), oldest goods first."""


def worth(board: Board, options: Options) -> IntArray:
    """Give `[offer, need]` the worth of each pair; it means nothing where the pair is closed."""
    money = board.money
    if not options.bonuses:
        return money
    staple = [n.ceiling * STAPLE_PERCENT // 100 * (n.priority == "staple") for n in board.needs]
    oldest = np.array([spoil(board.today, o.expires_day, o.floor) for o in board.offers], np.int64)
    total = money + np.array(staple, np.int64)[None] + oldest[:, None]
    if options.keep:
        rows = {offer.line: i for i, offer in enumerate(board.offers)}
        columns = {need.line: j for j, need in enumerate(board.needs)}
        for offer, need in options.keep:
            if offer in rows and need in columns:
                total[rows[offer], columns[need]] += KEEP_IDR
    return total


def spoil(today: int, expires_day: int | None, floor: int) -> int:
    """Give the bonus of goods that spoil soon, in rupiah per base unit."""
    left = (DAY_MAX if expires_day is None else expires_day) - today
    if left < 0:
        return 0
    return floor * SPOIL_PER_MILLE[min(left, len(SPOIL_PER_MILLE) - 1)] // 1000
