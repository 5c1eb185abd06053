"""Load: many real sessions on one server, without a browser.

``python -m tests.load trainings --sessions 40`` prints a table; ``--help`` tells the rest.

A *frame* is a message that moves the agent, that is, patches the source named ``trail``. Its
*lateness* is the time since the frame before, less the period at 20 frames a second, and 0 if
it came sooner. A frame that was left out makes the next one late by a whole period.
The yardstick is a bare Bokeh page under the same load in the same run.
"""
