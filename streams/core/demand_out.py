"""Decides how a hub total reads: one record per horizon, its rows by grade and market.

Written by hand and not by an encoder, because these are most of what leaves: a line of stock
changes all four horizons, and their rows are alike when nothing of the commodity is dated.
"""

from schemas import records
from schemas.quantity import MICRO
from schemas.quantity import format_quantity as decimal
from streams.core.book import Good
from streams.core.envelope import Row
from streams.core.totals import BUCKETS, Cell, Total


def rows(key: tuple[str, str], total: Total, units: dict[str, Good], at: str) -> list[Row]:
    """The four horizons of a total, as records keyed `hub|commodity|horizon`."""
    hub, commodity = key
    good = units[commodity]
    plain = all(not any(c.planned) and not any(c.demand) for c in total.cells.values())
    cells = _cells(total.cells, 0) if plain else ""
    place, version = f"{hub}|{commodity}|", total.version
    head = f'{{"specversion":"1.0","type":"{records.DEMAND_TYPE}","id":"{place}'
    middle = (
        f'@{version}","source":"/hubs/{hub}","time":"{at}","data":{{"hub":"{hub}",'
        f'"commodity":"{commodity}","stage":"{good.stage}","horizon":"'
    )
    tail = (
        f'","unit":"{good.unit}","freshest_ms":{total.freshest},"stalest_ms":{total.stalest},'
        f'"version":{version},"rows":['
    )
    return [
        (
            (place + horizon).encode(),
            f"{head}{horizon}{middle}{horizon}{tail}"
            f"{cells or _cells(total.cells, n)}]}}}}".encode(),
        )
        for n, horizon in enumerate(records.HORIZONS)
    ]


def _cells(cells: dict[tuple[str, str], Cell], horizon: int) -> str:
    return ",".join(
        [_cell(grade, market, cell, horizon) for (grade, market), cell in sorted(cells.items())]
    )


def _cell(grade: str, market: str, cell: Cell, horizon: int) -> str:
    upto = min(horizon + 1, BUCKETS)
    planned, demand, matched = cell.planned, cell.demand, cell.matched
    want = sum(demand[:upto])
    bound = sum(matched[:upto])
    supply = cell.supply
    shown = str(supply // MICRO) if supply >= 0 and not supply % MICRO else decimal(supply)
    if not want and not bound and not any(planned):
        return (
            f'{{"grade":"{grade}","market":"{market}","supply":"{shown}","planned":"0",'
            f'"demand":"0","matched":"0","gap":"0"}}'
        )
    return (
        f'{{"grade":"{grade}","market":"{market}","supply":"{shown}",'
        f'"planned":"{decimal(sum(planned[:upto]))}","demand":"{decimal(want)}",'
        f'"matched":"{decimal(bound)}","gap":"{decimal(want - bound)}"}}'
    )
