"""Bars and numbers of what leaving out each part of a query does."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from lbf_model.explain.bars import effects_table

NAMES = ("<script>alert(1)</script>", "gray sleeve", "a & b", "collar")


def table(**changes) -> str:
    facts = {
        "labels": NAMES,
        "shares": np.array([0.5, 0.3, 0.2, 0.0]),
        "scores": np.array([0.65, 0.80, np.nan, 0.55], np.float32),
        "ranks": np.array([4, 1, 0, 12]),
        "score": 0.71,
        "rank": 1,
        "caption": "What <b>each</b> part did",
    }
    return str(effects_table(**{**facts, **changes}))


def test_the_part_that_helps_most_comes_first_and_what_cannot_be_left_out_last():
    html = table()
    expected = ("collar", "&lt;script&gt;alert(1)&lt;/script&gt;", "gray sleeve", "a &amp; b")
    order = [html.index(f">{name}</th>") for name in expected]
    assert order == sorted(order)
    assert "fit 0.710 → 0.650" in html and "rank 1 → 4" in html and "rank 1 stays" in html
    assert "cannot be left out" in html[order[-1] :] and "nan" not in html


def test_the_heading_says_which_layers_attention_is_of():
    assert ">Attention, all layers</th>" in table() and ">Attention, last layer</th>" in table(layers="last layer")


def test_texts_of_a_table_are_escaped_and_it_is_well_formed():
    html = table()
    assert "<script" not in html and "<b>" not in html
    root = ElementTree.fromstring(html.replace("<br>", "<br/>"))
    assert root.tag == "table" and root.find("caption").text == "What <b>each</b> part did"
    assert len(root.findall("tbody/tr")) == 4
    assert {th.get("scope") for th in root.iter("th")} == {"col", "row"}


def test_bars_share_one_scale_and_point_to_worse_or_better():
    bars = re.findall(r"left:([\d.]+)%;width:([\d.]+)%;background:var\(--(\S+),", table())
    # Attention is a share of the largest, 0.5; a change is a share of the largest, 0.16, on half a track.
    assert bars == [
        ("0.0", "0.0", "primary-500"), ("0.0", "50.0", "lbf-helps"),  # collar: 0.71 -> 0.55
        ("0.0", "100.0", "primary-500"), ("31.2", "18.8", "lbf-helps"),  # script: 0.71 -> 0.65
        ("0.0", "60.0", "primary-500"), ("50.0", "28.1", "lbf-hurts"),  # gray sleeve: 0.71 -> 0.80
        ("0.0", "40.0", "primary-500"),  # a & b: cannot be left out
    ]  # fmt: skip


def test_tables_can_share_one_scale():
    html = table(largest_change=0.32, largest_share=1.0)
    bars = re.findall(r"left:([\d.]+)%;width:([\d.]+)%;background:var\(--(\S+),", html)
    assert bars[:4] == [
        ("0.0", "0.0", "primary-500"), ("25.0", "25.0", "lbf-helps"),
        ("0.0", "50.0", "primary-500"), ("40.6", "9.4", "lbf-helps"),
    ]  # fmt: skip


def test_bars_never_leave_their_track():
    for html in (table(), table(shares=np.zeros(4)), table(scores=np.full(4, 0.71)), table(scores=np.full(4, np.nan))):
        bars = [(float(left), float(width)) for left, width in re.findall(r"left:([-\d.]+)%;width:([-\d.]+)%", html)]
        assert bars and all(min(left, width) >= 0 and left + width <= 100 for left, width in bars)


def test_an_empty_table_works_and_lengths_must_agree():
    empty = np.zeros(0)
    assert "<tbody></tbody>" in table(labels=(), shares=empty, scores=empty, ranks=empty)
    with pytest.raises(ValueError, match="one each"):
        table(shares=np.ones(3))
