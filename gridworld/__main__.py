"""``python -m gridworld`` is the command line."""

from gridworld.cli import main

if __name__ == "__main__":
    main()
