"""Networks, checkpoints and the models that come with the package."""
