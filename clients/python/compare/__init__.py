"""The published Python client against the published server and ours (docs/latency.md)."""
