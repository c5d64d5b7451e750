"""What answers each event, by part of the page: ask, inspect, own pictures, save.

The handlers take plain values and return `Changes`, so tests call them without a browser or a server; `wiring.Page` ties them
to Gradio. Visitors share nothing but the service. The visit is written by queued events only, which follow one another. What is
looked at (`Look`) and what was found out about a result (`Details`) name the answer they belong to, so a late event never
speaks of another answer.
"""
