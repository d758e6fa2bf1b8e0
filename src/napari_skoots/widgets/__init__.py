"""What the user sees: setters in, signals out, nothing else.

No widget knows the viewer, the disk or the engine, and none imports torch: the panel
must be painted at once.
"""
