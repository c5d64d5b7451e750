"""The app with a gallery in Milvus, beside one whose server is away."""

import os
import subprocess
import sys
import urllib.request

import pytest
from gradio_client import Client, handle_file

from tests.server import ROOT, running_app
from tests.shown_examples import EXAMPLES, SCENE


@pytest.mark.skipif("LBF_APP_URL" in os.environ, reason="starts an app by itself")
def test_a_gallery_in_milvus_answers_as_the_shipped_one_and_one_that_is_away_is_left_out(tmp_path):
    address = f"milvus+lite:{tmp_path}/embedded.db/scenes"
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    publish = [sys.executable, "-m", "lbf_model", "publish", "assets/galleries/css", address]
    subprocess.run(publish, cwd=ROOT, check=True, capture_output=True, env=environment)
    flags = [f"scenes={address}", "away=milvus+http://127.0.0.1:1/shop", "css=assets/galleries/css"]
    flags = [part for gallery in flags for part in ("--gallery", gallery)]
    with running_app(tmp_path / "log", environment=environment, flags=flags) as url:
        client = Client(url, verbose=False)
        assert [gallery["name"] for gallery in client.predict(api_name="/galleries")] == ["scenes", "css"]
        asked = handle_file(str(EXAMPLES / SCENE["picture"])), SCENE["text"]
        there, here = (client.predict(*asked, name, 5, api_name="/search") for name in ("scenes", "css"))
        assert [match["id"] for match in there["matches"]] == [match["id"] for match in here["matches"]]
        assert there["matches"][0]["id"] == SCENE["answer"]
        with urllib.request.urlopen(url + there["matches"][0]["picture"]) as response:
            assert response.headers["content-type"] == "image/webp"
    (line,) = [line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("left out")]
    assert line.startswith("left out: milvus+http://127.0.0.1:1/shop: Milvus does not answer")
    assert "Traceback" not in (tmp_path / "log").read_text()
