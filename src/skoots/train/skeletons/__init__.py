"""How an object becomes its axis; `skoots.train.generate_skeletons` is the door."""
