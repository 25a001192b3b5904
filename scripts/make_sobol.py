"""Make the stored Sobol set of normal deviates: python scripts/make_sobol.py FILE.

SciPy's scrambled Sobol sequence (Owen 1998; Joe and Kuo 2008 directions), 1,024 points in 64
dimensions, as standard normal quantiles. The file in the package was made by this script.
"""

import sys

import numpy as np
from scipy.stats import norm, qmc

SEED = 20261122


def deviates() -> np.ndarray:
    points = qmc.Sobol(64, scramble=True, rng=np.random.default_rng(SEED)).random_base2(10)
    return norm.ppf(np.clip(points, 1e-7, 1 - 1e-7)).astype(np.float32)


if __name__ == "__main__":
    np.save(sys.argv[1], deviates())
