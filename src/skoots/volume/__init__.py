"""Volumes: axes, tiles, sources and resampling."""
