"""From a volume to instance labels."""
