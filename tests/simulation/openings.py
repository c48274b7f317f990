"""How stories begin, so that what is rare by chance is told often: the names of what is told.

Decides the first records of a story; what they say in particular, its teller draws.
"""

from random import Random

_LIVES = ("decision", "decision", "tick", "goods", "less")
_FAR = (*["decision"] * 6, *["stand"] * 3, "less", "less", "need", "hold", "promise", "tick")


def opened(chance: Random, *, asks: bool = False) -> tuple[list[str], int]:
    """Give the names of the first records, and how many a story has at least.

    `asks`: owners are asked for word of goods that is old.
    """
    what = chance.random()
    if what < 0.25:  # goods, a need, a match, a word, another need, a match
        return ["goods", "need", "tick", "decision", "need", "tick"], 0
    if what < 0.4:  # a match lives its life
        told = [*_mandates(chance), "goods", "need", "tick", *["decision"] * 4]
        told += chance.choices(_LIVES, k=chance.choice((2, 4, 6)))
        return told, len(told) + 2
    if what < 0.6:  # something is promised to others before the hub matches it, or after
        told = [*_lines(chance), "reserve", "commit"]
        return [*told, chance.choice(("need", "less", "less")), "tick"], 0
    if what < 0.8:  # a match with another hub lives its life
        told = [*_mandates(chance), *_lines(chance), "hold", "promise", "stand", "decision"]
        told += chance.choices(_FAR, k=chance.choice((4, 6, 9)))
        return told, len(told) + 2
    if asks:  # another hub wants goods of long ago; they are counted, and wanted again
        told = ["stale", "tick", "hold", "tick", *chance.choice((["goods"], ["goods", "tick"]))]
        told += chance.choice((["tick", "hold"], ["hold", "tick"], ["tick", "tick", "hold"]))
        return told, len(told) + 3
    return ["report", "report"], 0


def _lines(chance: Random) -> list[str]:
    first = chance.choice((["goods"], ["need"], ["goods", "need"]))
    return [*first, *chance.choice(([], ["tick"]))]


def _mandates(chance: Random) -> list[str]:
    return ["profile"] * chance.choice((0, 0, 3))
