"""What the benchmarks are made of: real processes, loads, filled databases, and figures held to a budget."""
