"""Settings to begin with, measured from annotated volumes."""
