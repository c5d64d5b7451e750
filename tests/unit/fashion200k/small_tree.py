"""A small tree in Fashion-200k's true layout."""

from PIL import Image

RED, BLUE, WHITE = (200, 20, 20), (20, 20, 200), (250, 250, 250)
DRESSES = [("red cotton dress", RED), ("blue cotton dress", BLUE), ("white cotton dress", WHITE), ("blue silk dress", BLUE)]
SKIRTS = [("red cotton skirt", RED), ("blue cotton skirt", BLUE), ("v. beckham a&b top*", WHITE), ("white cotton skirt", WHITE)]
KINDS = {"dress": "dresses/casual_and_day_dresses", "skirt": "skirts/knee_length_skirts"}


def write_split(root, split, garments, first, each):
    """`each` pictures a garment; returns their paths."""
    (root / "labels").mkdir(exist_ok=True)
    paths = []
    for kind, captions in garments.items():
        lines = []
        for caption, color in captions:
            product = first + len(paths) // each
            for turn in range(each):
                path = f"women/{KINDS[kind]}/{product}/{product}_{turn}.jpeg"
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", (24, 32), color).save(root / path)
                lines.append(f"{path}\t-1.{turn}\t{caption}\n")
                paths.append(path)
        (root / "labels" / f"{kind}_{split}_detect_all.txt").write_text("".join(lines), encoding="utf-8")
    return paths


def copied(tree, folder):
    """The tree again, to be spoilt: its text files; pictures are there by link."""
    (folder / "labels").mkdir(parents=True)
    for file in [*tree.glob("labels/*.txt"), tree / "test_queries.txt"]:
        (folder / file.relative_to(tree)).write_bytes(file.read_bytes())
    (folder / "women").symlink_to(tree / "women")
    return folder
