"""The human figure: its outline, the levels of its spine, and the regions a person can point at."""
