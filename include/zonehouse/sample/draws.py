"""Deterministic drawing: every draw has its own generator, named by what is drawn.

So a figure does not depend on which other figures were drawn before it, and a later month continues the same history.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from datetime import date

from zonehouse.periods import Month


def draw(seed: int, *name: object) -> random.Random:
    """A generator for one thing: the same seed and name give the same draws on every machine."""
    return random.Random("|".join(map(str, (seed, *name))))  # noqa: S311 - invented figures, no secret


def spread(generator: random.Random, sigma: float) -> float:
    """A factor around 1: lognormal, cut at two sigma so that no enterprise is grotesque."""
    return math.exp(max(-2.0, min(2.0, generator.gauss(0, 1))) * sigma)


def pick_some(generator: random.Random, weights: Mapping[str, float], count: int) -> dict[str, float]:
    """``count`` different keys (fewer when there are fewer), by weight, with shares that sum to 1."""
    left = dict(weights)
    chosen: dict[str, float] = {}
    while left and len(chosen) < count:
        key = generator.choices(list(left), list(left.values()))[0]
        chosen[key] = left.pop(key) * spread(generator, 0.3)
    total = sum(chosen.values())
    return {key: share / total for key, share in chosen.items()}


def day_in(generator: random.Random, first: Month, last: Month) -> date:
    """A day of a month between ``first`` and ``last``; never after the 28th."""
    month = first + generator.randint(0, last - first)
    return date(month.year, month.number, generator.randint(2, 28))


def largest_first(items: Sequence[tuple[str, float]]) -> list[str]:
    """Keys by falling value, ties by key."""
    return [key for key, _ in sorted(items, key=lambda item: (-item[1], item[0]))]
