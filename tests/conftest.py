"""What several tests share: a tiny CSS data set and tiny checkpoints, made once a session."""

import os
from pathlib import Path

import pytest

from lbf_model.retrieval.compare import load_compared
from lbf_model.retrieval.retriever import load_retriever
from lbf_model.tasks.css.generate import write_css
from lbf_model.tasks.css.regions import css_stores
from lbf_model.tasks.css.storage import load_css
from lbf_model.vision.detectors.registry import load_detector
from tests.server import running_app
from tests.small import write_small_checkpoints, write_small_compared


@pytest.fixture(scope="session")
def tiny_css(tmp_path_factory):
    """A folder that make-css wrote: 40 base scenes, 12 modifications, 76 images a split."""
    folder = tmp_path_factory.mktemp("css")
    write_css(folder, seed=3, base_scenes=40, modifications=12, workers=2, progress=False)
    return folder


@pytest.fixture(scope="session")
def tiny_split(tiny_css):
    return load_css(tiny_css, "train")


@pytest.fixture(scope="session")
def checkpoints(tmp_path_factory):
    """A folder with a random `detector` and a random `lbf` checkpoint."""
    folder = tmp_path_factory.mktemp("checkpoints")
    write_small_checkpoints(folder)
    return folder


@pytest.fixture(scope="session")
def detector(checkpoints):
    """The detector of `checkpoints`."""
    return load_detector(checkpoints / "detector")


@pytest.fixture(scope="session")
def regions(tmp_path_factory):
    """A folder for the regions that tests share; each data set has its own folder in it."""
    return tmp_path_factory.mktemp("regions")


@pytest.fixture(scope="session")
def stores(tiny_split, detector, regions):
    """Regions of `tiny_split` in `regions`: of the true boxes, so that a random detector serves."""
    return css_stores(tiny_split, detector, regions, true_boxes=True)


@pytest.fixture(scope="session")
def retriever(checkpoints):
    return load_retriever(checkpoints / "lbf")


@pytest.fixture(scope="session")
def compared_folder(checkpoints, tmp_path_factory):
    """A folder with a random checkpoint of every simple compositor, for the detector in `checkpoints`."""
    folder = tmp_path_factory.mktemp("compared")
    write_small_compared(folder, checkpoints)
    return folder


@pytest.fixture(scope="session")
def compared(compared_folder, retriever):
    return load_compared(sorted(compared_folder.iterdir()), retriever)


@pytest.fixture(scope="session")
def app_log(tmp_path_factory):
    """The file that holds what the running app prints."""
    return tmp_path_factory.mktemp("app") / "log.txt"


@pytest.fixture(scope="session")
def app_url(app_log):
    """The address of the running app, with its shipped checkpoint and gallery; or of the one that LBF_APP_URL names."""
    if "LBF_APP_URL" in os.environ:
        yield os.environ["LBF_APP_URL"]
        return
    with running_app(app_log) as url:
        yield url


@pytest.fixture(scope="session")
def visitors(app_url, app_log):
    """The folder in which the running app keeps what visitors bring."""
    (folder,) = Path(os.environ.get("LBF_APP_VISITORS", app_log.with_name("visitors"))).glob("lbf-visitors-*")
    return folder
