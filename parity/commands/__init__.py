"""The commands, except ``parity page``, which is in ``site``: their options, checks and output."""
