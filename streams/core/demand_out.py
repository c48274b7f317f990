"""Decides how a hub total reads: one record per horizon, its rows by grade and market.

Written by hand and not by an encoder, because these are most of what leaves: a line of stock
changes all four horizons, and their rows are alike when nothing of the commodity is dated.
"""

from typing import Final

from schemas import records
from schemas.quantity import format_quantity
from streams.core.book import Good
from streams.core.envelope import Row
from streams.core.totals import BUCKETS, Cell, Total

_NOTHING: Final = [0] * BUCKETS
_HORIZONS: Final = tuple(horizon.encode() for horizon in records.HORIZONS)


def rows(key: tuple[str, str], total: Total, units: dict[str, Good], at: str) -> list[Row]:
    """The four horizons of a total, as records keyed `hub|commodity|horizon`."""
    hub, commodity = key
    good = units[commodity]
    place, version, cells = f"{hub}|{commodity}|", total.version, sorted(total.cells.items())
    # Two marks that no code holds stand for what the horizons differ in.
    frame = (
        f'{{"specversion":"1.0","type":"{records.DEMAND_TYPE}","id":"{place}\0@{version}",'
        f'"source":"/hubs/{hub}","time":"{at}","data":{{"hub":"{hub}","commodity":"{commodity}",'
        f'"stage":"{good.stage}","horizon":"\0","unit":"{good.unit}",'
        f'"freshest_ms":{total.freshest},"stalest_ms":{total.stalest},"version":{version},'
        f'"rows":[\1]}}}}'
    )
    name = place.encode()
    if _is_supply(cells):
        same = frame.replace("\1", ",".join([_supply(*row) for row in cells])).encode()
        return [(name + horizon, same.replace(b"\0", horizon)) for horizon in _HORIZONS]
    shown = [",".join([_cell(*row, n) for row in cells]) for n in range(BUCKETS)]
    return [
        (name + horizon, frame.replace("\1", shown[n]).encode().replace(b"\0", horizon))
        for n, horizon in enumerate(_HORIZONS)
    ]


def _is_supply(cells: list[tuple[tuple[str, str], Cell]]) -> bool:
    """True when nothing is planned, wanted or promised: then all horizons are alike."""
    return all(cell.planned == cell.demand == cell.matched == _NOTHING for _, cell in cells)


def _supply(of: tuple[str, str], cell: Cell) -> str:
    supply = cell.supply
    shown = format_quantity(supply)
    return (
        f'{{"grade":"{of[0]}","market":"{of[1]}","supply":"{shown}","planned":"0",'
        f'"demand":"0","matched":"0","gap":"0"}}'
    )


def _cell(of: tuple[str, str], cell: Cell, horizon: int) -> str:
    upto = min(horizon + 1, BUCKETS)
    want, bound = sum(cell.demand[:upto]), sum(cell.matched[:upto])
    return (
        f'{{"grade":"{of[0]}","market":"{of[1]}","supply":"{format_quantity(cell.supply)}",'
        f'"planned":"{format_quantity(sum(cell.planned[:upto]))}","demand":"{format_quantity(want)}",'
        f'"matched":"{format_quantity(bound)}","gap":"{format_quantity(want - bound)}"}}'
    )
