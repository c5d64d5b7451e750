"""make space: upload what belongs to a Hugging Face Space with the official client.

python -m scripts.space_upload user/name
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

from scripts.space_files import ROOT, card_problems, file_problems, space_files, stage, uncommitted

_NAME = re.compile(r"[\w.-]+/[\w.-]+")


def main(arguments: list[str] | None = None) -> int:
    """Upload; 2 where something is missing, 1 where the Hub refuses. The Space then holds these files and no others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space", help="user/name; is made where it does not exist")
    parser.add_argument("--force", action="store_true", help="upload files that are not committed, too")
    flags = parser.parse_args(arguments)
    if not _NAME.fullmatch(flags.space):
        return _refuse(f"{flags.space!r} names no Space; write: make space SPACE=user/name")
    changed = uncommitted()
    if changed and not flags.force:
        some = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        return _refuse(f"not as committed: {some}. Commit first, or upload it as it is with FORCE=1")

    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HFValidationError, HTTPError

    if get_token() is None:
        return _refuse(
            "no token of the Hugging Face Hub. Make one that may write at https://huggingface.co/settings/tokens, then set "
            "HF_TOKEN, or run: .venv/bin/hf auth login"
        )
    with tempfile.TemporaryDirectory(prefix="lbf-space-") as place:
        folder, files = Path(place), space_files(ROOT)
        stage(files, folder, ROOT, flags.space)
        if problems := file_problems(folder, files) + card_problems(folder):
            return _refuse("not fit for a Space:\n  " + "\n  ".join(problems))
        api = HfApi()
        try:
            address = api.create_repo(flags.space, repo_type="space", space_sdk="gradio", exist_ok=True)
            api.upload_folder(repo_id=flags.space, repo_type="space", folder_path=folder, delete_patterns="*")
        except (HTTPError, HFValidationError, OSError) as error:
            print(f"error: the Hub did not take it: {error}", file=sys.stderr)
            return 1
    print(f"{len(files)} files are at {address}; it builds now, which takes some minutes")
    return 0


def _refuse(why: str) -> int:
    print(f"error: {why}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
