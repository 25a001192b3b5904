"""`Network` to `Effects`: the exact Gaussian posterior, sensitivity runs and certainty."""
