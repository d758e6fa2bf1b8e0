"""What the panel does: layers, models, jobs and results brought together."""
