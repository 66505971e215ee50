"""The specification: each kernel again, slow and obvious. For tests and benchmarks, never for the product."""
