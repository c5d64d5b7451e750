"""The Gradio page: it places what other rooms have computed and drawn."""
