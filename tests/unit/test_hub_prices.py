"""A hub that hears the market's prices: what it keeps, what waits for them, and for how long."""

from collections.abc import Iterator
from typing import Any

from schemas import reference
from schemas.market import Residual, key_of, read, written
from schemas.outlook import Outlook, Quoted
from streams.core.batch import STATE_BYTES_MAX
from streams.core.interchange.hub_prices import HEEDED_MS
from streams.core.interchange.hub_state import Heard, decode
from tests.support.core_desk import NUMBER, Desk, builder
from tests.support.core_logs import HUB, NOON, A, B, C, Saying, counted, placed, report, tick
from tests.support.partners import buy

PEPPER = {"commodity": "LADA-PUTIH"}
FAMILY = "LADA-BASAH"
KEY = f"out/{HUB}|{FAMILY}"
BEAT = 5_000


def prices(
    version: int, *, sell: int = 0, buy: int = 0, at: int = NOON, grade: str = "UNGRADED"
) -> Saying:
    goods = Quoted(
        commodity="LADA-PUTIH",
        grade=grade,
        sell=((1, sell),) if sell else (),
        buy=((1, buy),) if buy else (),
    )
    said = Outlook(hub=HUB, family=FAMILY, version=version, tick=1, at_ms=at, goods=(goods,))
    return Saying(key_of(said), written(said, at), at)


class Hub(Desk):
    """Pepper at 90,000 and an order for it at 130,000, matched inside at the first tick."""

    def __init__(self, *, on: bool = True, cut_offs: tuple[int, ...] = (), **order: Any) -> None:
        super().__init__(builder(cut_offs, outlook=on).partition(NUMBER))
        self.on, self.cut_offs, self.n, self.told = on, cut_offs, 0, list[Any]()
        self.feed(report(A, 1, counted(500, **PEPPER, floor_price="90000")))
        asked = {"ceiling_price": "130000", **order}
        self.feed(report(B, 1, placed("PO-1", 200, "LADA-PUTIH", **asked)))
        self.tick()

    def take(self, effects: Any) -> None:
        super().take(effects)
        self.told += [read(value) for _, _, rows in effects.away for _, value in rows]

    def tick(self, at: int = 0) -> "Hub":
        self.n += 1
        self.feed(tick(self.n, at or NOON + self.n * BEAT))
        return self

    def hear(self, *said: Saying) -> "Hub":
        self.feed(*said)
        return self.tick()

    @property
    def matched(self) -> list[str]:
        """The states of all matches, sorted."""
        return sorted(match["state"] for match in self.matches().values())

    @property
    def reasons_left(self) -> set[str]:
        return {line["reason"] for line in self.why_not()[f"{HUB}|{FAMILY}"]["lines"]}

    @property
    def heard(self) -> Heard:
        found = decode("out", self.state()[KEY.encode()])
        assert isinstance(found, Heard)
        return found

    def born_again(self) -> "Hub":
        """The same hub, made from the changelog."""
        core = builder(self.cut_offs, outlook=self.on).partition(NUMBER)
        for batch in self.batches:
            for key, value in batch:
                core.restore(key, value)
        core.settle()
        self.core = core
        return self


def test_goods_that_are_worth_more_elsewhere_are_left_and_told():
    hub = Hub().hear(prices(7, sell=140_000))
    assert hub.matched == ["superseded"]
    assert "outlook" in hub.reasons_left
    left = [word for word in hub.told if isinstance(word, Residual)][-1]
    assert [o.quantity for o in left.offers] == [500_000_000]
    assert [n.quantity for n in left.needs] == [200_000_000]


def test_an_order_that_is_cheaper_from_elsewhere_waits():
    assert Hub().hear(prices(7, buy=80_000)).matched == ["superseded"]


def test_prices_that_promise_less_than_the_pair_is_worth_change_nothing():
    assert Hub().hear(prices(7, sell=120_000)).matched == ["proposed"]


def test_an_emergency_waits_for_no_price():
    assert Hub(priority="emergency").hear(prices(7, sell=190_000)).matched == ["proposed"]


def test_prices_of_another_grade_are_none():
    assert Hub().hear(prices(7, sell=140_000, grade="A")).matched == ["proposed"]


def test_of_the_last_four_prices_the_poorest_is_gone_by():
    hub = Hub().hear(prices(7, sell=140_000)).hear(prices(8, sell=100_000))
    assert hub.matched == ["proposed", "superseded"]
    hub.feed(report(C, 1, counted(1, **PEPPER, floor_price="129000")))  # it is solved anew
    for version in (9, 10, 11):
        assert hub.hear(prices(version, sell=140_000)).matched == ["proposed", "superseded"]
    assert hub.hear(prices(12, sell=140_000)).matched == ["superseded", "superseded"]


def test_hubs_that_prices_chase_in_a_ring_come_to_rest():
    hub = Hub()
    for version, sell in enumerate((140_000, 100_000, 150_000, 100_000, 140_000, 150_000), 7):
        hub.hear(prices(version, sell=sell))
    matches = len(hub.matches())
    for version, sell in enumerate((100_000, 140_000, 150_000, 100_000), 20):
        hub.hear(prices(version, sell=sell))
    assert len(hub.matches()) == matches


