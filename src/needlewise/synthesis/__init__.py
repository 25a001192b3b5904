"""A network to what its trials say together: `Effects` of a topic, or a `Fit` of any `Trials`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

from needlewise.evidence import Network
from needlewise.synthesis.effects import Effects
from needlewise.synthesis.synthesise import synthesise as _of_topic

if TYPE_CHECKING:
    from needlewise.evidence.tables import Trials
    from needlewise.synthesis.nma import Fit

__all__ = ["Effects", "synthesise"]


@overload
def synthesise(network: Network, *arguments: Any, **options: Any) -> Effects: ...
@overload
def synthesise(network: Trials, *arguments: Any, **options: Any) -> Fit: ...
def synthesise(network: Network | Trials, *arguments: Any, **options: Any) -> Effects | Fit:
    """What the trials of a network say together.

    Args:
        network: of a topic (`build_network`), with the options of `synthesise.synthesise`; or any
            trials (`read_network`), with those of `nma.fit`.

    Raises InputError as these do.
    """
    if isinstance(network, Network):
        return _of_topic(network, *arguments, **options)
    from needlewise.synthesis.nma import fit

    return fit(network, *arguments, **options)
