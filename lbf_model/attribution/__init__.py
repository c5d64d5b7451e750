"""What in a query an answer came from: measured by leaving parts out, and estimated from gradients and attention."""
