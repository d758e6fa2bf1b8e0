"""Annotated volumes: found, checked, read, given out as the documented data sets."""
