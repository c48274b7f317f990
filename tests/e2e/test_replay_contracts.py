"""Partners in two hubs, replayed: rice for an outlet, nuts bought, pepper to a far buyer."""

import json
from pathlib import Path
from typing import Any, Final

import pytest

from schemas.identity import match_id
from tests.support.core_logs import HOUR, counted, decision, placed, profile, report, said, tick
from tests.support.door import lumbung
from tests.support.files import START_MS, written
from tests.support.replays import replayed

HUB, FAR = "19.02", "34.02"
OUTLET, PLAIN, GROWER = "19.02.01.2003", "19.02.01.2004", "19.02.01.2007"
FAR_SITE: Final = "34.02.01.2001"
RICE: Final = "BERAS-SPHP"
WINDOW: Final = {"since": "2026-11-20", "until": "2026-12-20"}
SUPPLIED: Final = str(match_id(1, f"{HUB}|{RICE}|UNGRADED|BULOG-7", f"{OUTLET}|PO-1", 0))
BOUGHT: Final = str(match_id(1, f"{GROWER}|KELAPA|UNGRADED|", f"{HUB}|PABRIK-3", 0))


def contract(hub: str, n: int, tag: str, direction: str, site: str, **goods: Any) -> bytes:
    body = {"contract": tag, "direction": direction, "site": site, **WINDOW, **goods}
    return said("contract", (hub, "mitra", n), body, START_MS).value


def lines() -> list[bytes]:
    rice = {"commodity": RICE, "quantity": "2", "unit": "TON", "price": "11000", "min_lot": "0.05"}
    nuts = {"commodity": "KELAPA", "quantity": "3000", "unit": "BUTIR", "price": "5800"}
    pepper = {"commodity": "LADA-PUTIH", "quantity": "80", "unit": "KG", "price": "140000"}
    asked = {"commodity": RICE, "ceiling_price": "12500"}
    made = [
        contract(HUB, 1, "BULOG-7", "supply", GROWER, **rice),
        contract(HUB, 2, "PABRIK-3", "buy", OUTLET, **nuts),
        contract(FAR, 1, "EKSPOR-9", "buy", FAR_SITE, **pepper),
        profile(OUTLET, 1, START_MS, outlet=True).value,
        report(OUTLET, 1, placed("PO-1", 400, **asked), at=START_MS).value,
        report(PLAIN, 1, placed("PO-1", 400, **asked), at=START_MS).value,
        report(GROWER, 1, counted(1_000, floor_price="5000"), at=START_MS).value,
        report(PLAIN, 2, counted(80, "LADA-PUTIH", floor_price="90000"), at=START_MS).value,
        tick(1, START_MS + HOUR).value,
    ]
    numbers = {HUB: 100, OUTLET: 100, GROWER: 100}
    for match, actor, what in (
        *((SUPPLIED, HUB, "accept"), (SUPPLIED, OUTLET, "accept")),
        *((SUPPLIED, HUB, "ship"), (SUPPLIED, OUTLET, "receive")),
        *((BOUGHT, GROWER, "accept"), (BOUGHT, HUB, "accept")),
        *((BOUGHT, GROWER, "ship"), (BOUGHT, HUB, "receive")),
    ):
        numbers[actor] += 1
        amount = {"quantity": "400" if match == SUPPLIED else "1000"}
        more = amount if what in ("ship", "receive") else {}
        made.append(decision(actor, numbers[actor], match, what, START_MS + HOUR, **more).value)
    return made


@pytest.fixture(scope="module")
def granary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    counts = replayed(written(folder / "said.ndjson", lines()), folder / "data")
    assert counts["rejected"] == 0
    return folder / "data"


def matches(folder: Path) -> dict[str, dict[str, Any]]:
    found = lumbung("get", "matches", "-o", "json", "--data", folder).json()
    return {match["partner"]: match for match in found}


def test_every_match_names_its_partner_and_lives_like_any_other(granary: Path):
    found = matches(granary)
    shown = {
        partner: (m["commodity"], m["from_coop"], m["to_coop"], m["tier"], m["state"])
        for partner, m in found.items()
    }
    assert shown == {
        "BULOG-7": (RICE, HUB, OUTLET, 1, "received"),
        "PABRIK-3": ("KELAPA", GROWER, HUB, 1, "received"),
        "EKSPOR-9": ("LADA-PUTIH", PLAIN, FAR, 2, "proposed"),
    }
    assert {(m["from_hub"], m["to_hub"]) for m in found.values()} == {(HUB, HUB), (HUB, FAR)}


def test_subsidised_rice_stays_with_the_outlet_and_bought_nuts_with_the_partner(granary: Path):
    rows = lumbung("get", "positions", "--hub", HUB, "-o", "json", "--data", granary).json()
    held = {(row["coop"], row["commodity"], row["lot"]): row["on_hand"] for row in rows}
    assert held[HUB, RICE, "BULOG-7"] == 1_600
    assert held[OUTLET, RICE, ""] == 400
    assert held[HUB, "KELAPA", ""] == 1_000
    why = lumbung("get", "unmatched", "--hub", HUB, "-o", "json", "--data", granary).json()
    reasons = {row["line"]: row["reason"] for row in why}
    assert reasons[f"{PLAIN}|PO-1"] == "trade"


def test_trace_leads_from_a_match_to_the_contract(granary: Path):
    told = lumbung("trace", SUPPLIED, "-o", "json", "--data", granary).json()
    assert f"{HUB}:mitra:1" in json.dumps(told)
    rerun = lumbung("trace", SUPPLIED, "--rerun", "--data", granary)
    assert rerun.code == 0, rerun


def test_the_checker_finds_nothing_wrong(granary: Path):
    answer = lumbung("verify", "--data", granary)
    assert answer.code == 0, answer


def test_a_profile_is_said_shown_and_said_anew_without_losing_what_it_held(granary: Path):
    village = (PLAIN, "--data", granary)
    said = lumbung("profile", *village, "--outlet", "--pack", "KOPRA:KARUNG=50kg")
    assert (said.code, said.out.strip()) == (0, f"{PLAIN}:cli:1"), said
    replayed(written(granary.parent / "later.ndjson", []), granary)
    more = lumbung("profile", *village, "--permit", "NIB 812", "--mandate", "19.02:2026-12-01")
    assert more.code == 0, more
    replayed(written(granary.parent / "later.ndjson", []), granary)
    shown = lumbung("profile", *village).json()
    assert (shown["outlet"], shown["permits"]) == (True, ["NIB 812"])
    assert shown["packs"][0]["quantity"] == "50"
    assert shown["mandates"][0]["hub"] == "19.02"
    refused = lumbung("profile", *village, "--mandate", "99.99:2026-12-01")
    assert (refused.code, "LB-U024" in refused.err) == (2, True), refused
    checked = lumbung("verify", "--data", granary)
    assert checked.code == 0, checked
