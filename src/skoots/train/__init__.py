"""Training: skeletons, samples, losses and the loop."""
