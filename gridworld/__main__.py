"""``python -m gridworld`` is the command line."""

from gridworld.cli.commands import main

if __name__ == "__main__":
    main()
