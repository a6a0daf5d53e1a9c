"""The filter and order language of collections: parsed, bounded, and applied to items in memory.

What goes to the database is compiled by `staffetta.db.filtering` from the same nodes and with the same meaning.
"""

from staffetta.kit.filters.evaluating import predicate
from staffetta.kit.filters.nodes import Node, Order, exact_values
from staffetta.kit.filters.ordering import parse_order, sorted_by
from staffetta.kit.filters.parsing import parse_filter

__all__ = ["Node", "Order", "exact_values", "parse_filter", "parse_order", "predicate", "sorted_by"]
