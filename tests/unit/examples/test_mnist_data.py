"""The digits: as many as published, exact bytes, and a split that leaks nothing."""

import json

import numpy as np
import pytest
from zkpot.compiler.errors import InputError
from zkpot.prover.dataset import load_samples

from examples.mnist.data import DIGITS, Digits, load_digits, main, split_digits


@pytest.fixture(scope="module")
def digits():
    return load_digits()


def test_all_digits_are_there(digits):
    assert digits.x.shape == (10000, 1, 28, 28)
    assert (digits.x.dtype, digits.y.dtype) == (np.float32, np.int64)
    assert np.bincount(digits.y).tolist() == [
        1001, 1127, 991, 1032, 980, 863, 1014, 1070, 944, 978,
    ]  # fmt: skip


def test_pixels_are_the_original_bytes(digits):
    levels = np.rint(digits.x.astype(np.float64) * 255)
    assert np.array_equal((levels / 255).astype(np.float32), digits.x)
    published = np.array(json.loads((DIGITS / "7.json").read_bytes())["data"])
    sevens = levels[digits.y == 7].reshape(-1)
    assert np.array_equal(np.rint(1000 * sevens / 255), np.rint(1000 * published))


def test_the_split_parts_the_digits(digits):
    train, test = split_digits(digits)
    assert (len(train), len(test)) == (8000, 2000)
    images = {image.tobytes() for part in (train, test) for image in part.x}
    assert len(images) == 10000
    assert np.bincount(train.y).min() > 650
    assert np.bincount(test.y[:200]).min() > 5


def test_the_split_depends_on_the_images_alone(digits):
    few = digits.chosen(np.arange(0, 10000, 50))
    back = Digits(few.x[::-1], few.y[::-1])
    for first, second in zip(split_digits(few, 40), split_digits(back, 40), strict=True):
        assert np.array_equal(first.x, second.x)
        assert np.array_equal(first.y, second.y)


@pytest.mark.parametrize("tested", [0, 10000])
def test_a_split_leaves_some_of_each(digits, tested):
    with pytest.raises(InputError, match="digits for testing"):
        split_digits(digits, tested)


def test_missing_files_name_the_remedy(tmp_path):
    with pytest.raises(InputError, match="make setup"):
        load_digits(tmp_path)


@pytest.mark.parametrize(
    "text", ["{}", "[]", '{"data": [0.1]}', '{"data": []}', json.dumps({"data": [2.0] * 784})]
)
def test_rubbish_is_refused(tmp_path, text):
    (tmp_path / "0.json").write_text(text)
    with pytest.raises(InputError, match="no digits"):
        load_digits(tmp_path)


def test_the_command_writes_what_zkpot_reads(tmp_path, digits):
    main(tmp_path / "data")
    samples = load_samples(tmp_path / "data" / "test.npz")
    _, test = split_digits(digits)
    assert np.array_equal(samples.x, test.x)
    assert np.array_equal(samples.y, test.y)
