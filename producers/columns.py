"""What people write above a column: headers in Indonesian and English to the fields they mean.

Decides which header words are known. Refuses to know what stands below them.
"""

import re
from collections.abc import Sequence
from typing import Final

HEADERS: Final = {
    word: field
    for field, words in {
        "coop": "koperasi, kode koperasi, kode desa, coop, cooperative, village",
        "commodity": "komoditas, barang, nama barang, kode komoditas, commodity, goods",
        "quantity": "jumlah, banyak, qty, quantity, amount",
        "unit": "satuan, unit, uom",
        "grade": "mutu, kelas, grade, quality",
        "lot": "lot, batch",
        "floor_price": "harga minimal, harga minimum, harga terendah, harga, floor price, price",
        "expires_on": "kedaluwarsa, kadaluarsa, kadaluwarsa, expires on, expiry, expires",
        "kind": "jenis, kind, type",
        "time": "tanggal, waktu, time, date",
        "ceiling_price": "batas harga, harga maksimal, harga tertinggi, ceiling price, max price",
        "needed_by": "butuh sebelum, dibutuhkan sebelum, needed by",
        "order": "pesanan, nomor pesanan, no pesanan, order",
        "ready_on": "siap pada, tanggal siap, panen pada, ready on",
        "priority": "prioritas, priority",
        "reason": "keterangan, alasan, reason, note",
    }.items()
    for word in words.split(", ")
}
"""Header words, lower case, one space between (`harga_minimal` and `Harga Minimal` are one)."""

NEEDED: Final = ("commodity",)


def field_of(header: object) -> str | None:
    """Give the field a header means; None for an unknown one."""
    return HEADERS.get(" ".join(re.findall(r"[a-z]+", str(header or "").lower())))


def known_in(headers: Sequence[object]) -> int:
    """Count the known headers of a row: how a table's separator and first row are found."""
    return sum(field_of(header) is not None for header in headers)
