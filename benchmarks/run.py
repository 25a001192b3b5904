"""Print the benchmark table: each time beside its floor, measured in one run on one machine.

Run with `make bench`. Nothing here asserts a time; the targets are printed beside what was
measured.
"""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

import needlewise as nw
from needlewise.synthesis.sensitivity import sensitivity_runs
from needlewise.synthesis.synthesise import settings_of

ROOT = Path(__file__).resolve().parent.parent
PROGRAM = str(Path(sys.executable).with_name("needlewise"))
PERSON = str(ROOT / "examples" / "office_worker.toml")


def median_ms(job: Callable[[], object], times: int) -> float:
    """Median wall time of a job in milliseconds, after one run to warm up."""
    job()
    found = []
    for _ in range(times):
        start = time.perf_counter()
        job()
        found.append(time.perf_counter() - start)
    return 1000 * statistics.median(found)


def run(*command: str) -> Callable[[], object]:
    return lambda: subprocess.run(command, cwd=ROOT, capture_output=True, check=True)


def imports(*names: str) -> Callable[[], object]:
    return run(sys.executable, "-c", f"import {', '.join(names)}")


def commands() -> None:
    """Wall time of the commands, beside the bare imports they cannot do without."""
    folder = Path(tempfile.mkdtemp())
    written = ("--html", str(folder / "c.html"), "--pdf", str(folder / "c.pdf"), "--force")
    rows = [
        ("needlewise --help", run(PROGRAM, "--help"), imports("typer"), "200"),
        ("compare, terminal", run(PROGRAM, "compare", PERSON),
         imports("typer", "numpy", "pydantic"), "1000"),
        ("compare --json", run(PROGRAM, "compare", PERSON, "--json"),
         imports("typer", "numpy", "pydantic"), "1000"),
        ("compare --html --pdf", run(PROGRAM, "compare", PERSON, *written),
         imports("typer", "numpy", "pydantic", "typst"), "2000"),
    ]  # fmt: skip
    print("Commands, wall time in ms        measured   bare imports   target")
    for name, job, floor, target in rows:
        print(f"{name:30} {median_ms(job, 7):10.0f} {median_ms(floor, 7):14.0f} {target:>8}")


def engine() -> None:
    """The exact posterior beside the bare batched factorisations of the same size."""
    topic = nw.load_topic()
    print("\nEngine, ms                              measured   floor (Cholesky)")
    for outcome in ("pain", "disability"):
        network = nw.build_network(topic, outcome)
        settings = settings_of(network)
        effects = nw.synthesise(network, settings, support=False)
        size = effects.mixture.means.shape[1]
        matrices = np.broadcast_to(np.eye(size) * 2.0, (settings.nodes, size, size)).copy()
        job = median_ms(lambda n=network, s=settings: nw.synthesise(n, s, support=False), 30)
        floor = median_ms(lambda m=matrices: np.linalg.cholesky(m), 30)
        name = f"posterior, {outcome}, {len(network.studies)} studies, {size} effects"
        print(f"{name:44} {job:6.1f} {floor:12.1f}")
    network = nw.build_network(topic, "pain")
    fewer = [network.without(s.id) for s in network.studies]
    settings = replace(settings_of(network), nodes=32)
    job = median_ms(lambda: [nw.synthesise(n, settings, support=False) for n in fewer], 5)
    print(f"{'leave-one-out, every study of pain':44} {job:6.1f}")
    audience = network.audience
    job = median_ms(lambda: sensitivity_runs(topic, "pain", audience), 5)
    print(f"{'all sensitivity runs of pain':44} {job:6.1f}")


def person() -> None:
    """One person's comparison with the effects in memory: safety, outlook, verdicts and fit."""
    topic = nw.load_topic()
    answers = tomllib.loads(Path(PERSON).read_text("utf-8"))

    def someone(pain: float) -> nw.Person:
        return nw.Person.from_mapping({**answers, "pain_nrs": round(pain, 3)}, topic)

    def compared(who: nw.Person) -> None:
        nw.compare(nw.look_ahead(topic, None, who))

    people = iter([someone(2 + k / 20) for k in range(101)])
    known = someone(6)
    print("\nOne person, effects cached, ms          measured   target")
    print(f"{'comparison, pain never seen before':44} "
          f"{median_ms(lambda: compared(next(people)), 100):6.1f}        5")  # fmt: skip
    print(f"{'comparison, pain and duration seen before':44} "
          f"{median_ms(lambda: compared(known), 50):6.1f}        5")  # fmt: skip
    print(f"{'of it the safety check':44} {median_ms(lambda: nw.triage(topic, known), 50):6.1f}")


if __name__ == "__main__":
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
          f"NumPy {np.__version__}\n")  # fmt: skip
    commands()
    engine()
    person()
