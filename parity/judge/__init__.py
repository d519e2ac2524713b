"""The judge: the examples, the correct values with rounding bounds, the comparison, and the diagnosis of mistakes."""
