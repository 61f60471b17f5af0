"""`python -m amont` is the command `amont`."""

from amont.cli.main import main

if __name__ == "__main__":
    main()
