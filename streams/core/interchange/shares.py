"""Parting a whole among many, exact to the unit.

Decides who gets the odd units: the largest remainders, then the first in the order given. Refuses
to know what is shared.
"""

from collections.abc import Sequence


def shares(whole: int, claims: Sequence[int]) -> list[int]:
    """Part a whole in proportion to claims; the parts are integers and add up to it exactly.

    ValueError when all claims are 0 and the whole is not, or when a claim is below 0.
    """
    total = sum(claims)
    if min(claims, default=0) < 0 or (whole and not total):
        raise ValueError("nothing to share by")
    if not total:
        return [0] * len(claims)
    parts = [whole * claim // total for claim in claims]
    left = whole - sum(parts)
    order = sorted(range(len(claims)), key=lambda at: (-(whole * claims[at] % total), at))
    for at in order[:left]:
        parts[at] += 1
    return parts
