"""A hub that spares what others make more of: what it keeps, what it leaves, and for how long."""

from collections.abc import Iterator
from typing import Any

from schemas.market import Residual, key_of, read, written
from schemas.outlook import SPARED_MAX, Outlook, Spared
from schemas.quantity import MICRO
from streams.core.batch import STATE_BYTES_MAX
from streams.core.interchange.hub_outlook import HEEDED_MS
from streams.core.interchange.hub_state import Heard, decode
from tests.support.core_desk import NUMBER, Desk, builder
from tests.support.core_logs import (
    HUB,
    NOON,
    A,
    B,
    C,
    Saying,
    counted,
    decision,
    placed,
    report,
    tick,
)
from tests.support.partners import buy

PEPPER = {"commodity": "LADA-PUTIH"}
FAMILY = "LADA-BASAH"
KEY = f"out/{HUB}|{FAMILY}"
BEAT = 5_000


def spare(version: int, offer: int = 0, need: int = 0, *, at: int = NOON) -> Saying:
    """The market's word: so much of the goods, and of the order, is better left for others."""
    amounts = ((f"{A}|LADA-PUTIH|UNGRADED|", offer), (f"{B}|PO-1", need))
    spared = tuple(Spared(line=line, quantity=units * MICRO) for line, units in amounts if units)
    said = Outlook(hub=HUB, family=FAMILY, version=version, tick=1, at_ms=at, spared=spared)
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


def test_what_is_spared_is_left_and_told_with_its_reason():
    hub = Hub().hear(spare(7, 500, 200))
    assert hub.matched == ["superseded"]
    assert hub.reasons_left == {"outlook"}
    left = [word for word in hub.told if isinstance(word, Residual)][-1]
    assert [o.quantity for o in left.offers] == [500 * MICRO]
    assert [n.quantity for n in left.needs] == [200 * MICRO]
    assert (left.inside_offers, left.inside_needs) == ((), ())


def test_what_is_not_spared_is_matched_inside():
    hub = Hub().hear(spare(7, 380))
    (match,) = hub.matches().values()
    assert (match["state"], match["quantity"]) == ("proposed", "120")
    left = [word for word in hub.told if isinstance(word, Residual)][-1]
    assert [o.quantity for o in left.offers] == [380 * MICRO]
    assert [o.quantity for o in left.inside_offers] == [120 * MICRO]
    assert [n.quantity for n in (*left.needs, *left.inside_needs)] == [80 * MICRO, 120 * MICRO]


def test_a_hub_tells_the_market_what_it_matched_inside():
    left = [word for word in Hub().told if isinstance(word, Residual)][-1]
    assert [o.quantity for o in left.inside_offers] == [200 * MICRO]
    assert [(n.quantity, n.ceiling) for n in left.inside_needs] == [(200 * MICRO, 130_000)]
    assert Residual(**facts_of(left)) == left


def facts_of(left: Residual) -> dict[str, Any]:
    return {name: getattr(left, name) for name in left.__struct_fields__}


def test_what_somebody_said_yes_to_is_told_to_nobody():
    hub = Hub()
    (name,) = hub.matches()
    hub.feed(decision(A, 2, name, "accept", NOON + BEAT)).tick()
    left = [word for word in hub.told if isinstance(word, Residual)][-1]
    assert (left.inside_offers, left.inside_needs) == ((), ())


def test_an_order_may_wait_while_goods_of_its_hub_are_left():
    assert Hub().hear(spare(7, 0, 200)).matched == ["superseded"]


def test_more_than_there_is_spares_all_of_it_and_no_line_is_lost():
    hub = Hub().hear(spare(7, 900_000, 900_000))
    assert hub.matched == ["superseded"]
    assert hub.tick().hear(spare(8)).matched == ["proposed", "superseded"]


def test_an_emergency_waits_for_nobody():
    assert Hub(priority="emergency").hear(spare(7, 500, 200)).matched == ["proposed"]


def test_a_new_emergency_takes_what_was_spared():
    hub = Hub().hear(spare(7, 500, 200))
    urgent = placed("PO-9", 450, "LADA-PUTIH", ceiling_price="130000", priority="emergency")
    hub.feed(report(C, 1, urgent)).tick()
    live = {m["need"]: m["quantity"] for m in hub.matches().values() if m["state"] == "proposed"}
    assert live[f"{C}|PO-9"] == "450"


