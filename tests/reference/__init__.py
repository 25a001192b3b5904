"""A slow, dense re-statement of the Gaussian synthesis that shares no code with the package."""
