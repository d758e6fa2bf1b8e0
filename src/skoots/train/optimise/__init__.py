"""From gradients to weights: optimizer, learning rate, average, where to begin."""
