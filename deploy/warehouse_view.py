"""What the shell asks of the warehouse: how far its sink is, and how much there is."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from deploy.quiet import Progress, progress
from sinks.engines import reading
from sinks.log import Log, LogOptions
from sinks.queries.summary import offsets_of, summary


def counts(url: str) -> dict[str, Any]:
    """The figures of the whole warehouse."""
    with reading(url) as connection:
        return summary(connection)


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
