"""The endpoints as gradio_client sees them, against the running app."""

import asyncio
import base64
import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import jsonschema
import pytest
from gradio_client import handle_file
from gradio_client.exceptions import AppError
from PIL import Image

from tests.mcp_client import mcp_session
from tests.server import ROOT
from tests.shown_examples import EXAMPLE, EXAMPLES, SCENE, SHOWN


def picture(path=EXAMPLES / EXAMPLE["picture"]):
    return handle_file(str(path))


@pytest.mark.parametrize("example", SHOWN, ids=lambda e: e["picture"])
def test_search_ranks_the_gallery_and_the_example_is_right(client, app_url, example):
    answer = client.predict(picture(EXAMPLES / example["picture"]), example["text"], example["gallery"], 5, api_name="/search")
    assert [m["rank"] for m in answer["matches"]] == [1, 2, 3, 4, 5]
    assert answer["matches"][0]["id"] == example["answer"]
    scores = [m["score"] for m in answer["matches"]]
    assert scores == sorted(scores, reverse=True) and all(-1 <= s <= 1 for s in scores)
    with urllib.request.urlopen(app_url + answer["matches"][0]["picture"]) as response:
        assert response.headers["content-type"] == "image/webp"
    assert answer["regions"] and answer["words"] and not answer["unknown_words"]


def test_the_same_query_has_the_same_answer(client):
    one, two = (client.predict(picture(), EXAMPLE["text"], EXAMPLE["gallery"], 9, api_name="/search") for _ in range(2))
    assert one["matches"] == two["matches"] and one["regions"] == two["regions"]


def test_explain_gives_attention_both_ways(client):
    answer = client.predict(picture(), EXAMPLE["text"], EXAMPLE["gallery"], "1", "mean", api_name="/explain")
    words, regions = len(answer["words"]), len(answer["regions"])
    assert len(answer["word_to_region"]) == words and len(answer["region_to_word"]) == regions
    assert all(sum(row) == pytest.approx(1, abs=1e-2) for row in answer["word_to_region"] + answer["region_to_word"])


@pytest.mark.parametrize(
    "change, said",
    [
        ({"text": ""}, "Type what should change"),
        ({"text": "elephant", "gallery": "css"}, "None of these words is known"),
        ({"text": "红色"}, "Say in English"),
        ({"text": "a" * 1500}, "shorten it"),
        ({"count": 0}, "0"),
        ({"gallery": "nowhere"}, "nowhere"),
        ({"gallery": "my-pictures"}, "my-pictures"),
    ],
)
def test_bad_queries_are_refused_with_a_message(client, change, said):
    query = {"text": EXAMPLE["text"], "gallery": EXAMPLE["gallery"], "count": 5, **change}
    with pytest.raises((AppError, ValueError), match=said):
        client.predict(picture(), query["text"], query["gallery"], query["count"], api_name="/search")


def test_words_touch_the_regions_alone_that_a_query_points_at(client):
    query = picture(EXAMPLES / SCENE["picture"]), SCENE["text"], "css", 5
    plain = client.predict(*query, api_name="/search")
    count = len(plain["regions"])
    marked = client.predict(*query, regions=[count, 1], api_name="/search")
    kept = client.predict(*query, keep=list(range(2, count)), api_name="/search")
    assert plain["pointed_at"] is None and marked["pointed_at"] == kept["pointed_at"] == [1, count]
    assert marked["matches"] == kept["matches"] != plain["matches"] and marked["regions"] == plain["regions"]
    assert "to change." in marked["notices"][0] and not any("to change." in said for said in plain["notices"])
    heard = client.predict(*query[:3], regions=[2], api_name="/explain")["region_to_word"]
    assert [sum(row) == pytest.approx(1, abs=1e-2) for row in heard] == [number == 2 for number in range(1, count + 1)]


def test_words_touch_a_box_that_a_query_gives(client):
    query = picture(EXAMPLES / SCENE["picture"]), "make object red", "css", 5
    plain = client.predict(*query, api_name="/search")
    box = [round(edge) for edge in plain["regions"][0]["box"]]
    boxed = client.predict(*query, box=box, api_name="/search")
    last = len(boxed["regions"])
    assert last == len(plain["regions"]) + 1 and boxed["pointed_at"] == [last] and boxed["regions"][-1]["box"] == box
    assert boxed["regions"][-1]["label"] == plain["regions"][0]["label"]
    both = client.predict(*query[:3], regions=[1], box=box, api_name="/explain")["region_to_word"]
    assert [sum(row) > 0.5 for row in both] == [number in (1, last) for number in range(1, last + 1)]


