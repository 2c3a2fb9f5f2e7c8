"""Published excess of the rules over L1.

B. Romera-Paredes et al., Mathematical discoveries from program search with large
language models, Nature 625 (2024) 468-475; FunSearch's rules crossed over were measured
with the published programs.
"""

from types import MappingProxyType

from problems.base import Measure, Published
from problems.obp.instances import or3_like
from problems.obp.model import ObpInstance
from problems.obp.reference import size_bound

PUBLISHED: tuple[Published[ObpInstance], ...] = (
    Published(
        name="OR3",
        instances=or3_like,
        target=size_bound,
        measure=Measure.AGGREGATE,
        percent=MappingProxyType(
            {
                "first_fit": 5.74,
                "best_fit": 5.37,
                "funsearch_or": 3.11,
                "funsearch_weibull": 12.77,
            }
        ),
        doc=(
            "200 instances of the distribution of OR-Library's binpack3; published: "
            "its 20 (Nature 625, 2024); mean bins over mean L1, less 1"
        ),
    ),
    Published(
        name="Weibull 5k",
        instances=None,
        file="binpack/Weibull_5k.json",
        target=size_bound,
        measure=Measure.AGGREGATE,
        percent=MappingProxyType(
            {
                "first_fit": 4.23,
                "first_fit_bins": 4.23,
                "best_fit": 3.98,
                "best_fit_bins": 3.98,
                "funsearch_or": 3.03,
                "funsearch_weibull": 0.68,
            }
        ),
        doc=(
            "the published 5 instances of 5000 items (DeepMind 2023, CC BY 4.0; Nature "
            "625, 2024); mean bins over mean L1, less 1"
        ),
    ),
)
