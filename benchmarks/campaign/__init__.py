"""The campaign: what the software promises under bad input, broken files, kills and crowds, tested at random and counted."""
