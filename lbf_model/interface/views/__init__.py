"""What the page shows, as HTML: functions that need neither a page nor a browser.

Everything that can be clicked is a button with `data-pick`, whose value the page's script passes to an event. So all of it can
be reached by keyboard, and has a name for screen readers.
"""
