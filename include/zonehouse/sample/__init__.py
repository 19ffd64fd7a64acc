"""The sample province: synthetic workbooks as enterprises would send them, calibrated to a specification's totals.

Nothing of the pipeline imports this package.
"""

from zonehouse.sample.generate import DEFAULT_SEED, Delivery, SampleReport, generate
from zonehouse.sample.province import Province, ProvinceError, load_province

__all__ = ["DEFAULT_SEED", "Delivery", "Province", "ProvinceError", "SampleReport", "generate", "load_province"]
