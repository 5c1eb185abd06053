"""Which quantity is shown: what the person chose, what the level brings, or what tells most."""

from typing import NamedTuple

from dashboard.views.curves.quantities import QUANTITIES, Default
from gridworld import Snapshot


class Preference(NamedTuple):
    """What a level shows where the person has not chosen.

    Attributes:
        level: The level.
        quantity: One of `QUANTITIES`; None for what tells most.
        lowest: Lowest return that is shown; None for no bound.
    """

    level: str = ""
    quantity: str | None = None
    lowest: float | None = None


class Choice:
    """The person's choice wins until another level brings its own.

    Attributes:
        chosen: The quantity that the person has chosen, None if nobody has.
        preference: What the level brings.
    """

    def __init__(self) -> None:
        self.chosen: str | None = None
        self.preference = Preference()
        self._default = Default()

    def choose(self, quantity: str | None) -> None:
        """Chooses a quantity; None for none.

        Raises:
            ValueError: If there is no such quantity.
        """
        _check(quantity)
        self.chosen = quantity

    def prefer(self, preference: Preference) -> bool:
        """Sets what the level brings; returns whether that is another one than before.

        Raises:
            ValueError: If there is no such quantity.
        """
        _check(preference.quantity)
        is_another = preference != self.preference
        if is_another:
            self.preference, self.chosen = preference, None
        return is_another

    def of(self, snapshot: Snapshot) -> str:
        """The quantity to be shown of a run."""
        return self.chosen or self.preference.quantity or self._default.of(snapshot)


def _check(quantity: str | None) -> None:
    if quantity is not None and quantity not in QUANTITIES:
        raise ValueError(f"quantity must be one of {', '.join(QUANTITIES)}, got {quantity!r}")