def test_older_prices_and_the_same_once_more_change_nothing():
    hub = Hub().hear(prices(7, sell=140_000), prices(8, sell=141_000))
    before = hub.heard
    hub.hear(prices(7, sell=100_000), prices(8, sell=100_000), prices(3, sell=100_000))
    assert hub.heard == before
    assert hub.matched == ["superseded"]


def test_prices_are_heeded_for_ten_minutes_and_then_goods_wait_no_more():
    hub = Hub().hear(prices(7, sell=140_000))
    assert hub.tick(NOON + HEEDED_MS).matched == ["superseded"]
    hub.tick(NOON + HEEDED_MS + 1).tick(NOON + HEEDED_MS + BEAT)
    assert hub.matched == ["proposed", "superseded"]
    assert hub.heard.told == ()


def test_prices_that_come_too_late_are_kept_and_not_heeded():
    hub = Hub().hear(prices(7, sell=140_000, at=NOON - HEEDED_MS))
    assert hub.matched == ["proposed"]
    assert hub.heard.said == 7


def test_with_the_setting_off_prices_are_passed_over():
    hub = Hub(on=False).hear(prices(7, sell=140_000))
    assert hub.matched == ["proposed"]
    assert KEY.encode() not in hub.state()
    assert hub.reasons() == []


def test_what_holds_still_stays():
    hub = Hub(cut_offs=(11 * 60 + 1,)).tick(NOON + 60_000)
    assert hub.matched == ["proposed"]
    assert hub.tick(NOON + 65_000).hear(prices(7, sell=190_000, at=NOON + 65_000)).matched == [
        "proposed"
    ]


def test_a_draft_gives_way():
    hub = Hub(cut_offs=(18 * 60,))
    assert hub.matched == ["draft"]
    assert hub.hear(prices(7, sell=190_000)).matched == ["superseded"]


def test_an_order_on_a_contract_waits_for_no_price():
    hub = Hub(ceiling_price="1").hear(prices(7, buy=80_000))
    bought = buy("BULOG", 100, commodity="LADA-PUTIH", unit="KG", price="130000")
    hub.feed(bought).tick()
    assert [(m["partner"], m["quantity"]) for m in hub.matches().values()] == [("BULOG", "100")]


def stories() -> Iterator[Hub]:
    yield Hub().hear(prices(7, sell=140_000))
    yield Hub().hear(prices(7, sell=140_000), prices(8, sell=140_500))
    yield Hub().hear(prices(7, sell=140_000)).hear(prices(8, sell=100_000))
    yield Hub().hear(prices(7, sell=140_000)).tick(NOON + HEEDED_MS + 1)


def test_a_hub_made_anew_goes_on_as_the_old_one_would_have():
    for kept, anew in zip(stories(), stories(), strict=True):
        anew.born_again()
        for hub in (kept, anew):
            hub.hear(prices(9, sell=139_000)).tick().tick()
        assert anew.state() == kept.state()
        assert anew.matches() == kept.matches()


def test_prices_that_are_heard_just_before_a_death_are_gone_by_after_it():
    hubs = [Hub(), Hub()]
    for hub in hubs:
        hub.feed(prices(7, sell=140_000))
    hubs[1].born_again()
    assert [hub.tick().matched for hub in hubs] == [["superseded"]] * 2


def test_a_hub_that_matches_all_of_it_at_home_makes_itself_known():
    told = []
    for on in (True, False):
        hub = Hub(on=on)
        hub.feed(report(C, 1, placed("PO-2", 10, "KOPRA", ceiling_price="20000")))
        hub.feed(report(A, 2, counted(10, "KOPRA", floor_price="1000"))).tick()
        left = [one for one in hub.told if isinstance(one, Residual) and one.family == "KELAPA"]
        told.append([(one.offers, one.needs) for one in left])
    assert told == [[((), ())], []]


def test_prices_of_many_goods_fit_the_batch_that_they_are_written_in():
    stair = tuple((days, 100_000 + days) for days in range(6))
    codes = sorted(map(str, reference.catalogue().commodities))[:48]
    goods = tuple(Quoted(commodity=c, grade="UNGRADED", sell=stair, buy=stair) for c in codes)
    hub, sayings = Hub(), list[Saying]()
    for version in range(7, 11):
        for n in range(60):
            facts: dict[str, Any] = {"hub": HUB, "family": f"F{n}", "version": version, "tick": 1}
            said = Outlook(**facts, at_ms=NOON, goods=goods)
            sayings.append(Saying(key_of(said), written(said, NOON), NOON))
    hub.feed(*sayings)
    sizes = [sum(len(key) + len(value or b"") for key, value in batch) for batch in hub.batches]
    assert max(sizes) <= STATE_BYTES_MAX + 32 * 1024
    assert sum(sizes) > 3 * STATE_BYTES_MAX
