"""`python -m churnkit` is `churnkit`."""
from churnkit.cli import entry

if __name__ == "__main__":
    entry()
