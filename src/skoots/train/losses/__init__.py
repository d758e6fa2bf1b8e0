"""The losses by name; `skoots.train.loss` is their door."""
