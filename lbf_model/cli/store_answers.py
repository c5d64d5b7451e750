"""store-answers: answer the examples of each shipped gallery, so that the page opens on one before a model is loaded."""

from argparse import Namespace
from pathlib import Path

from lbf_model.cli.flags import add_device, add_verb
from lbf_model.cli.paths import ASSETS, CHECKPOINTS


def add_to(verbs) -> None:
    """Add the verb's parser."""
    parser = add_verb(verbs, "store-answers", "store the answers that the page opens on; make-demo does so, too", run)
    parser.add_argument("--assets", type=Path, default=ASSETS)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Store an answer for each gallery that has an example, and print where."""
    from lbf_model.retrieval.catalog import find_checkpoint, shipped_checkpoints, shipped_galleries
    from lbf_model.retrieval.retriever import load_retriever

    galleries = shipped_galleries(flags.assets / "galleries")
    makers = [find_checkpoint(folder, shipped_checkpoints(CHECKPOINTS)) for folder in galleries.values()]
    for maker in dict.fromkeys(makers):
        for file in store_answers(flags.assets, load_retriever(maker, flags.device)):
            print(f"the page can open on {file}")


def store_answers(assets: Path, retriever) -> list[Path]:
    """Store an answer for every gallery in `assets` that a retriever made and that has examples; returns the files."""
    from lbf_model.gallery.store import read_facts
    from lbf_model.interface.worked_example import write_worked_example
    from lbf_model.retrieval.catalog import shipped_galleries

    galleries = shipped_galleries(assets / "galleries")
    made = {name: folder for name, folder in galleries.items() if read_facts(folder).compositor == retriever.fingerprint}
    files = (
        write_worked_example(assets / "examples", name, folder, retriever, retriever.open_gallery(folder))
        for name, folder in made.items()
    )
    return [file for file in files if file is not None]
