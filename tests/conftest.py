"""What all tests share."""

import signal

from hypothesis import settings

# Property tests draw the same examples in every run, so that a failure can be had again.
settings.register_profile("amont", derandomize=True, deadline=None)
settings.load_profile("amont")

# A shell that starts the tests in the background hands over Ctrl-C as ignored; amont respects that, its tests press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGTERM) is signal.SIG_IGN:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
