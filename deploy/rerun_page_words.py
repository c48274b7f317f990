"""The words of an audit's page, in both languages; no others are shown."""

from collections.abc import Mapping
from typing import Final

Words = Mapping[str, Mapping[str, str]]

LABELS: Final[Words] = {
    "id": {
        "title": "Putaran dihitung ulang untuk kecocokan",
        "hubs": "Hub",
        "goods": "Barang",
        "round": "Putaran",
        "began": "Dimulai",
        "read": "Log yang dibaca",
        "lines": "Dalam putaran itu",
        "worth": "Nilai jawaban",
        "money": "Selisih uang",
        "gap": "Sertifikat",
        "then": "Saat dicocokkan",
        "now": "Sekarang",
        "changed": "Berubah sejak itu",
        "verdict": "PUTUSAN",
    },
    "en": {
        "title": "The round, run again, of match",
        "hubs": "Hubs",
        "goods": "Goods",
        "round": "Round",
        "began": "Began",
        "read": "Log that was read",
        "lines": "In that round",
        "worth": "Worth of the answer",
        "money": "Surplus in money",
        "gap": "Certificate",
        "then": "When it was made",
        "now": "Now",
        "changed": "Changed since",
        "verdict": "VERDICT",
    },
}
SENTENCES: Final[Words] = {
    "id": {
        "hubs": "{from_hub} -> {to_hub} (tingkat {tier})",
        "goods": "{commodity} -> {to_commodity}, keluarga {family}; {from_coop} -> {to_coop}",
        "round": "tick {tick}, sidik {digest}",
        "began": "{at} (UTC), catatan nomor {offset}",
        "read": "{topic}, partisi {partition}, nomor {first} sampai {last}: {records} catatan",
        "lines": "{offers} penawaran, {needs} kebutuhan, {matches} kecocokan",
        "worth": "pencocok Rp{told_worth}; pemecah kedua Rp{second_worth}, "
        "paling tinggi Rp{second_bound} (bonus ikut dihitung)",
        "money": "Rp{objective}; butir, gram utuh menguranginya Rp{rounding}",
        "gap": "celah menurut pencocok Rp{gap}; menurut harga pemecah kedua Rp{second_gap}",
        "then": "{given} {unit} (tiba {quantity} {to_unit}); penjual menerima Rp{price}, angkutan "
        "Rp{leg_cost}, pembeli membayar Rp{buyer_price} per {to_unit}; {days} hari",
        "now": "{state}; {quantity} {unit}; Rp{price} + angkutan Rp{leg_cost} ({leg_mode}, "
        "{leg_days} hari); dikirim {shipped_quantity}, diterima {received_quantity}, "
        "ditolak {refused_quantity}; pembayaran {payment}",
        "change": "{field}: {then} -> {now}",
        "differs": "{field}: menurut log {log}, yang dikatakan {told}",
    },
    "en": {
        "hubs": "{from_hub} -> {to_hub} (tier {tier})",
        "goods": "{commodity} -> {to_commodity}, family {family}; {from_coop} -> {to_coop}",
        "round": "tick {tick}, digest {digest}",
        "began": "{at} (UTC), record {offset}",
        "read": "{topic}, partition {partition}, offsets {first} to {last}: {records} records",
        "lines": "{offers} offers, {needs} needs, {matches} matches",
        "worth": "the matcher's Rp{told_worth}; the second solver's Rp{second_worth}, "
        "none above Rp{second_bound} (bonuses counted)",
        "money": "Rp{objective}; whole pieces and grams take Rp{rounding} off it",
        "gap": "gap by the matcher Rp{gap}; by the second solver's prices Rp{second_gap}",
        "then": "{given} {unit} ({quantity} {to_unit} arrive); the seller nets Rp{price}, the way "
        "costs Rp{leg_cost}, the buyer pays Rp{buyer_price} per {to_unit}; {days} days",
        "now": "{state}; {quantity} {unit}; Rp{price} + way Rp{leg_cost} ({leg_mode}, "
        "{leg_days} days); shipped {shipped_quantity}, received {received_quantity}, "
        "refused {refused_quantity}; payment {payment}",
        "change": "{field}: {then} -> {now}",
        "differs": "{field}: the log gives {log}, what was told is {told}",
    },
}
VERDICTS: Final[Words] = {
    "id": {
        "confirmed": "COCOK. Log memberi kecocokan ini, dan pemecah kedua membuktikan jawaban "
        "putaran itu yang terbaik (celah 0).",
        "as_told": "SESUAI. Log memberi kecocokan ini; putaran itu dikatakan belum terbukti "
        "terbaik, dan pemecah kedua tidak menemukan apa pun di luar celah yang disebut padanya, "
        "bila celah itu diketahui.",
        "undecided": "BELUM TERBUKTI. Log memberi kecocokan ini, tetapi pemecah kedua tidak "
        "sampai membuktikan bahwa tidak ada yang lebih baik.",
        "differs": "BERBEDA. Yang ditemukan tidak sama dengan yang dikatakan:",
    },
    "en": {
        "confirmed": "CONFIRMED. The log gives this match, and a second solver proves the round's "
        "answer the best (gap 0).",
        "as_told": "AS TOLD. The log gives this match; its round was told as not proven best, and "
        "a second solver finds nothing beyond the gap that was told with it, where one was known.",
        "undecided": "UNDECIDED. The log gives this match, but the second solver could not prove "
        "that nothing is better.",
        "differs": "DIFFERS. What was found is not what was told:",
    },
}
FAULTS: Final[Words] = {
    "id": {
        "no_match": "log tidak memberi kecocokan ini",
        "no_round": "tidak ada putaran dengan sidik itu di log: log, tabel rujukan, setelan atau "
        "versi Lumbung bukan yang dulu",
        "not_in_round": "kecocokan ini tidak ada dalam jawaban putarannya",
        "stranger": "{0} dengan {1}: bukan baris putaran itu",
        "lot": "{0} dengan {1}: kurang dari jumlah terkecil",
        "may_not": "{0} dengan {1}: tidak boleh bertemu, atau tidak lewat jalan itu",
        "made": "{0} dengan {1}: hasil olahan lebih dari bahannya",
        "price": "{0} dengan {1}: di bawah harga terendah atau di atas harga tertinggi",
        "above_offer": "{0}: diberikan lebih dari yang ada",
        "above_need": "{0}: diterima lebih dari yang diminta",
        "room": "jalan atau pengolahan melebihi muatannya",
        "objective": "selisih uang putaran itu Rp{0}, yang dikatakan Rp{1}",
        "better": "pemecah kedua menemukan jawaban yang Rp{0} lebih baik; celah yang dikatakan "
        "Rp{1}",
    },
    "en": {
        "no_match": "the log does not give this match",
        "no_round": "no round of that digest is in the log: the log, the reference tables, the "
        "settings or the version of Lumbung are not those of then",
        "not_in_round": "this match is not in its round's answer",
        "stranger": "{0} with {1}: no lines of that round",
        "lot": "{0} with {1}: less than the smallest lot",
        "may_not": "{0} with {1}: may not meet, or not by that way",
        "made": "{0} with {1}: more is made than goes in",
        "price": "{0} with {1}: below the floor or above the ceiling",
        "above_offer": "{0}: more is given than there is",
        "above_need": "{0}: more is received than was asked for",
        "room": "a leg or a mill holds more than it can",
        "objective": "the round's surplus in money is Rp{0}, told was Rp{1}",
        "better": "a second solver finds an answer that is Rp{0} better; the gap told was Rp{1}",
    },
}


def in_language(words: Words, language: str) -> Mapping[str, str]:
    """The words of a language; English where it is not known."""
    return words.get(language, words["en"])
