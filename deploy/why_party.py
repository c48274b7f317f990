"""What of a reason each role may read, in words of both languages.

Decides who is cleared for what. An auditor reads the exact reason, which shows figures of both
sides; an officer does where both sides lie in the own hub; a co-op reads its own figures, public
freight and the published band of prices, and no name of another. Refuses to find reasons.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

from deploy.why_live import Side
from deploy.why_solving import Found, Line
from schemas import reference
from streams.core.lines import NeedLine, OfferLine
from streams.core.posed import EPOCH
from streams.core.reasons import Language, Text, amount, rupiah, text


class Role(StrEnum):
    """Who asks."""

    AUDITOR = "auditor"
    OFFICER = "officer"
    COOP = "coop"


ANOTHER: Final = Text("koperasi lain", "another co-op")
OPEN_TO_ALL: Final = frozenset(
    "trade commodity same_coop held_back no_way capacity sailing no_sailing permit sold_out "
    "filled no_offer no_need unanswered count_wanted".split()
)
"""Reasons that show nothing private of the other side, once its name is gone."""
OWN: Final[frozenset[tuple[str, Side]]] = frozenset(
    {("shelf_life", "offer"), ("expired", "offer"), ("needed_by", "need")}
)
"""Reasons whose figures are all of the one side."""
NAMES_ITSELF: Final = frozenset({"same_coop", "held_back"})
"""Reasons about a pair that the co-op knows: its own two lines, or one that was refused."""
PARTY: Final[Mapping[tuple[str, Side], Text]] = {
    ("grade", "offer"): Text(
        "Mutu {offered} tidak diterima pembeli terdekat.",
        "Grade {offered} is not accepted by the nearest buyer.",
    ),
    ("grade", "need"): Text(
        "Mutu yang ditawarkan tidak diterima pesanan ini; yang diterima: {asked}.",
        "The grade on offer is not accepted by this order; accepted: {asked}.",
    ),
    ("expired", "need"): Text(
        "Barang yang ditawarkan sudah kedaluwarsa.",
        "The goods on offer have expired.",
    ),
    ("shelf_life", "need"): Text(
        "Perjalanan {days} hari terlalu lama untuk masa simpan barang yang ditawarkan.",
        "The way takes {days} days: too long for the shelf life of the goods on offer.",
    ),
    ("needed_by", "offer"): Text(
        "Tiba {arrives_day}, sesudah pembeli terdekat membutuhkannya.",
        "It arrives on {arrives_day}, after the nearest buyer needs it.",
    ),
    ("price", "offer"): Text(
        "Harga terendah {floor} ditambah ongkos {leg} melebihi yang mau dibayar pembeli terdekat; "
        "harga acuan {low} sampai {high}.",
        "The floor {floor} plus the leg {leg} is more than the nearest buyer pays; published "
        "prices are {low} to {high}.",
    ),
    ("price", "need"): Text(
        "Harga tertinggi {ceiling} tidak menutup harga penjual terdekat ditambah ongkos {leg}; "
        "harga acuan {low} sampai {high}.",
        "The ceiling {ceiling} does not cover the nearest seller's price plus the leg {leg}; "
        "published prices are {low} to {high}.",
    ),
    ("outlook", "offer"): Text(
        "Barang ini disisihkan untuk pembeli di hub lain, tempat nilainya lebih tinggi.",
        "These goods are spared for a buyer in another hub, where they are worth more than here.",
    ),
    ("outlook", "need"): Text(
        "Pesanan ini menunggu barang dari hub lain, yang lebih baik daripada dipenuhi di sini.",
        "This order waits for goods from another hub, which is better than to fill it here.",
    ),
    ("min_lot", "offer"): Text(
        "Tidak cukup untuk sekali kirim dengan pembeli terdekat; jumlah terkecil sendiri {lot}, "
        "yang ditawarkan {own}.",
        "Not enough for one lot with the nearest buyer; the own smallest lot is {lot}, {own} is "
        "offered.",
    ),
    ("min_lot", "need"): Text(
        "Tidak cukup untuk sekali kirim dengan penjual terdekat; jumlah terkecil sendiri {lot}, "
        "yang diminta {own}.",
        "Not enough for one lot with the nearest seller; the own smallest lot is {lot}, {own} is "
        "asked for.",
    ),
    ("outbid", "offer"): Text(
        "Pesanan yang cocok sudah terpenuhi penawaran lain yang lebih bernilai; bagian sendiri "
        "{mine}.",
        "Orders that fit went to offers worth more; {mine} is this line's own.",
    ),
    ("outbid", "need"): Text(
        "Penawaran yang cocok sudah diberikan kepada pesanan lain yang lebih bernilai; bagian "
        "sendiri {mine}.",
        "Offers that fit went to orders worth more; {mine} is this line's own.",
    ),
}
"""What a co-op reads where the exact words show figures of the other side."""


def cleared(role: Role, where: str) -> bool:
    """Whether a role reads the exact reason; inside a hub its officer serves both sides."""
    return role is Role.AUDITOR or (role is Role.OFFICER and where != "between")


def exact(found: Found, unit: Text) -> Text:
    """The reason with figures of both sides; `unit` names the base unit."""
    return text(found.reason, found.figures, unit)


def for_party(found: Found, side: Side, own: Line | None, unit: Text) -> Text:
    """The reason as the co-op of one side reads it."""
    words = PARTY.get((found.reason, side))
    if words is None or own is None:
        return _without_name(found, unit)
    return Text(
        words.id.format_map(_figures(found, own, "id", unit.id)),
        words.en.format_map(_figures(found, own, "en", unit.en)),
    )


def _without_name(found: Found, unit: Text) -> Text:
    if found.reason in NAMES_ITSELF or "with" not in found.figures:
        return exact(found, unit)
    told = (text(found.reason, {**found.figures, "with": name}, unit) for name in ANOTHER)
    return Text(next(told).id, next(told).en)


def _figures(found: Found, own: Line, language: Language, unit: str) -> dict[str, str]:
    """What the co-op knows itself, freight and days that anybody can look up, the band."""
    told = {
        "lot": amount(own.min_lot, language, unit),
        "own": amount(own.quantity, language, unit),
        "leg": rupiah(int(found.figures.get("leg", 0)), language),
        "days": str(found.figures.get("days", "")),
        "arrives_day": _day(found.figures.get("arrives_day")),
        "mine": amount(int(found.figures.get("mine", 0)), language, unit),
    }
    goods = reference.catalogue().get(own.commodity)
    if goods is not None:
        told["low"] = rupiah(goods.price_min_idr, language)
        told["high"] = rupiah(goods.price_max_idr, language)
    if isinstance(own, OfferLine):
        return told | {"floor": rupiah(own.floor, language), "offered": own.grade}
    return told | {"ceiling": rupiah(own.ceiling, language), "asked": _grades(own)}


def _grades(need: NeedLine) -> str:
    return ", ".join(sorted(need.grades)) if need.grades is not None else str(need.grade)


def _day(day: int | str | None) -> str:
    return "" if day is None else date.fromordinal(EPOCH + int(day)).isoformat()
