"""The documented function names."""
