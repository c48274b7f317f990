"""The constants of the simulated world: who speaks, how much is asked for, what goes wrong.

Decides nothing at run time: every share is here, named, in permille of reports unless it says
otherwise.
"""

from typing import Final

SILENT_PERMILLE: Final = (600, 800)
"""Of all co-ops, those that do not speak on a day: the normal case (drawn anew each day)."""

LATE_PERMILLE: Final = 20
"""Half said hours to days ago on a second phone, half overtaken by later ones of their own."""
DUPLICATE_PERMILLE: Final = 10
CORRECTION_PERMILLE: Final = 10
BROKEN_PERMILLE: Final = 5

LATE_MINUTES: Final = (60, 5 * 24 * 60)
"""How long ago a late report was said."""
OVERTAKEN_MS: Final = (2_000, 60_000)
"""How long a report is under way while later ones pass it, or until its duplicate comes."""

OUTLET_PERMILLE: Final = 50
"""Of what a village eats, the part its co-op orders."""
TRADE_PERMILLE: Final = 80
"""Of one maker's month, what another village of the hub orders of a local good at a time."""
LOCAL_ORDERS_PERMILLE: Final = 650
"""Of orders, those for goods that other villages of the same hub supply."""
LOAD_PERMILLE: Final = 15
"""Of orders, those for a whole load of what other hubs supply, and no less than that."""
LOAD_MONTHS: Final = 2
"""Months of one maker in a load: more than any of them has, so that several fill it."""
LOAD_KEEPS_DAYS: Final = 30
"""What spoils sooner is ordered by no load."""
LOAD_CEILING_PERMILLE: Final = (1_400, 1_900)
"""What a load may cost at its door, of the highest price where it is made."""
MILL_PERMILLE: Final = 350
"""Of paddy villages, those that mill and offer medium rice."""
MILLED_PERMILLE: Final = 270
"""Of a milling village's paddy by weight, what it offers as medium rice (half of it, at 0.53)."""

GRADES: Final = ("A", "A", "A", "B", "B", "")
"""Grades of offers; an order names B in one case of six and else takes any."""
LOTTED_PERMILLE: Final = 300
"""Of goods that keep half a year, those kept under a lot name."""
OPEN_ORDERS_MAX: Final = 6
"""A co-op with so many open orders amends or cancels one instead of placing another."""
OPENING_ORDERS: Final = (2, 4)
"""How many orders a co-op places in the opening."""

ACTS: Final = (
    ("count", 240),
    ("receive", 230),
    ("issue", 170),
    ("order", 210),
    ("amend", 50),
    ("cancel", 30),
    ("plan", 40),
    ("convert", 30),
)
"""What a sound report is about, in permille."""

ANSWER_MS: Final = (5_000, 45_000)
"""How long an officer takes to answer a proposal or a counter-offer; the wait is the demo's."""
SHIP_MS: Final = (6_000, 30_000)
RECEIVE_MS: Final = (6_000, 30_000)
PAY_MS: Final = (5_000, 30_000)
"""Likewise until goods leave, until they arrive, and until money is spoken of."""

REJECT_PERMILLE: Final = 60
"""Of answers to a proposal; both sides answer, so twice as many matches end so."""
COUNTER_PERMILLE: Final = 60
"""Of givers' answers, those that offer less."""
COUNTER_REFUSED_PERMILLE: Final = 250
SILENT_OFFICER_PERMILLE: Final = 80
"""Of answers, those that never come: such proposals expire."""
CANCEL_PERMILLE: Final = 20
PARTS_PERMILLE: Final = 200
"""Of shipments, those that leave in two parts."""
GOODS_REFUSED_PERMILLE: Final = 120
GOODS_LOST_PERMILLE: Final = 40
PAY_NEVER_PERMILLE: Final = 50
