"""Event handlers, by part of the page: ask, inspect, own pictures, save.

The handlers take plain values and return `Changes`, so tests call them without a browser or a server; `wiring.Page` ties them
to Gradio. Visitors share nothing but the service. Only queued events write the visit, and they run one after another. What is
looked at (`Look`) and what was computed for a result (`Details`) name the answer they belong to, so a late event is never
applied to another answer.
"""
