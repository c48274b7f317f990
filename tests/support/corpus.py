"""The corpus of bad input: every named case, by category, with the verdict that is promised."""

from collections.abc import Callable, Iterator

from tests.support import (
    corpus_amounts,
    corpus_bodies,
    corpus_codes,
    corpus_identity,
    corpus_numbers,
    corpus_structure,
    corpus_syntax,
    corpus_text,
    corpus_time,
)
from tests.support.case import Case

CATEGORIES: dict[str, tuple[Callable[[], Iterator[Case]], ...]] = {
    "syntax": (corpus_syntax.syntax,),
    "bombs": (corpus_syntax.bombs,),
    "numbers": (
        corpus_numbers.literals,
        corpus_numbers.quantities,
        corpus_numbers.prices,
        corpus_numbers.whole_numbers,
    ),
    "sizes": (corpus_amounts.sizes,),
    "units": (corpus_amounts.units,),
    "text": (corpus_text.texts,),
    "injection": (corpus_text.injections,),
    "codes": (corpus_codes.goods, corpus_codes.recipes, corpus_codes.places),
    "time": (corpus_time.moments, corpus_time.clocks, corpus_time.days),
    "identity": (
        corpus_identity.speakers,
        corpus_identity.repairs,
        corpus_identity.hubs,
        corpus_identity.clock,
    ),
    "structure": (
        corpus_structure.twice,
        corpus_structure.unknown,
        corpus_structure.absent,
        corpus_structure.types,
        corpus_structure.versions,
        corpus_structure.counts,
    ),
    "bodies": (
        corpus_bodies.profiles,
        corpus_bodies.sayings,
        corpus_bodies.decisions,
        corpus_bodies.contracts,
    ),
}
BY_CATEGORY = {
    name: tuple(case for builder in builders for case in builder())
    for name, builders in CATEGORIES.items()
}
CASES = tuple(case for cases in BY_CATEGORY.values() for case in cases)
