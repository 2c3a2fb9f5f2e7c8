"""What an instance of online bin packing is."""

from dataclasses import dataclass

from problems.base import Json


@dataclass(frozen=True, slots=True, kw_only=True)
class ObpInstance:
    """Items in the order of their arrival; all bins are equal.

    Attributes
    ----------
    id
        Says how the instance was generated: ``weibull1000-s2000``.
    group
        Distribution and number of items: ``weibull1000``.
    capacity
        Of every bin, in the unit of the sizes.
    items
        Sizes, each from 1 to ``capacity``.
    """

    id: str
    group: str
    capacity: int
    items: tuple[int, ...]

    @property
    def n(self) -> int:
        """Number of items."""
        return len(self.items)


def encode(instance: ObpInstance) -> Json:
    """Give the driver capacity and items: neither the name nor the split."""
    return {"capacity": instance.capacity, "items": list(instance.items)}
