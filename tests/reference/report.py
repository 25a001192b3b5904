"""Prints the dense reference: rows fed in, posteriors, and how near each reading comes to the
figures expected in the methods. From the root: `python -m tests.reference.report [rows|table]`.
"""

from __future__ import annotations

import sys
from itertools import product
from typing import Any

import numpy as np

from . import senn
from .dense import posterior, supported, tau
from .rows import Choices, arm_values, studies_used

Key = tuple[str, int]
ACUPUNCTURE, DRY = "acupuncture - usual-care", "dry-needling - usual-care"
AGAINST_SHAM, DIFFERENCE = "acupuncture - sham-penetrating", "dry-needling - acupuncture"
EXPECTED: dict[str, dict[Key, tuple[float, float, float]]] = {
    "default": {
        (ACUPUNCTURE, 6): (-15, -21, -9),
        (ACUPUNCTURE, 13): (-15, -21, -9),
        (ACUPUNCTURE, 52): (-10, -18, -3),
        (AGAINST_SHAM, 6): (-5.5, -11, 0),
        (AGAINST_SHAM, 13): (-6.6, -12, -1),
        (AGAINST_SHAM, 52): (-5.3, -13, 3),
        (DRY, 6): (-18, -30, -5),
        ("dry-needling - sham-penetrating", 6): (-8, -21, 4),
        (DIFFERENCE, 6): (-3, -16, 10),
        ("no-treatment - usual-care", 6): (3, -4, 11),
    },
    "all": {
        (ACUPUNCTURE, 6): (-16, -22, -10),
        (ACUPUNCTURE, 13): (-16, -22, -10),
        (ACUPUNCTURE, 52): (-11, -19, -3),
        (DRY, 6): (-14, -23, -5),
        (DRY, 13): (-15, -27, -4),
        (DIFFERENCE, 6): (2, -8, 12),
        (DIFFERENCE, 13): (0, -12, 12),
    },
}
EXPECTED_TAU = {"default": 3.9, "all": 4.5}
NETWORKS = ("default", "all")
READINGS: dict[str, tuple[Any, ...]] = {
    "waiting": ("level", "drift"),
    "weeks": ("all", "latest"),
    "within_group": ("own", "add"),
    "t_quantiles": (True, False),
    "derived_p": (1.25, 1.0),
}


def distances(network: str, **variant: Any) -> list[float]:
    """|ours - expected| over every mean and limit that the methods print, in points."""
    ours = posterior("pain", network, **variant)
    return [
        abs(getattr(ours[key], part) - figure)
        for key, figures in EXPECTED[network].items()
        for part, figure in zip(("mean", "q025", "q975"), figures, strict=True)
    ]


def print_rows(outcome: str) -> None:
    """One line an arm and week, as fed to the model; * marks the default network's trials."""
    default = set(studies_used(outcome, "default"))
    print(f"\n{outcome}: value (higher is worse; up to a constant in a week), error variance")
    for v in arm_values(outcome, "all", Choices()):
        mark = "*" if v.study in default else " "
        parts = " + ".join(v.parts)
        print(f"{mark} {v.study:18} w{v.week:<4g} {parts:48} {v.mean:9.3f} {v.variance:9.4f}")


def print_posterior(outcome: str, network: str, **variant: Any) -> None:
    status = supported(outcome, network, **variant)
    print(f"\n{outcome}, {network}, {variant or 'as the methods say'}")
    print("  tau", {key: round(x, 4) for key, x in tau(outcome, network, **variant).items()})
    digits = 2 if outcome == "pain" else 3
    for key, s in posterior(outcome, network, **variant).items():
        numbers = f"{s.mean:8.{digits}f} sd {s.sd:6.{digits}f}"
        limits = f"({s.q025:.{digits}f}, {s.q975:.{digits}f})"
        print(f"  {key[0]:38} w{key[1]:<3} {numbers} {limits:18} {status[key]}")


def print_against_expected(**variant: Any) -> None:
    print(f"\nagainst the methods' figures, {variant or 'as the methods say'}")
    for network in NETWORKS:
        ours = posterior("pain", network, **variant)
        for key, (mean, low, high) in EXPECTED[network].items():
            s = ours[key]
            printed = f"{mean:5.1f} ({low:5.1f}, {high:5.1f})"
            here = f"{s.mean:6.1f} ({s.q025:6.1f}, {s.q975:6.1f})"
            print(f"  {network:8} {key[0]:34} w{key[1]:<3} {printed:22} {here}")
        moments = {name: round(x, 2) for name, x in tau("pain", network, **variant).items()}
        print(f"  {network:8} tau {EXPECTED_TAU[network]} {moments}")


def print_readings() -> None:
    """Every combination of the free choices, nearest to the methods' figures first."""
    print("\nmean and largest distance to the methods' figures (default; all), tau's mode")
    lines = []
    for values in product(*READINGS.values()):
        variant = {**dict(zip(READINGS, values, strict=True)), "nodes": 2001}
        gaps = {network: distances(network, **variant) for network in NETWORKS}
        modes = [tau("pain", network, **variant)["mode"] for network in NETWORKS]
        words = " ".join(f"{name}={variant[name]}" for name in READINGS)
        means = [float(np.mean(gap)) for gap in gaps.values()]
        worst = [max(gap) for gap in gaps.values()]
        numbers = " ".join(f"{m:.2f}/{w:.2f}" for m, w in zip(means, worst, strict=True))
        lines.append((sum(means), f"  {numbers}  tau {modes[0]:.2f} {modes[1]:.2f}  {words}"))
    print("\n".join(line for _, line in sorted(lines)))


def print_senn() -> None:
    print("\nSenn 2013: printed, ours")
    for what, printed, ours, half_unit in senn.printed_against_ours():
        note = "" if abs(printed - ours) <= half_unit * 1.000001 else "  DIFFERS"
        print(f"  {what:42} {printed:10.4f} {ours:12.6f}{note}")


def main(parts: list[str]) -> None:
    for outcome, network in product(("pain", "disability"), NETWORKS):
        used = studies_used(outcome, network)
        print(f"{outcome}, {network}: {len(used)} trials: {', '.join(used)}")
    if not parts or "rows" in parts:
        print_rows("pain")
        print_rows("disability")
    if not parts or "table" in parts:
        print_against_expected()
        print_against_expected(within_group="add", waiting="drift")
        for outcome, network in product(("pain", "disability"), NETWORKS):
            print_posterior(outcome, network)
            print_posterior(outcome, network, waiting="drift")
        print_posterior("pain", "default", printed_only=True)
    if not parts or "readings" in parts:
        print_readings()
    if not parts or "senn" in parts:
        print_senn()


if __name__ == "__main__":
    main(sys.argv[1:])
