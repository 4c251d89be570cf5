"""The words that people mean a convention by."""

import pytest

import archcalc
from archcalc.analysis.conventions import CONVENTIONS, find, meant
from archcalc.errors import ArchError
from tests.commands import run


@pytest.mark.parametrize(
    ("word", "names"),
    [
        ("tensorflow", ["keras-flops", "receptive-field"]),
        ("TensorFlow", ["keras-flops", "receptive-field"]),
        ("keras", ["keras", "keras-flops"]),
        ("caffe", ["netscope"]),
        ("Caffe", ["netscope"]),
        ("matconvnet", ["convnet-burden"]),
        ("pytorch", ["torch"]),
        ("onnx", ["onnx-tool"]),
        ("paddle", ["paddleclas", "paddleclas-2020"]),
        ("yolo", ["darknet"]),
        ("mmengine", ["fvcore"]),
        ("torchscan", ["torch-scan", "torch-scan-flops"]),
        ("ptflops", ["ptflops"]),
    ],
)
def test_conventions_are_found_by_what_people_call_them(word: str, names: list[str]) -> None:
    assert [one.name for one in meant(word)] == names
    answer = archcalc.conventions(word)
    assert [one["name"] for one in answer.to_dict()["conventions"]] == names
    assert [sheet.name for sheet in answer.rendered().sheets] == names


def test_one_that_is_meant_is_used_and_of_several_one_must_be_named() -> None:
    network = archcalc.load("torchvision")
    assert network.table(convention="Caffe").priced == network.table(convention="netscope").priced
    assert find("keras").name == "keras"
    with pytest.raises(ArchError, match=r"^'tensorflow' may mean keras-flops or receptive-field: name one of them$"):
        network.table(convention="tensorflow")


def test_no_word_means_a_convention_and_is_another_s_name() -> None:
    for one in CONVENTIONS.values():
        assert {*one.also} & {*CONVENTIONS} <= {"keras"}
        assert all(word == word.lower() for word in one.also)


def test_an_unknown_convention_is_met_with_those_there_are() -> None:
    with pytest.raises(ArchError, match=r"did you mean 'fvcore'.*there are macs, flops, params, torch"):
        find("fvcor")
    with pytest.raises(ArchError, match=r"did you mean 'tensorflow'"):
        find("tensorflo")


def test_the_command_shows_all_that_are_meant() -> None:
    done = run("conventions", "tensorflow")
    assert done.returncode == 0
    assert [line.split(":")[0] for line in done.stdout.splitlines() if "3.15.1" in line or " 1.15" in line] == [
        "keras-flops",
        "receptive-field",
    ]
