"""Why something found no partner, in Indonesian and English.

Decides the words for every code of `streams.core.eligibility` and `streams.core.unmatched`.
Refuses to know who may read them: a full text shows figures of both sides and goes to roles
cleared for both.

A code is a public contract: once given, it keeps its meaning.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final, Literal, NamedTuple

from schemas.quantity import format_quantity

Language = Literal["id", "en"]
_EPOCH: Final = date(1970, 1, 1).toordinal()


class Text(NamedTuple):
    """One sentence in both languages; braces hold figures, formatted by their name."""

    id: str
    en: str


NO_UNIT: Final = Text("", "")

TEXTS: Final[Mapping[str, Text]] = {
    "trade": Text(
        "{commodity} tidak diperdagangkan bebas; barang kontrak hanya lewat kontrak mitra.",
        "{commodity} is not traded freely; contract goods move by a partner's contract only.",
    ),
    "commodity": Text(
        "Barangnya berbeda: ditawarkan {offered}, diminta {asked}.",
        "The goods differ: {offered} is offered, {asked} is asked for.",
    ),
    "same_coop": Text(
        "Satu-satunya pasangan adalah koperasi itu sendiri ({with}).",
        "The only partner is the same co-operative ({with}).",
    ),
    "held_back": Text(
        "Pasangan ini dijeda dulu: baru ditolak, atau usulannya belum dijawab ({with}).",
        "This pair rests: it was refused lately, or what is proposed awaits an answer ({with}).",
    ),
    "grade": Text(
        "Mutu {offered} tidak diterima; yang diterima: {asked} ({with}).",
        "Grade {offered} is not accepted; accepted: {asked} ({with}).",
    ),
    "unanswered": Text(
        "Pemiliknya ditanya apakah {commodity} masih ada dan belum menjawab; barang ini menunggu "
        "dihitung lagi.",
        "Its owner was asked whether {commodity} is still there and has not said; it waits to be "
        "counted again.",
    ),
    "count_wanted": Text(
        "Hub lain menginginkan {commodity} ini, tetapi kabarnya sudah lama. Masih ada? Hitung dan "
        "laporkan; setelah itu dicocokkan.",
        "Another hub wants this {commodity}, but word of it is old. Is it still there? Count it "
        "and say so; then it is matched.",
    ),
    "expired": Text(
        "Barang sudah kedaluwarsa sejak {expires_day} ({with}).",
        "The goods expired on {expires_day} ({with}).",
    ),
    "no_way": Text(
        "Tidak ada jalur angkutan dari {from} ke {to} ({with}).",
        "There is no way to carry goods from {from} to {to} ({with}).",
    ),
    "shelf_life": Text(
        "Perjalanan {days} hari, padahal masa simpan tersisa {left} hari mengizinkan paling lama "
        "{allowed} hari ({with}).",
        "The way takes {days} days, but {left} days of shelf life allow at most {allowed} "
        "({with}).",
    ),
    "needed_by": Text(
        "Tiba {arrives_day}, padahal dibutuhkan paling lambat {needed_by_day} ({with}).",
        "It arrives on {arrives_day}, but is needed by {needed_by_day} ({with}).",
    ),
    "price": Text(
        "Harga tertinggi {ceiling} kurang {short} dari harga terendah {floor} ditambah ongkos "
        "{leg} ({with}).",
        "The ceiling {ceiling} is {short} below the floor {floor} plus the leg {leg} ({with}).",
    ),
    "outlook": Text(
        "{spared} disisihkan untuk hub lain, tempat nilainya lebih tinggi daripada di sini.",
        "{spared} is spared for other hubs, where it is worth more than here.",
    ),
    "min_lot": Text(
        "Jumlah terkecil sekali kirim {lot}, padahal yang mungkin hanya {possible} ({with}).",
        "The smallest lot is {lot}, but only {possible} is possible ({with}).",
    ),
    "capacity": Text(
        "Angkutan dari {from} ke {to}, atau tempat pengolahannya, sudah penuh ({with}).",
        "What goes from {from} to {to}, or the mill on the way, is full ({with}).",
    ),
    "sailing": Text(
        "Kapal berikutnya dari {from} ke {to} berangkat {departs_day} dan tiba {arrives_day}: "
        "terlalu lambat ({with}).",
        "The next ship from {from} to {to} leaves on {departs_day} and arrives on {arrives_day}: "
        "too late ({with}).",
    ),
    "no_sailing": Text(
        "Tidak ada lagi kapal dari {from} ke {to} dalam jadwal ({with}).",
        "No more ships go from {from} to {to} on the calendar ({with}).",
    ),
    "permit": Text(
        "Tidak ada pasangan untuk {commodity} yang memiliki izin yang diminta.",
        "No partner for {commodity} here holds the permit that is asked for.",
    ),
    "outbid": Text(
        "Pasangan yang cocok sudah terpakai {others} oleh {rivals} pihak yang lebih bernilai; "
        "bagian sendiri {mine}.",
        "Of what fits, {others} went to {rivals} others worth more; {mine} is this line's own.",
    ),
    "sold_out": Text(
        "Semua penawaran yang cocok sudah diberikan: {mine}.",
        "All that fits has been given already: {mine}.",
    ),
    "filled": Text(
        "Semua kebutuhan yang cocok sudah terpenuhi: {mine}.",
        "All needs that fit are filled already: {mine}.",
    ),
    "no_offer": Text(
        "Tidak ada yang menawarkan {commodity}.",
        "Nobody offers {commodity}.",
    ),
    "no_need": Text(
        "Tidak ada yang membutuhkan {commodity}.",
        "Nobody needs {commodity}.",
    ),
}


def text(code: str, figures: Mapping[str, int | str], unit: Text = NO_UNIT) -> Text:
    """Put a reason into words of both languages; `unit` names the base unit behind quantities.

    KeyError for an unknown code and for a figure the text needs and does not get.
    """
    return Text(
        sentence(code, figures, "id", unit.id),
        sentence(code, figures, "en", unit.en),
    )


def sentence(
    code: str, figures: Mapping[str, int | str], language: Language, unit: str = ""
) -> str:
    """Put a reason into words of one language; as `text`."""
    template = TEXTS[code].id if language == "id" else TEXTS[code].en
    shown = {name: _show(name, value, language, unit) for name, value in figures.items()}
    return template.format_map(shown)


def rupiah(amount: int, language: Language) -> str:
    """Write money as it is written there: Rp 1.500 or Rp 1,500."""
    grouped = f"{amount:,}"
    return f"Rp {grouped.replace(',', '.') if language == 'id' else grouped}"


def amount(micro: int, language: Language, unit: str) -> str:
    """Write a quantity: 1.500,5 KGM or 1,500.5 KGM."""
    whole, point, rest = format_quantity(micro).partition(".")
    text = f"{int(whole):,}{point}{rest}"
    if language == "id":
        text = text.translate(str.maketrans(",.", ".,"))
    return f"{text} {unit}".rstrip()


def _day(value: int, _language: Language, _unit: str) -> str:
    return date.fromordinal(_EPOCH + value).isoformat()


def _money(value: int, language: Language, _unit: str) -> str:
    return rupiah(value, language)


_FORMS: Final[Mapping[str, Callable[[int, Language, str], str]]] = {
    **dict.fromkeys(("expires_day", "needed_by_day", "arrives_day", "departs_day"), _day),
    **dict.fromkeys(("ceiling", "floor", "leg", "short"), _money),
    **dict.fromkeys(("lot", "possible", "mine", "others", "spared"), amount),
}
"""How a figure is written, by its name; the others stand as they are."""


def _show(name: str, value: int | str, language: Language, unit: str) -> str:
    form = _FORMS.get(name)
    return str(value) if form is None or isinstance(value, str) else form(value, language, unit)
