"""The campaign: what the software promises under bad input, broken files, kills and crowds, tried at random and counted."""
