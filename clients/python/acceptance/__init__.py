"""The published Python client against the started program (README.md)."""
