"""From scores to calls: what a call is worth, who may be called, who is called, who is held back."""
