"""make space: upload the app to a Hugging Face Space with the official client.

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
    """Upload, so that the Space holds these files and no others; 2 if something is missing, 1 if the Hub refuses."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space", help="user/name; created if it does not exist")
    parser.add_argument("--force", action="store_true", help="also upload uncommitted changes")
    flags = parser.parse_args(arguments)
    if not _NAME.fullmatch(flags.space):
        return _refuse(f"{flags.space!r} is not the name of a Space; write: make space SPACE=user/name")
    changed = uncommitted()
    if changed and not flags.force:
        some = ", ".join(changed[:5]) + (f" and {len(changed) - 5} more" if len(changed) > 5 else "")
        return _refuse(f"uncommitted changes: {some}. Commit first, or upload them with FORCE=1")

    from huggingface_hub import HfApi, get_token
    from huggingface_hub.errors import HFValidationError, HTTPError

    if get_token() is None:
        return _refuse(
            "no token for the Hugging Face Hub. Create one with write access at https://huggingface.co/settings/tokens, then "
            "set HF_TOKEN, or run: .venv/bin/hf auth login"
        )
    with tempfile.TemporaryDirectory(prefix="lbf-space-") as temporary:
        folder, files = Path(temporary), space_files(ROOT)
        stage(files, folder, ROOT, flags.space)
        if problems := file_problems(folder, files) + card_problems(folder):
            return _refuse("a Space would refuse this:\n  " + "\n  ".join(problems))
        api = HfApi()
        try:
            address = api.create_repo(flags.space, repo_type="space", space_sdk="gradio", exist_ok=True)
            api.upload_folder(repo_id=flags.space, repo_type="space", folder_path=folder, delete_patterns="*")
        except (HTTPError, HFValidationError, OSError) as error:
            print(f"error: the Hub refused it: {error}", file=sys.stderr)
            return 1
    print(f"{len(files)} files are at {address}; it is being built now, which takes some minutes")
    return 0


def _refuse(why: str) -> int:
    print(f"error: {why}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
