"""Partitions for the simulation: the real core, with what is slow and proven elsewhere put aside.

Decides which matcher a partition is given: the real one, or a plain one that pairs lines in the
order of their names and keeps the same hard bounds. Verdicts of the real judge are remembered by
the bytes they were given for: the judge is a pure function, and one that asked for a co-op's packs
is asked anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Any

from schemas import reference
from schemas.commodity import Catalogue
from schemas.errors import Rejection
from schemas.identity import match_id, partition_of
from schemas.judged import Judged
from schemas.register import Register
from schemas.units import Packs, UnitTable
from schemas.validation import Judge
from streams.core.book import goods
from streams.core.drafts import CutOffs
from streams.core.lines import NeedLine, OfferLine, Options, Proposal, Round, Unmatched, goods_of
from streams.core.matching import WITHIN_HUB, solve
from streams.core.partition import Partition
from streams.core.rounds import Setting
from streams.core.shelf import MemoryShelf
from streams.core.view import View
from streams.core.ways import HubWays

PARTITIONS = 8
FAMILY = "KELAPA"
"""Of all goods in the stories."""
HOME = partition_of(FAMILY, PARTITIONS)
MARKETS = (HOME, (HOME + 1) % PARTITIONS)
"""Partitions of the market whose logs are kept: that of the family, and one that is told nothing
but that ticks are done, as all the others are."""
REMEMBERED_MAX = 50_000
FRESH_MS = 5 * 24 * 3_600_000
"""How old word of any goods may be, so short that owners are asked in most stories."""
_DIGEST = "0" * 64


class RememberingJudge(Judge):
    """The real judge, asked once for the same bytes at the same time and place."""

    def __init__(self, catalogue: Catalogue, units: UnitTable, register: Register) -> None:
        super().__init__(catalogue, units, register, PARTITIONS)
        self._found: dict[Any, Judged | Rejection] = {}

    def judge(
        self,
        value: bytes | None,
        *,
        key: bytes | None,
        timestamp_ms: int,
        partition: int,
        packs_of: Callable[[str], Packs] | None = None,
    ) -> Judged | Rejection:
        place = (value, key, timestamp_ms, partition)
        found = self._found.get(place)
        if found is not None:
            return found
        packed = False

        def asked(actor: str) -> Packs:
            nonlocal packed
            packs = packs_of(actor) if packs_of is not None else {}
            packed = packed or bool(packs)
            return packs

        found = super().judge(
            value, key=key, timestamp_ms=timestamp_ms, partition=partition, packs_of=asked
        )
        if not packed:
            if len(self._found) >= REMEMBERED_MAX:
                self._found.clear()
            self._found[place] = found
        return found


def paired(
    offers: Sequence[OfferLine],
    needs: Sequence[NeedLine],
    _leg: Any,
    options: Options,
    _today: int,
) -> Round:
    """Pair lines in the order of their names: a matcher that is legal, quick and never best."""
    left = {offer.line: offer.quantity for offer in offers}
    proposals, unmatched = [], []
    for need in sorted(needs, key=_name):
        wanted = need.quantity
        for offer in sorted(offers, key=_name):
            amount = min(wanted, left[offer.line])
            if amount < max(1, offer.min_lot, need.min_lot) or not _fit(offer, need, options):
                continue
            ended = options.finished.get((offer.line, need.line), 0)
            name = match_id(WITHIN_HUB, offer.line, need.line, ended)
            price = (offer.floor + need.ceiling) // 2
            proposals.append(Proposal(name, offer.line, need.line, amount, price, price, 0, 0))
            left[offer.line] -= amount
            wanted -= amount
        if wanted:
            figures = {"commodity": need.commodity}
            unmatched.append(Unmatched(need.line, "need", wanted, "no_offer", figures))
    told = ";".join(f"{p.offer}>{p.need}:{p.quantity}" for p in proposals)
    proposals.sort(key=lambda p: (p.offer, p.need))
    return Round(
        proposals=tuple(proposals),
        objective=0,
        certified=True,
        gap=0,
        unmatched=tuple(unmatched),
        digest=blake2b(told.encode(), digest_size=32).hexdigest(),
        method="exact",
    )


def _name(line: OfferLine | NeedLine) -> str:
    return line.line


def _fit(offer: OfferLine, need: NeedLine, options: Options) -> bool:
    return (
        offer.commodity == need.commodity
        and offer.coop != need.coop
        and need.market == "domestic"
        and need.grade in (None, "UNGRADED", offer.grade)
        and offer.floor <= need.ceiling
        and (offer.line, need.line) not in options.held_back
    )


@dataclass(frozen=True, slots=True)
class Craft:
    """What all partitions of a simulation share."""

    judge: Judge
    setting: Setting
    register: Register

    def partition(self, number: int, epoch: int) -> Partition:
        view = View(self.setting.goods, self.register, self.judge)
        return Partition(
            number,
            judge=self.judge,
            view=view,
            shelf=MemoryShelf(),
            setting=self.setting,
            epoch=epoch,
        )


@cache
def craft(matcher: str, minutes: tuple[int, ...] = ()) -> Craft:
    """`matcher` is `injected` or `real`; `minutes` of the local day are cut-offs of hubs."""
    catalogue = reference.catalogue()
    setting = Setting(
        goods(catalogue),
        {str(c.code): (c.price_min_idr, c.price_max_idr) for c in catalogue.commodities.values()},
        HubWays(reference.legs(), catalogue),
        Options(goods=goods_of(catalogue)),
        solve if matcher == "real" else paired,
        PARTITIONS,
        CutOffs(minutes, dict.fromkeys(map(str, catalogue.commodities), FRESH_MS)),
        outlook=True,
    )
    register = reference.register()
    return Craft(RememberingJudge(catalogue, reference.units(), register), setting, register)
