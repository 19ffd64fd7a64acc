"""Numbers of the reader as an Arrow column of the landing: decimal(24,6), rounded from their exact binary value."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from zonehouse.intake.cells import kept_number
from zonehouse.intake.schema import NUMBER

Floats = npt.NDArray[np.float64]

_MILLION = 1_000_000
_LARGEST = 9e12  # its millionths fit 64 bits
_SURE_DIGITS = 9  # before the point: a float holds six more exactly enough


def decimals(values: Sequence[float | str | None] | Floats) -> pa.Array:
    """A column of decimal(24,6) as ``kept_number`` makes each of them; None stays null.

    Millionths are counted in floats, a thousand times as fast; what lies too near to a half to be sure of is counted
    from the exact value. A text of few digits is the float that it reads as.
    """
    if not isinstance(values, np.ndarray):
        kinds = set(map(type, values))
        if str in kinds and max(len(value.partition(".")[0]) for value in values if type(value) is str) > _SURE_DIGITS:
            return _one_by_one(values)
        if not kinds <= {float, int, str, type(None)}:
            return _one_by_one(values)
    numbers = np.asarray(values, dtype=np.float64)
    given = ~np.isnan(numbers)
    numbers = np.where(given, numbers, 0.0)
    if (np.abs(numbers) > _LARGEST).any():
        return _one_by_one(values.tolist() if isinstance(values, np.ndarray) else values)
    product = numbers * _MILLION
    count = np.rint(product)
    millionths = count.astype(np.int64)
    integral = numbers == np.rint(numbers)
    millionths[integral] = numbers[integral].astype(np.int64) * _MILLION
    # The product may be off by half a unit in its last place: by less than |product| / 2**52.
    unsure = ~integral & (np.abs(np.abs(product - count) - 0.5) <= np.abs(product) * 2.0**-51)
    for at in np.flatnonzero(unsure):
        millionths[at] = int(kept_number(float(numbers[at])).scaleb(6))
    words = np.ascontiguousarray(np.column_stack((millionths, millionths >> 63)))
    valid = None if given.all() else pa.py_buffer(np.packbits(given, bitorder="little"))
    return pa.Array.from_buffers(NUMBER, len(millionths), [valid, pa.py_buffer(words)])


def _one_by_one(values: Sequence[float | str | None]) -> pa.Array:
    return pa.array([None if value is None else kept_number(value) for value in values], NUMBER)