def test_results_are_asked_to_be_more_or_less_like_others(client):
    query = picture(), EXAMPLE["text"], EXAMPLE["gallery"], 20
    plain = client.predict(*query, api_name="/search")
    liked, disliked = (plain["matches"][place]["id"] for place in (9, 0))
    moved = client.predict(*query, more=[liked], less=[disliked], but_not="dotted", api_name="/search")
    assert plain["feedback"] is None
    assert moved["feedback"] == {"more": [liked], "less": [disliked], "but_not": "dotted"}
    places = {m["id"]: m["rank"] for m in moved["matches"]}
    assert places[liked] < 10 and places.get(disliked, 21) > 1
    assert any("more like 1 result, less like 1 result, but not “dotted”" in said for said in moved["notices"])


@pytest.mark.parametrize(
    "feedback, said",
    [
        ({"more": ["gone"]}, "no picture 'gone'"),
        ({"less": "garment"}, "not a list of pictures"),
        ({"more": ["a"], "less": ["a"]}, "not both"),
        ({"but_not": "红色"}, "But not: Say in English"),
    ],
)
def test_feedback_that_cannot_be_followed_is_refused_with_a_message(client, feedback, said):
    with pytest.raises(AppError, match=said):
        client.predict(picture(), EXAMPLE["text"], EXAMPLE["gallery"], 5, **feedback, api_name="/search")


@pytest.mark.parametrize(
    "pointing, said",
    [
        ({"regions": [99]}, "no region 99"),
        ({"regions": []}, "No region is left to change"),
        ({"keep": list(range(1, 37))}, "no region|No region is left"),
        ({"regions": [1], "keep": [2]}, "not both"),
        ({"regions": ["1"]}, "whole numbers from 1"),
        ({"regions": "1"}, "give a list"),
        ({"box": [1, 2, 3]}, "not a box"),
        ({"keep": [1], "box": [0, 0, 50, 50]}, "not both"),
    ],
)
@pytest.mark.parametrize("endpoint", ["/search", "/explain"])
def test_regions_that_cannot_be_pointed_at_are_refused_with_a_message(client, endpoint, pointing, said):
    with pytest.raises(AppError, match=said):
        client.predict(picture(), EXAMPLE["text"], EXAMPLE["gallery"], **pointing, api_name=endpoint)


@pytest.mark.parametrize("layer, head", [("9", "mean"), ("mean", "99"), ("0", "mean"), ("²", "mean"), ("mean", "x")])
def test_layers_and_heads_that_are_not_there_are_refused_with_a_message(client, layer, head):
    with pytest.raises(AppError, match=r"There is no (layer|head)|a number from 1"):
        client.predict(picture(), EXAMPLE["text"], EXAMPLE["gallery"], layer, head, api_name="/explain")


def test_a_turned_photograph_of_a_phone_is_answered_upright(client, tmp_path):
    with Image.open(EXAMPLES / EXAMPLE["picture"]) as shown:
        upright = shown.convert("RGB").resize((3024, 4032))
    exif = Image.Exif()
    exif[0x0112] = 6
    upright.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "phone.jpg", exif=exif)
    answer = client.predict(picture(tmp_path / "phone.jpg"), EXAMPLE["text"], EXAMPLE["gallery"], 5, api_name="/search")
    right, bottom = (max(r["box"][side] for r in answer["regions"]) for side in (2, 3))
    assert right <= 1536 and bottom <= 2048, "boxes are pixels of the upright picture, scaled down"
    assert any("pink" in m["caption"] for m in answer["matches"])


def test_a_broken_picture_is_refused_with_a_message(client, tmp_path):
    path = tmp_path / "broken.png"
    path.write_bytes((EXAMPLES / EXAMPLE["picture"]).read_bytes()[:200])
    with pytest.raises(AppError, match=r"(?i)picture|image"):
        client.predict(picture(path), EXAMPLE["text"], EXAMPLE["gallery"], 5, api_name="/search")


def test_an_upload_over_the_limit_is_refused(client, tmp_path):
    path = tmp_path / "large.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"0" * (201 * 2**20))
    with pytest.raises(Exception, match=r"413|exceed|large"):
        client.predict(picture(path), EXAMPLE["text"], EXAMPLE["gallery"], 5, api_name="/search")


def test_the_galleries_say_what_they_are(client):
    galleries = client.predict(api_name="/galleries")
    assert [g["name"] for g in galleries] == list(dict.fromkeys(e["gallery"] for e in SHOWN))
    for gallery in galleries:
        facts = json.loads((ROOT / "assets" / "galleries" / gallery["name"] / "gallery.json").read_text())
        assert (gallery["pictures"], gallery["title"]) == (facts["pictures"], facts["title"])
        assert gallery["checkpoint"] == facts["compositor"] and len(gallery["compared"]) >= 3


