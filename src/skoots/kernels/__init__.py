"""Each op in its own folder: the definition in torch, and its fast twins."""
