"""assets/examples: pictures and texts to click, each with the name of the gallery it searches."""

import json
from pathlib import Path


def replace_examples(folder: Path, gallery: str, examples: list[dict]) -> None:
    """Replace a gallery's examples; those of other galleries stay, and all galleries keep their order.

    Args:
        folder: assets/examples.
        gallery: name of the gallery.
        examples: {"picture", "text", "answer"}; the picture files are already in the folder.
    """
    table = folder / "examples.json"
    known = json.loads(table.read_text()) if table.exists() else []
    shown = {e["gallery"]: [other for other in known if other["gallery"] == e["gallery"]] for e in known}
    shown[gallery] = [{"picture": e["picture"], "text": e["text"], "gallery": gallery, "answer": e["answer"]} for e in examples]
    listed = [example for of_gallery in shown.values() for example in of_gallery]
    for gone in {e["picture"] for e in known} - {e["picture"] for e in listed}:
        (folder / gone).unlink(missing_ok=True)
    table.write_text(json.dumps(listed, indent=1) + "\n")
