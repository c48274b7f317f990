"""What a village says about its goods: counts, movements, plans and conversions as lines.

Decides amounts, terms and days of sound lines, and keeps the village's store (what is on hand).
Refuses to know envelopes, flaws and when a village speaks.
"""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from producers.world.amounts import Now, share, stated
from producers.world.scene import Make, Scene, Village
from schemas.commodity import Recipe
from schemas.events import Converted, Counted, Issued, Line, Planned, Portion, Received
from schemas.quantity import MICRO

_RECEIVED: Final = {"ikan": "tangkapan", "olahan": "produksi", "kriya": "produksi"}
_EXPIRES_DAYS_MAX: Final = 400
_STOCK_MONTHS: Final = 2
_OPENING_DAYS: Final = 12


def opening_stock(make: Make, now: Now) -> None:
    """Fill the store: some days' worth of the season, less of what does not keep."""
    days = min(_OPENING_DAYS, make.good.shelf_life_days)
    make.on_hand = share(make.month_micro, days * now.chance.randrange(500, 1500), 30_000)


def count(village: Village, scene: Scene, now: Now) -> list[Line]:
    """Count up to five positions."""
    del scene
    chosen = now.chance.sample(village.makes, min(len(village.makes), now.chance.randrange(1, 6)))
    return [counted(make, now) for make in chosen]


def counted(make: Make, now: Now) -> Line:
    """Count one position, with the terms it is offered on."""
    quantity, unit = stated(make.good, make.on_hand)
    life = make.good.shelf_life_days
    return Counted(
        commodity=make.good.code,
        quantity=quantity,
        unit=unit,
        grade=make.grade,
        lot=make.lot,
        floor_price=str(make.floor) if make.floor else "",
        expires_on=now.day + timedelta(days=life) if life <= _EXPIRES_DAYS_MAX else None,
    )


def receive(village: Village, scene: Scene, now: Now) -> list[Line]:
    """Bring in a few days' production by the season; sell instead when the store is full."""
    make = now.chance.choice(village.makes)
    if make.on_hand > _STOCK_MONTHS * make.month_micro:
        return issue(village, scene, now)
    year = make.month_micro * 12
    month = year * make.season[now.day.month - 1] // MICRO
    micro = share(month, now.chance.randrange(300, 3000), 30_000)
    if not micro:
        return count(village, scene, now)
    make.on_hand += micro
    village.movements.append((now.device, now.sequence, 1, make, micro))
    quantity, unit = stated(make.good, micro)
    reason = _RECEIVED.get(make.good.group, "panen")
    return [
        Received(
            commodity=make.good.code,
            quantity=quantity,
            unit=unit,
            grade=make.grade,
            lot=make.lot,
            reason=reason,
        )
    ]


def issue(village: Village, scene: Scene, now: Now) -> list[Line]:
    """Sell or eat some of one good."""
    held = [make for make in village.makes if make.on_hand >= 2 * MICRO]
    if not held:
        return count(village, scene, now)
    make = now.chance.choice(held)
    micro = share(make.on_hand, now.chance.randrange(30, 300), 1000) or MICRO
    make.on_hand -= micro
    village.movements.append((now.device, now.sequence, 1, make, -micro))
    quantity, unit = stated(make.good, micro)
    reason = now.chance.choice(("penjualan", "gerai", "susut"))
    return [
        Issued(
            commodity=make.good.code,
            quantity=quantity,
            unit=unit,
            grade=make.grade,
            lot=make.lot,
            reason=reason,
        )
    ]


def plan(village: Village, scene: Scene, now: Now) -> list[Line]:
    """Announce a harvest one to eight weeks ahead."""
    del scene
    make = now.chance.choice(village.makes)
    quantity, unit = stated(
        make.good, share(make.month_micro, now.chance.randrange(200, 900), 1000)
    )
    ready = now.day + timedelta(days=now.chance.randrange(7, 57))
    return [Planned(commodity=make.good.code, quantity=quantity, unit=unit, ready_on=ready)]


def convert(village: Village, scene: Scene, now: Now) -> list[Line]:
    """Dry, mill, press: carry out a recipe on some of what is on hand, if there is one for it."""
    ways = [
        (make, recipe)
        for make in village.makes
        if make.on_hand >= 10 * MICRO
        for recipe in scene.recipes
        if recipe.input == make.good.code
    ]
    if not ways:
        return receive(village, scene, now)
    make, recipe = now.chance.choice(ways)
    micro = share(make.on_hand, now.chance.randrange(100, 500), 1000)
    outputs = _made(village, scene, recipe, micro)
    if not outputs:
        return receive(village, scene, now)
    make.on_hand -= micro
    quantity, unit = stated(make.good, micro)
    source = Portion(
        commodity=make.good.code, quantity=quantity, unit=unit, grade=make.grade, lot=make.lot
    )
    return [Converted(recipe=recipe.code, inputs=[source], outputs=outputs)]


def _made(village: Village, scene: Scene, recipe: Recipe, micro: int) -> list[Portion]:
    """Give what a recipe makes, in whole units; what the village offers goes to its store."""
    outputs = []
    for product in recipe.products:
        good = scene.free(product.commodity)
        made = product.made_from(micro) // MICRO * MICRO
        if good is None or not made:
            continue
        store = next((m for m in village.makes if m.good.code == good.code), None)
        if store is not None:
            store.on_hand += made
        quantity, unit = stated(good, made)
        grade, lot = (store.grade, store.lot) if store else ("", "")
        outputs.append(
            Portion(commodity=good.code, quantity=quantity, unit=unit, grade=grade, lot=lot)
        )
    return outputs


STORES: Final[dict[str, Callable[[Village, Scene, Now], Sequence[Line]]]] = {
    "count": count,
    "receive": receive,
    "issue": issue,
    "plan": plan,
    "convert": convert,
}
"""By the names of `shares.ACTS`."""
