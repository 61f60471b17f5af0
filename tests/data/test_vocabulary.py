"""Tokens and numbers, and sequences of different lengths in one array."""

import numpy as np
import pytest

from amont.core.errors import ArgumentError, DataError, ShapeError
from amont.data import Vocabulary, pad_sequences

TEXTS = ["the cat and the dog", "the bird", "a dog"]


def test_most_frequent_first_then_by_alphabet() -> None:
    vocabulary = Vocabulary.from_texts(TEXTS)
    assert vocabulary.tokens == ("<pad>", "<unk>", "the", "dog", "a", "and", "bird", "cat")
    assert len(vocabulary) == 8
    assert "dog" in vocabulary
    assert "fish" not in vocabulary


def test_there_and_back() -> None:
    vocabulary = Vocabulary.from_texts(TEXTS)
    ids = vocabulary.encode("the fish and the cat")
    assert ids.dtype == np.int64
    assert ids.tolist() == [2, 1, 5, 2, 7]
    assert vocabulary.decode([*ids, 0, 0]) == ["the", "<unk>", "and", "the", "cat"]
    assert vocabulary.encode(["the", "cat"]).tolist() == [2, 7]
    assert vocabulary["dog"] == 3
    assert vocabulary["fish"] == 1


def test_limits_and_tokenizer() -> None:
    assert Vocabulary.from_texts(TEXTS, min_count=2).tokens[2:] == ("the", "dog")
    assert Vocabulary.from_texts(TEXTS, max_size=1).tokens[2:] == ("the",)
    letters = Vocabulary.from_texts(["abba", "b"], tokenize=list)
    assert letters.tokens[2:] == ("b", "a")
    assert letters.encode("ab").tolist() == [3, 2]
    assert Vocabulary.from_texts(["<unk> x <pad>"]).tokens == ("<pad>", "<unk>", "x")


def test_bad_tokens_and_ids() -> None:
    with pytest.raises(ArgumentError, match="'b' stands there more often"):
        Vocabulary(["a", "b", "b"])
    with pytest.raises(DataError, match="between 0 and 2, got 3"):
        Vocabulary(["a"]).decode([0, 3])


def test_pad() -> None:
    array, lengths = pad_sequences([[1, 2, 3], [4]])
    assert array.tolist() == [[1, 2, 3], [4, 0, 0]]
    assert array.dtype == np.int64
    assert lengths.tolist() == [3, 1]
    array, lengths = pad_sequences([[1, 2, 3], [4]], length=2, value=-1)
    assert array.tolist() == [[1, 2], [4, -1]]
    assert lengths.tolist() == [2, 1]
    array, lengths = pad_sequences([np.ones((2, 5), np.float32), np.ones((4, 5), np.float32)], length=6)
    assert (array.shape, array.dtype, lengths.tolist()) == ((2, 6, 5), np.float32, [2, 4])
    assert array.sum() == 30


def test_pad_refuses() -> None:
    with pytest.raises(DataError, match="got none"):
        pad_sequences([])
    with pytest.raises(DataError, match="sequence 1 is empty"):
        pad_sequences([[1], []])
    with pytest.raises(ShapeError, match="sequence 1 has shape"):
        pad_sequences([np.ones((2, 3)), np.ones((2, 4))])
    with pytest.raises(ArgumentError, match="length"):
        pad_sequences([[1]], length=0)
