"""Errors a person can act on: each says what is wrong, where, and what to do."""


class InputError(Exception):
    """Something that was given cannot be used; the message is one plain sentence.

    The command line prints it without a traceback and exits with 2.
    """
