"""A condition as data: read, checked, hashed. `load_topic` is the one way in."""

from needlewise.topic.pack import Option, Row, Table, Topic, load_topic

__all__ = ["Option", "Row", "Table", "Topic", "load_topic"]
