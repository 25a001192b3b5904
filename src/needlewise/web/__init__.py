"""The decision aid in the browser."""
