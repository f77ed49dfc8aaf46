"""`python -m officina.cli` is the same as `officina`."""

from officina.cli.main import main

main()
