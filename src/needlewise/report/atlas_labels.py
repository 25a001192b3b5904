"""Labels in a margin: none on another, each as near to its own place as the others allow."""

from __future__ import annotations

from collections.abc import Sequence


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Heights at least `gap` apart within low to high, nearest to those wanted, in their order.

    Pool adjacent violators: labels that would touch form a block around the mean of what they want.
    Where there is no room for all at that gap, the gap shrinks to what there is.

    Args:
        wanted: sorted heights.
    """
    if not wanted:
        return []
    if len(wanted) > 1:
        gap = min(gap, (high - low) / (len(wanted) - 1))
    blocks: list[tuple[float, int]] = []  # (height of the first label, how many)
    for height in wanted:
        blocks.append((height, 1))
        while len(blocks) > 1 and blocks[-2][0] + blocks[-2][1] * gap > blocks[-1][0]:
            (first, n), (second, m) = blocks[-2:]
            # The second block starts where the first would put it: the mean of both demands.
            joined = (first * n + (second - n * gap) * m) / (n + m)
            blocks[-2:] = [(joined, n + m)]
    found: list[float] = []
    for start, count in blocks:
        start = max(low, min(start, high - (count - 1) * gap))
        found += [start + k * gap for k in range(count)]
    for k in range(1, len(found)):  # the edges may have pushed blocks into each other
        found[k] = max(found[k], found[k - 1] + gap)
    over = found[-1] - high
    if over > 0:
        for k in range(len(found) - 1, -1, -1):
            limit = high - (len(found) - 1 - k) * gap
            found[k] = min(found[k], limit)
    return found
