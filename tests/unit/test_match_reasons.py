"""Every reason speaks both languages and shows its figures."""

from string import Formatter
from typing import get_args

import pytest

from schemas.quantity import MICRO
from streams.core.eligibility import CODES, Code
from streams.core.reasons import TEXTS, Text, amount, rupiah, text

CROWD = {"outbid", "sold_out", "filled", "no_offer", "no_need", "unanswered"}
CROWD |= {"count_wanted", "outlook"}
BETWEEN_HUBS = {"sailing", "no_sailing", "capacity", "permit"}
FIGURES: dict[str, int | str] = {
    "with": "19.02.01.2001|LADA-PUTIH|A|",
    "commodity": "LADA-PUTIH",
    "offered": "C",
    "asked": "A, B",
    "expires_day": 20_000,
    "from": "19.02",
    "to": "64.02",
    "days": 3,
    "left": 2,
    "allowed": 1,
    "needed_by_day": 20_000,
    "arrives_day": 20_003,
    "departs_day": 20_002,
    "ceiling": 1_100,
    "floor": 1_000,
    "leg": 130,
    "short": 30,
    "spared": 40 * MICRO,
    "lot": 50 * MICRO,
    "possible": 40 * MICRO,
    "mine": 1_500_500_000,
    "others": 10 * MICRO,
    "rivals": 2,
}


def test_every_code_has_words_and_no_words_are_spare():
    assert set(CODES) == set(get_args(Code))
    assert set(TEXTS) == set(CODES) | CROWD | BETWEEN_HUBS


@pytest.mark.parametrize("code", sorted(TEXTS))
def test_both_languages_are_there_differ_and_show_the_same_figures(code: str):
    both = TEXTS[code]
    assert both.id.strip()
    assert both.en.strip()
    assert both.id != both.en
    shown = [{name for _, name, _, _ in Formatter().parse(words) if name} for words in both]
    assert shown[0] == shown[1]
    said = text(code, FIGURES, Text("kilogram", "kilogram"))
    for words in said:
        assert "{" not in words
        assert words.endswith(".")


def test_figures_are_written_as_people_there_write_them():
    assert (rupiah(1_500, "id"), rupiah(1_500, "en")) == ("Rp 1.500", "Rp 1,500")
    assert amount(1_500_500_000, "id", "kilogram") == "1.500,5 kilogram"
    assert amount(1_500_500_000, "en", "kilogram") == "1,500.5 kilogram"
    assert amount(50 * MICRO, "id", "") == "50"
    said = text("needed_by", FIGURES)
    assert "2024-10-04" in said.id
    assert "2024-10-07" in said.en


def test_a_text_without_its_figure_is_a_broken_program():
    with pytest.raises(KeyError, match="short"):
        text("price", {"ceiling": 1, "floor": 1, "leg": 0, "with": "x"})