def test_a_search_can_be_narrowed_to_what_a_gallery_says_it_holds(client):
    facets = {g["name"]: g["facets"] for g in client.predict(api_name="/galleries")}[EXAMPLE["gallery"]]
    color = facets["color"][0]
    query = picture(), EXAMPLE["text"], EXAMPLE["gallery"], 10
    answer = client.predict(*query, filters=[f"color:{color}"], api_name="/search")
    assert answer["filters"] == [f"color:{color}"] and len(answer["matches"]) == 10 and answer["recall"] is None
    held = client.predict(*query, api_name="/search")
    assert held["filters"] == [] and held["matches"] != answer["matches"]
    with pytest.raises(AppError, match=r"There is no filter 'smell' here; there are .*color"):
        client.predict(*query, filters=["smell:sweet"], api_name="/search")


def test_a_picture_of_the_gallery_does_not_answer_itself(client, tmp_path):
    item = EXAMPLE["answer"]
    file = ROOT / "assets" / "galleries" / EXAMPLE["gallery"] / "pictures" / f"{item}.webp"
    answer = client.predict(picture(file), EXAMPLE["text"], EXAMPLE["gallery"], 50, api_name="/search")
    assert answer["item"] == item and item not in [m["id"] for m in answer["matches"]] and len(answer["matches"]) == 50


def described(app_url) -> dict:
    """The public endpoints as /gradio_api/info tells them: parameters, what they return, and what is said of them."""
    with urllib.request.urlopen(f"{app_url}/gradio_api/info") as response:
        named = json.load(response)["named_endpoints"]
    return {
        name: {
            "description": endpoint["description"],
            "parameters": [
                {"name": p["parameter_name"], "label": p["label"], "type": p["python_type"]["type"]}
                | ({"default": p["parameter_default"]} if p["parameter_has_default"] else {})
                for p in endpoint["parameters"]
            ],
            "returns": [r["type"] for r in endpoint["returns"]],
        }
        for name, endpoint in named.items()
    }


def test_the_api_description_is_what_clients_were_promised(app_url):
    """To change the contract on purpose, write `described(url)` into contract.json anew."""
    promised = json.loads(Path(__file__).with_name("contract.json").read_text())
    assert described(app_url) == promised
    assert set(promised) == {"/search", "/explain", "/galleries"}


def test_answers_have_the_shape_that_the_description_tells(app_url, client):
    schema = {name: endpoint["returns"][0] for name, endpoint in described(app_url).items()}
    query = picture(), EXAMPLE["text"], EXAMPLE["gallery"]
    answers = {
        "/search": client.predict(*query, 3, api_name="/search"),
        "/explain": client.predict(*query, "mean", "mean", api_name="/explain"),
        "/galleries": client.predict(api_name="/galleries"),
    }
    for name, answer in answers.items():
        jsonschema.validate(answer, schema[name])


def test_programs_that_speak_mcp_find_and_use_the_same_tools(app_url):
    async def ask():
        async with mcp_session(app_url) as session:
            tools = (await session.list_tools()).tools
            named = {t.name.split("_")[-1]: t.name for t in tools}
            uri = f"data:image/webp;base64,{base64.b64encode((EXAMPLES / EXAMPLE['picture']).read_bytes()).decode()}"
            query = {"picture": uri, "text": EXAMPLE["text"], "gallery": EXAMPLE["gallery"], "count": 3}
            return tools, await session.call_tool(named["galleries"], {}), await session.call_tool(named["search"], query)

    tools, answer, found = asyncio.run(ask())
    assert not found.isError and EXAMPLE["answer"] in found.content[0].text, "a picture may be a data URI"
    kinds = {t.name.split("_")[-1]: t for t in tools}
    assert {"search", "explain", "galleries"} <= set(kinds) and len(tools) == 3
    assert "replace grey color to pink" in kinds["search"].description
    asked = {"picture", "text", "gallery", "count", "regions", "keep", "box", "more", "less", "but_not", "filters"}
    assert asked == set(kinds["search"].inputSchema["properties"])
    for tool in tools:  # Gradio reads one line of a docstring for each argument, and puts a comma between lines of "Returns"
        assert tool.description.endswith(".") and not re.search(r"[.;,], ", tool.description)
        told = [argument["description"] for name, argument in tool.inputSchema["properties"].items() if name != "picture"]
        assert all(text.endswith(".") for text in told), told
    assert "fashion" in answer.content[0].text and not answer.isError
