"""What a run is: a folder on disk and a plan, begun here or gone on with."""
