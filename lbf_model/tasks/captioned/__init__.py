"""What benchmarks of captioned pictures share: a text changes the caption, and a hit is whatever has the changed one."""
