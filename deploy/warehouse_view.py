"""What the shell asks of the warehouse: how far its sink is, and how much there is."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from deploy.quiet import Progress, progress
from schemas import reference
from sinks.engines import reading
from sinks.log import Log, LogOptions
from sinks.queries.summary import lines_by_commodity, offsets_of, summary
from streams.core.interchange.market_round import rest_ticks


def counts(url: str) -> dict[str, Any]:
    """The figures of the whole warehouse."""
    with reading(url) as connection:
        return summary(connection)


def longest_rest(url: str) -> int:
    """How many ticks the largest family may wait between two rounds of the market."""
    with reading(url) as connection:
        offers, needs = lines_by_commodity(connection)
    goods = reference.catalogue().commodities
    pairs: Counter[str] = Counter()
    families = {str(code): str(good.family) for code, good in goods.items()}
    for family in set(families.values()):
        here = [code for code in families if families[code] == family]
        pairs[family] = sum(offers.get(c, 0) for c in here) * sum(needs.get(c, 0) for c in here)
    return rest_ticks(max(pairs.values(), default=0))


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
