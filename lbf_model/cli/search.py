"""search: search a gallery with a picture and a modification text."""

import json
from argparse import Namespace
from pathlib import Path

from lbf_model.cli.flags import add_device, add_own_detector, add_verb
from lbf_model.cli.paths import CHECKPOINTS, GALLERIES


def add_to(verbs) -> None:
    """Add the verb's parser."""
    parser = add_verb(verbs, "search", "search a gallery with a picture and a modification text", run)
    parser.add_argument("--image", type=Path, required=True, help="reference image")
    parser.add_argument("--text", required=True, help='what should change: "replace grey color to pink"')
    parser.add_argument(
        "--gallery",
        default="fashion",
        help="name of a shipped gallery, or the path of a gallery folder, such as ./fashion (default: fashion)",
    )
    parser.add_argument("-k", type=int, default=10, help="number of results (default: 10)")
    pointing = parser.add_mutually_exclusive_group()
    pointing.add_argument(
        "--regions",
        dest="change",  # elsewhere `regions` is a folder
        metavar="NUMBERS",
        help="change only these regions of the picture, such as 2,3: numbers from 1, in the order of `regions` in --json",
    )
    parser.add_argument("--box", metavar="L,T,R,B", help="change only this box (in pixels), or with --regions, this box too")
    pointing.add_argument("--keep", metavar="NUMBERS", help="keep these regions of the picture, and let all others change")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="FACET:VALUE",
        help="search only pictures with such a region, such as color:red, or in a folder, such as folder:summer (repeatable)",
    )
    parser.add_argument("--more", nargs="+", metavar="ID", help="pictures of the gallery to be more like, by their ids")
    parser.add_argument("--less", nargs="+", metavar="ID", help="pictures of the gallery to be less like, by their ids")
    parser.add_argument("--but-not", metavar="TEXT", help='what is not wanted, such as "dotted"')
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--checkpoint", type=Path, help="LBF checkpoint folder (default: the shipped one that made the gallery)"
    )
    add_own_detector(parser)
    add_device(parser)


def run(flags: Namespace) -> None:
    """Print the best results, as JSON or a line each."""
    from lbf_model.interface.records import search_record
    from lbf_model.retrieval.catalog import find_checkpoint, find_gallery, shipped_checkpoints
    from lbf_model.retrieval.feedback import give_feedback
    from lbf_model.retrieval.pointing import point_at, read_box, read_numbers
    from lbf_model.retrieval.retriever import load_retriever
    from lbf_model.tasks.notices import answer_notices
    from lbf_model.vision.pictures import load_picture

    if flags.k < 1:
        raise ValueError(f"-k {flags.k}: ask for one result or more")
    numbers = (None if given is None else read_numbers(given) for given in (flags.change, flags.keep))
    pointing = point_at(*numbers, None if flags.box is None else read_box(flags.box))
    feedback = give_feedback(flags.more, flags.less, flags.but_not)
    picture = load_picture(flags.image)
    folder = find_gallery(flags.gallery, GALLERIES)
    checkpoint = flags.checkpoint or find_checkpoint(folder, shipped_checkpoints(CHECKPOINTS))
    retriever = load_retriever(checkpoint, flags.device, detector=flags.detector)
    gallery = retriever.open_gallery(folder)
    result = retriever.search(picture, flags.text, gallery, flags.k, pointing, flags.only, feedback)
    if flags.json:
        print(json.dumps(search_record(result, [m.path for m in result.matches])))
        return
    if result.left_out:
        print(f"your picture is in this gallery, and was left out: {', '.join(result.left_out)}")
    for typed, meant in result.tokens.corrected:
        print(f'read "{typed}" as "{meant}"')
    if result.tokens.unknown:
        print(f"not understood, and left out: {', '.join(result.tokens.unknown)}")
    for notice in answer_notices(result):
        print(notice)
    for match in result.matches:
        print(f"{match.rank:3d}  {match.score:.4f}  {match.id}  {match.caption}")
