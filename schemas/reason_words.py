"""Decides how each reason is told to a person: in Indonesian and in English.

One table for every place that shows a reason; the page for clerks says the same, as a test sees.
"""

from collections.abc import Mapping
from typing import Final

from schemas.errors import Reason

REASON_WORDS: Final[Mapping[Reason, tuple[str, str]]] = {
    Reason.EMPTY_VALUE: ("laporan kosong", "nothing in it"),
    Reason.TOO_LARGE: ("lebih dari 64 KiB; bagi menjadi beberapa laporan", "over 64 KiB"),
    Reason.NOT_UTF8: ("huruf rusak: bukan UTF-8", "not UTF-8"),
    Reason.JSON_MALFORMED: ("bentuknya rusak atau terpotong", "broken or cut off"),
    Reason.TOO_DEEP: ("bertumpuk terlalu dalam", "nested too deep"),
    Reason.DUPLICATE_KEY: ("satu kolom disebut dua kali", "a field said twice"),
    Reason.UNKNOWN_FIELD: (
        "ada kolom yang tidak dikenal, mungkin salah ketik",
        "a field nobody knows",
    ),
    Reason.MISSING_FIELD: ("ada kolom wajib yang tidak diisi", "a field is missing"),
    Reason.WRONG_TYPE: ("isi kolom bukan jenis yang diminta", "another type is needed"),
    Reason.UNKNOWN_SPECVERSION: ("versi amplop tidak dikenal", "unknown envelope version"),
    Reason.UNKNOWN_TYPE: ("jenis laporan tidak dikenal", "unknown type"),
    Reason.ID_MISMATCH: ("nomor laporan tidak cocok dengan isinya", "id and body differ"),
    Reason.SOURCE_MISMATCH: ("pengirim tidak cocok dengan isinya", "source and body differ"),
    Reason.KEY_MISMATCH: (
        "kunci rekaman bukan milik pengirim ini",
        "the record's key is another's",
    ),
    Reason.WRONG_PARTITION: ("dikirim ke tempat hub lain", "sent to another hub's partition"),
    Reason.COOP_MALFORMED: ("kode koperasi salah bentuk", "the code has not the right form"),
    Reason.UNKNOWN_COOP: ("tidak ada desa dengan kode itu", "no such village"),
    Reason.DEVICE_MALFORMED: ("nama alat salah bentuk", "device name has not the right form"),
    Reason.SEQUENCE_OUT_OF_RANGE: ("nomor urut di luar batas", "number out of range"),
    Reason.SEQUENCE_TOO_FAR: ("nomor urut melompat terlalu jauh", "number jumps too far"),
    Reason.SEQUENCE_REUSED: (
        "nomor urut sudah dipakai untuk isi lain",
        "number used for other content",
    ),
    Reason.TIME_MALFORMED: ("waktu salah bentuk atau tanpa zona", "time without its offset"),
    Reason.TIME_IN_FUTURE: (
        "waktu lebih dari 10 menit di depan; periksa jam alat",
        "over 10 minutes ahead",
    ),
    Reason.TIME_TOO_OLD: ("waktu lebih dari 400 hari yang lalu", "over 400 days ago"),
    Reason.NO_LINES: ("tidak ada baris", "no line"),
    Reason.TOO_MANY_LINES: ("lebih dari 200 baris", "over 200 lines"),
    Reason.UNKNOWN_KIND: ("jenis baris tidak dikenal", "unknown kind of line"),
    Reason.TEXT_MALFORMED: (
        "teks memuat tanda yang tidak boleh, atau terlalu panjang",
        "text not allowed or too long",
    ),
    Reason.UNKNOWN_COMMODITY: (
        "komoditas tidak dikenal; pakai kodenya",
        "goods unknown; use their code",
    ),
    Reason.UNKNOWN_GRADE: ("mutu tidak dikenal untuk barang ini", "grade unknown for these goods"),
    Reason.UNKNOWN_UNIT: (
        "satuan tidak dikenal atau tidak pasti untuk barang ini",
        "unit unknown or not certain",
    ),
    Reason.UNKNOWN_RECIPE: ("resep olahan tidak dikenal", "unknown recipe"),
    Reason.RECIPE_MISMATCH: ("bahan atau hasil tidak sesuai resep", "goods do not fit the recipe"),
    Reason.LOT_MALFORMED: ("nama lot salah bentuk", "lot has not the right form"),
    Reason.ORDER_MALFORMED: ("nomor pesanan salah bentuk", "order number has not the right form"),
    Reason.QUANTITY_MALFORMED: ("jumlah salah tulis", "not a decimal amount"),
    Reason.QUANTITY_NEGATIVE: ("jumlah minus", "below zero"),
    Reason.QUANTITY_ZERO: ("jumlah nol", "zero"),
    Reason.QUANTITY_OUT_OF_RANGE: ("jumlah terlalu besar", "too large"),
    Reason.PRICE_MALFORMED: ("harga bukan rupiah bulat", "not whole rupiah"),
    Reason.PRICE_OUT_OF_RANGE: ("harga terlalu besar", "too large"),
    Reason.DATE_MALFORMED: ("tanggal salah tulis", "not a date"),
    Reason.DATE_OUT_OF_RANGE: ("tanggal di luar batas, atau akhir sebelum awal", "out of range"),
    Reason.PRIORITY_UNKNOWN: ("prioritas tidak dikenal", "unknown priority"),
    Reason.MARKET_UNKNOWN: ("pasar tidak dikenal", "unknown market"),
    Reason.REVISION_OUT_OF_RANGE: ("nomor perubahan di luar batas", "revision out of range"),
    Reason.AMENDS_NOTHING: ("perubahan tanpa isi", "an amendment of nothing"),
    Reason.VOID_MALFORMED: (
        "baris yang ditarik disebut dengan bentuk salah",
        "target has not the right form",
    ),
    Reason.VOID_OF_ANOTHER: ("menarik atau memperbaiki milik koperasi lain", "another co-op's"),
    Reason.VOID_TOO_LATE: ("lebih dari 30 hari, tidak bisa ditarik lagi", "over 30 days"),
    Reason.COUNT_TOO_LATE: (
        "hitungan terlalu lama untuk dihitung kembali",
        "count too old to be folded",
    ),
    Reason.STATE_TOO_LARGE: (
        "terlalu banyak alat, barang, rencana atau pesanan terbuka",
        "too many of something",
    ),
    Reason.ALREADY_REPAIRED: (
        "surat bermasalah itu sudah diperbaiki oleh laporan lain",
        "another report has mended it already",
    ),
    Reason.GAP_MALFORMED: ("rentang nomor yang dilepas salah", "range of numbers is wrong"),
    Reason.DECISION_UNKNOWN: ("keputusan tidak dikenal", "unknown decision"),
    Reason.UNKNOWN_MATCH: ("tidak ada kecocokan dengan nomor itu", "no such match"),
    Reason.NOT_A_PARTY: ("bukan pihak dalam kecocokan ini", "not a party to the match"),
    Reason.NO_MANDATE: ("hub tidak punya kuasa dari koperasi itu", "no mandate for that day"),
    Reason.ILLEGAL_TRANSITION: (
        "keputusan itu tidak mungkin pada tahap ini",
        "not possible in this state",
    ),
    Reason.STOCK_GONE: ("barangnya sudah tidak cukup", "goods are no longer all there"),
    Reason.WRONG_SIDE: (
        "keputusan ini milik pihak lain (pemberi atau penerima)",
        "this is for the other side to say",
    ),
    Reason.MATCH_IS_DRAFT: (
        "usulan belum dibekukan, masih bisa berubah",
        "still a draft that may change",
    ),
    Reason.ALREADY_PROPOSED: ("sudah diusulkan", "proposed already"),
    Reason.NOT_ACCEPTED: ("belum disetujui kedua pihak", "not accepted by both sides yet"),
    Reason.ALREADY_ACCEPTED: ("sudah disetujui", "accepted already"),
    Reason.NOT_SHIPPED: ("barangnya belum dikirim", "nothing has been shipped yet"),
    Reason.ALREADY_SHIPPED: ("barangnya sudah dikirim", "shipped already"),
    Reason.NOT_RECEIVED: ("barangnya belum diterima seluruhnya", "not all is accounted for yet"),
    Reason.ALREADY_RECEIVED: ("barangnya sudah diterima", "received already"),
    Reason.NOTHING_TO_PAY: (
        "tidak ada yang diterima, tidak ada yang dibayar",
        "nothing was received, so nothing is owed",
    ),
    Reason.ALREADY_CLAIMED: (
        "pembayaran sudah dinyatakan, menunggu konfirmasi pemberi",
        "payment has been stated; the giver confirms it",
    ),
    Reason.MATCH_PAID: ("sudah lunas", "paid and closed"),
    Reason.MATCH_REJECTED: ("sudah ditolak", "was rejected"),
    Reason.MATCH_EXPIRED: ("sudah lewat waktunya", "has expired"),
    Reason.MATCH_SUPERSEDED: ("sudah diganti usulan lain", "was superseded"),
    Reason.MATCH_CANCELLED: ("sudah dibatalkan", "was cancelled"),
    Reason.MATCH_NO_SHOW: (
        "barangnya tidak pernah dikirim, sudah ditutup",
        "closed, nothing was ever shipped",
    ),
    Reason.MATCH_OPENED: (
        "sedang dibuka petugas, tunggu 30 menit",
        "an officer has it open, wait 30 minutes",
    ),
    Reason.MATCH_HELD: ("satu pihak sudah setuju", "a side has said yes"),
    Reason.COUNTERED_TOO_OFTEN: ("sudah tiga kali ditawar", "countered three times already"),
    Reason.COUNTER_CHANGES_NOTHING: (
        "tawaran balik sama dengan yang ada",
        "the counter-offer changes nothing",
    ),
    Reason.ABOVE_HOLD: (
        "melebihi barang yang ditahan untuk usulan ini",
        "more than is held for it",
    ),
    Reason.ABOVE_MATCH: (
        "melebihi jumlah yang disepakati atau dikirim",
        "more than was agreed or shipped",
    ),
    Reason.STOCK_STALE: (
        "kabar stoknya sudah lama: hitung dulu, masih ada?",
        "word of the stock is old: count it first",
    ),
    Reason.TOO_EARLY: ("belum waktunya", "not due yet"),
    Reason.TICK_MALFORMED: ("detak jam salah bentuk", "a clock record is broken"),
}
