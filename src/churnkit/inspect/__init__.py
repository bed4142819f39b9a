"""Unknown files looked at: how they are written, what their columns seem to hold, and a layout to begin with."""
