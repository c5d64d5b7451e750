"""Garments: photographs, the drawn catalogue and Fashion-200k, all told as captions of attributes."""
