"""Teach a model in the viewer: what is painted, what is trained, what came of it."""
