"""Whether the month scored is like those learned from, and whether earlier predictions came true."""