def test_older_words_and_the_same_once_more_change_nothing():
    hub = Hub().hear(spare(7, 500), spare(8, 400))
    before = hub.heard
    hub.hear(spare(7, 1), spare(8, 1), spare(3, 1))
    assert hub.heard == before
    assert [match["quantity"] for match in hub.matches().values()] == ["100"]


def test_it_is_heeded_for_ten_minutes_and_then_goods_wait_no_more():
    hub = Hub().hear(spare(7, 500))
    assert hub.tick(NOON + HEEDED_MS).matched == ["superseded"]
    hub.tick(NOON + HEEDED_MS + 1).tick(NOON + HEEDED_MS + BEAT)
    assert hub.matched == ["proposed", "superseded"]
    assert hub.heard.spared == ()


def test_a_word_that_comes_too_late_is_kept_and_not_heeded():
    hub = Hub().hear(spare(7, 500, at=NOON - HEEDED_MS))
    assert hub.matched == ["proposed"]
    assert hub.heard.said == 7


def test_with_the_setting_off_it_is_passed_over():
    hub = Hub(on=False).hear(spare(7, 500))
    assert hub.matched == ["proposed"]
    assert KEY.encode() not in hub.state()
    assert hub.reasons() == []


def test_what_holds_still_stays():
    hub = Hub(cut_offs=(11 * 60 + 1,)).tick(NOON + 60_000)
    assert hub.matched == ["proposed"]
    assert hub.tick(NOON + 65_000).hear(spare(7, 500, at=NOON + 65_000)).matched == ["proposed"]


def test_a_draft_gives_way():
    hub = Hub(cut_offs=(18 * 60,))
    assert hub.matched == ["draft"]
    assert hub.hear(spare(7, 500)).matched == ["superseded"]


def test_an_order_on_a_contract_waits_for_nobody():
    hub = Hub(ceiling_price="1")
    hub.feed(buy("BULOG", 100, commodity="LADA-PUTIH", unit="KG", price="130000")).tick()
    (line,) = (match["need"] for match in hub.matches().values())
    said = Outlook(
        hub=HUB,
        family=FAMILY,
        version=7,
        tick=1,
        at_ms=NOON,
        spared=(Spared(line=line, quantity=100 * MICRO),),
    )
    hub.hear(Saying(key_of(said), written(said, NOON), NOON))
    assert hub.matched == ["proposed"]
    assert [(m["partner"], m["quantity"]) for m in hub.matches().values()] == [("BULOG", "100")]


def stories() -> Iterator[Hub]:
    yield Hub().hear(spare(7, 500))
    yield Hub().hear(spare(7, 500), spare(8, 500))
    yield Hub().hear(spare(7, 500)).hear(spare(8, 100))
    yield Hub().hear(spare(7, 500)).tick(NOON + HEEDED_MS + 1)


def test_a_hub_made_anew_goes_on_as_the_old_one_would_have():
    for kept, anew in zip(stories(), stories(), strict=True):
        anew.born_again()
        for hub in (kept, anew):
            hub.hear(spare(9, 300)).tick().tick()
        assert anew.state() == kept.state()
        assert anew.matches() == kept.matches()


def test_what_is_heard_just_before_a_death_is_gone_by_after_it():
    hubs = [Hub(), Hub()]
    for hub in hubs:
        hub.feed(spare(7, 500))
    hubs[1].born_again()
    assert [hub.tick().matched for hub in hubs] == [["superseded"]] * 2


def test_words_on_many_lines_fit_the_batch_that_they_are_written_in():
    spared = tuple(
        Spared(line=f"{A}|LADA-PUTIH|UNGRADED|LOT-{n:04}", quantity=n + 1)
        for n in range(SPARED_MAX)
    )
    hub, sayings = Hub(), list[Saying]()
    for n in range(60):
        facts: dict[str, Any] = {"hub": HUB, "family": f"F{n}", "version": 7, "tick": 1}
        said = Outlook(**facts, at_ms=NOON, spared=spared)
        sayings.append(Saying(key_of(said), written(said, NOON), NOON))
    hub.feed(*sayings)
    sizes = [sum(len(key) + len(value or b"") for key, value in batch) for batch in hub.batches]
    assert max(sizes) <= STATE_BYTES_MAX + 96 * 1024
    assert sum(sizes) > 3 * STATE_BYTES_MAX
