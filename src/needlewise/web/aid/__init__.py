"""The decision aid: safety, about you, compare, what matters, your sheet."""
