"""`python -m needlewise.cli` is the command `needlewise`."""

from needlewise.cli import main

main()
