"""What the shell asks of the warehouse: how far its sink is, and how much there is."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from deploy.quiet import Progress, progress
from schemas import reference
from schemas.identity import CommodityCode
from sinks.engines import reading
from sinks.log import Log, LogOptions
from sinks.queries.summary import lines_by_commodity, offsets_of, summary
from streams.core.interchange.market_round import rest_ticks, work_of

HUBS: Final = 514


def counts(url: str) -> dict[str, Any]:
    """The figures of the whole warehouse."""
    with reading(url) as connection:
        return summary(connection)


def longest_rest(url: str) -> int:
    """How many ticks may pass until the market has matched every family once."""
    with reading(url) as connection:
        offers, needs = lines_by_commodity(connection)
    goods = reference.catalogue().commodities
    lines: Counter[str] = Counter()
    for code in {*offers, *needs}:
        lines[str(goods[CommodityCode(code)].family)] += offers.get(code, 0) + needs.get(code, 0)
    return rest_ticks(sum(work_of(min(HUBS, n), n) for n in lines.values()))


@contextmanager
def sink_progress(bootstrap: str, url: str) -> Iterator[Callable[[], Progress]]:
    """How far the database is through the topics' present ends, whenever it is asked."""
    with Log(LogOptions(bootstrap, client_id="lumbung-look")) as log:

        def look() -> Progress:
            with reading(url) as connection:
                reached = offsets_of(connection)
            read = {place: at.next_offset for place, at in reached.items()}
            return progress("warehouse", read, log.ends())

        yield look
