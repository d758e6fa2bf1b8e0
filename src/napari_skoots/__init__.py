"""The napari plugin on the SKOOTS engine: layers and windows, no image maths."""
