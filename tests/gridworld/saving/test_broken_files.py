"""Whatever is wrong with a file is told as one LoadError, and nothing is loaded."""

import io
import json
import pathlib
import re
import struct
import tempfile
import zipfile

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from gridworld import ALGORITHMS, Change, LoadError, Status, Trainer
from gridworld.saving import npz
from tests.gridworld.runs.test_run import all_of, make


def contents(algorithm="q_learning"):
    """The header and the arrays of a saved run, and its bytes."""
    scheduled = [Change(100, 0, "epsilon", 0.5), Change(10**6, 0, "learning_rate", 0.5)]
    n_optimal = 0 if ALGORITHMS[algorithm].plans else 3  # which is optimal too soon
    trainer = make(scheduled, optimal_evaluations=n_optimal, algorithm=algorithm)
    trainer.advance(600)
    is_used = "learning_rate" in trainer.learning_config.in_effect
    trainer.tune(**{"learning_rate" if is_used else "discount_factor": 0.3})
    trainer.advance(7)
    trainer.analyse()
    assert trainer.snapshot.step > 0
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "run.npz")
        trainer.save(path)
        data = path.read_bytes()
    with np.load(io.BytesIO(data)) as file:
        arrays = {name: file[name] for name in file.files}
    return json.loads(arrays.pop("header").tobytes()), arrays, data


HEADER, ARRAYS, DATA = contents()
#: The same of every algorithm, and of an earlier version.
OF_ALL = {key: contents(key)[:2] for key in ALGORITHMS}
with np.load(pathlib.Path(__file__).with_name("data") / "version_1.npz") as _file:
    OF_ALL["version 1"] = (
        json.loads(_file["header"].tobytes()),
        {name: _file[name] for name in _file.files if name != "header"},
    )


def packed(header=HEADER, arrays=ARRAYS, raw_header=None):
    text = json.dumps(header).encode() if raw_header is None else raw_header
    file = io.BytesIO()
    np.savez_compressed(file, header=np.frombuffer(text, np.uint8), **arrays)
    return file.getvalue()


def repacked(path, **arrays):
    """The bytes of a file with other arrays in place of some."""
    with np.load(path) as file:
        return packed(json.loads(file["header"].tobytes()), without_header(file) | arrays)


def without_header(file):
    return {name: file[name] for name in file.files if name != "header"}


def changed(fields, path, value):
    """A copy of a header with the field at ``path`` changed."""
    fields = json.loads(json.dumps(fields))
    *outer, last = path
    inner = fields
    for name in outer:
        inner = inner[name]
    inner[last] = value
    return fields


def poisoned(name, index, value, field=None):
    array = ARRAYS[name].copy()
    (array if field is None else array[field])[index] = value
    return ARRAYS | {name: array}


def refused(data, message=None):
    with pytest.raises(LoadError, match=message) as error:
        Trainer.load(data)
    assert "\n" not in str(error.value)
    return str(error.value)


def goes_on(data):
    """Whether the file is loaded; what is loaded can be trained on without any error."""
    try:
        trainer = Trainer.load(data)
    except LoadError:
        return False
    trainer.analyse()
    assert len(trainer.keyframes) > 0
    if trainer.status is Status.IDLE:
        trainer.start()
    if trainer.status is Status.PAUSED:
        trainer.resume()
        trainer.advance(3000)
        trainer.analyse()
    return True


def test_the_file_of_these_tests_is_whole():
    assert Trainer.load(packed()).snapshot.total_steps == 607
    assert goes_on(DATA)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"PK",
        b"PK\5\6" + bytes(18),
        bytes(1000),
        b"hello world" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        DATA[:-1],
        DATA[: len(DATA) // 2],
        DATA[100:],
        DATA + b"\0",
    ],
)
def test_a_foreign_or_truncated_file_is_refused(data):
    assert refused(data).startswith(("this file", "file", "header"))


def test_an_archive_of_other_arrays_is_refused():
    file = io.BytesIO()
    np.savez(file, a=np.zeros(3))
    refused(file.getvalue(), "^this file is no saved run of GridWorld Dashboard$")


@pytest.mark.parametrize("source", [3, None, [1], io.StringIO("text")])
def test_a_source_of_another_kind_is_refused(source):
    refused(source, "^file must be")


def test_a_file_that_is_too_large_is_refused(monkeypatch, tmp_path):
    monkeypatch.setattr(npz, "MAX_FILE_BYTES", len(DATA) - 1)
    path = tmp_path / "run.npz"
    path.write_bytes(DATA)
    for source in (DATA, path, io.BytesIO(DATA)):
        refused(source, "^file must have at most .* bytes")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (["format"], "other", "^this file is no saved run of GridWorld Dashboard$"),
        (["version"], 5, "^version must be at most 4, got 5: a newer gridworld wrote the file"),
        (["version"], 0, "^version must be a whole number from 1"),
        (["version"], "1", "^version must be a whole number"),
        (["status"], "ASLEEP", "^status must be one of IDLE"),
        (["status"], "IDLE", "^status must not be IDLE after 607 steps"),
        (["status"], "FINISHED", "^status must not be FINISHED after"),
        (["status"], [], "^status must be"),
        (["world", "slip"], 2, "^world: slip must be a number from 0 to 1"),
        (["world", "layout"], "S.\nG", "^world: "),
        (["world", "n_rows"], 9, "^world: n_rows must be the layout's 4, got 9"),
        (["world", "wind"], [1], "^world: wind has 1 values"),
        (["world", "wind"], 1, "^world: wind must be"),
        (["world", "level"], {}, "^world: level must be"),
        (["world", "other"], 1, "^world has the unknown field 'other'"),
        (["world"], [], "^world must be named fields"),
        (["learning", "learning_rate"], 0, "^learning: learning_rate must be above 0"),
        (["learning", "num_episodes"], 3, "^counts: episodes must be a whole number from 0 to 3"),
        (["environment"], "Taxi-v3", "^environment must be GridWorld-v0, got 'Taxi-v3'"),
        (["algorithm"], "q", "^algorithm must be .*q_learning.*, got 'q'"),
        (["algorithm"], [], "^algorithm must be .*q_learning.*, got"),
        (["exploration"], "mood", "^exploration must be one of epsilon_greedy, .*, got 'mood'"),
        (["seed"], "0x", "^seed must be"),
        (["seed"], 3, "^seed must be"),
        (["seed"], "-0x1", "^seed must be"),
        (["counts", "episodes"], 10**9, "^counts: episodes must be a whole number from 0 to 60"),
        (["counts", "frames"], 1, "^counts: frames must be a whole number from 2 to 201"),
        (["counts", "frames"], 10**6, "^counts: frames must be a whole number from 2 to 201"),
        (["counts", "evaluations"], 0, "^counts: evaluations"),
        (["counts", "changes"], True, "^counts: changes"),
        (["numbers", "total_steps"], 606.5, "^total_steps must be a whole number"),
        (["numbers", "total_steps"], 10**30, "^total_steps must be a whole number"),
        (["numbers", "total_steps"], 5, "^total_steps must be episode_lengths and"),
        (["numbers", "episode_return"], "1", "^episode_return must be a finite number"),
        (["numbers", "n_optimal"], 4, "^n_optimal must be a whole number from 0 to 3"),
        (["numbers", "n_scheduled"], 2, "^n_scheduled must be the changes scheduled after"),
        (["numbers", "n_scheduled"], 3, "^n_scheduled must be a whole number from 0 to 2"),
        (["numbers", "keyframe_interval"], 3, "^keyframe_interval must fit"),
        (["numbers", "keyframe_interval"], 2**60, "^keyframe_interval must be"),
        (["numbers", "keyframe_interval"], 0, "^keyframe_interval must be"),
        (["numbers", "evaluation_interval"], 2, "^evaluation_interval must fit"),
        (["numbers", "agent_generator", "bit_generator"], "MT19937", "^agent_generator must be"),
        (["numbers", "agent_generator", "state", "inc"], 2, "^agent_generator: inc must be odd"),
        (["numbers", "agent_generator", "state", "state"], -1, "^agent_generator: state must be"),
        (["numbers", "world_generator", "state", "state"], 2**128, "^world_generator: state"),
        (["numbers", "world_generator", "uinteger"], 2**32, "^world_generator: uinteger must be"),
        (["numbers", "world_generator", "has_uint32"], None, "^world_generator: has_uint32 must"),
        (["numbers", "world_generator"], None, "^world_generator must be named fields"),
        (["numbers"], None, "^numbers must be named fields"),
    ],
)
def test_a_wrong_field_is_named(path, value, message):
    refused(packed(changed(HEADER, path, value)), message)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "^header must be JSON"),
        (b"\xff\xfe", "^header must be text"),
        (b"[" * 100_000, "^header must be JSON"),
        (b"1" * 5000, "^header must be JSON"),
        (b"[1, 2]", "^this file is no saved run"),
        (json.dumps(HEADER).replace("607", "NaN").encode(), "^header must be JSON: NaN"),
        (json.dumps(HEADER).replace("607", "1e999").encode(), "^total_steps must be a whole"),
        (b" " * 2_000_000, "^header must have at most"),
    ],
)
def test_a_header_that_cannot_be_read_is_refused(raw, message):
    refused(packed(raw_header=raw), message)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        (poisoned("q_values", (0, 0, 0), np.nan), "^q_values must be finite numbers, got"),
        (poisoned("q_values", (-1, 3, 1), -np.inf), "^q_values must be finite numbers, got"),
        (poisoned("visits", (-1, 0, 0), -1), "^visits must be from 0 to 607"),
        (poisoned("visits", (-1, 0, 0), 600), "^visits must add up to the steps"),
        (poisoned("trails", (-1, 0), 20), "^trails must be from 0 to 19, got"),
        (poisoned("trails", (-1, 0), -1), "^trails must be from 0 to 19, got"),
        (poisoned("trails", (-1, 0), 12), "^trails must lead over cells that can be entered"),
        (poisoned("steps", -1, 99, "state"), "^steps: state must be from 0 to 19"),
        (poisoned("steps", -1, 4, "action"), "^steps: action must be from 0 to 3"),
        (poisoned("steps", -1, 5, "next_state"), "^steps: next_state must be the last cell"),
        (poisoned("steps", -1, np.nan, "reward"), "^steps: reward must be finite"),
        (poisoned("updates", -1, 99, "state"), "^updates: state must be from -1 to 19"),
        (poisoned("updates", -1, 4, "action"), "^updates: action must be from 0 to 3"),
        (poisoned("updates", -1, 4, "next_action"), "^updates: next_action must be from -1 to 3"),
        (poisoned("updates", -1, 1.5, "discount"), "^updates: discount must be from 0 to 1"),
        (poisoned("updates", -1, np.nan, "learning_rate"), "^updates: learning_rate must be"),
        (poisoned("updates", -1, np.nan, "next_value"), "^updates: next_value must be finite"),
        (poisoned("updates", 3, np.inf, "target"), "^updates: target must be finite"),
        (poisoned("epsilons", 2, 1.5), "^epsilons must be from 0 to 1"),
        (poisoned("epsilons", 2, np.nan), "^epsilons must be from 0 to 1"),
        (poisoned("episode_returns", 1, np.inf), "^episode_returns must be finite"),
        (poisoned("episode_lengths", 1, 0), "^episode_lengths must be from 1 to 40"),
        (poisoned("episode_lengths", 1, 41), "^episode_lengths must be from 1 to 40"),
        (poisoned("evaluation_policies", 0, 0), "^evaluation_policies must take an action"),
        (poisoned("evaluation_epsilons", 0, -1), "^evaluation_epsilons must be from 0 to 1"),
        (poisoned("evaluation_returns", 0, np.inf), "^evaluation_returns must be finite"),
        (poisoned("changes", 0, b"speed", "name"), "^changes: tune takes learning_rate"),
        (poisoned("changes", 0, b"\xff", "name"), "^changes: tune takes learning_rate"),
        (poisoned("changes", 0, 2.0, "value"), "^changes: epsilon must be a number from 0 to 1"),
        (poisoned("changes", 0, np.nan, "value"), "^changes: epsilon must be a number"),
        (poisoned("changes", 0, 605, "total_steps"), "^changes must be in order"),
        (poisoned("changes", 1, 608, "total_steps"), "^changes must be in order and not after"),
        (poisoned("changes", 0, 1, "episode"), "^changes must tell the episodes"),
        (
            poisoned("scheduled", 1, -1, "total_steps"),
            "^scheduled: total_steps of a change must be",
        ),
        (poisoned("scheduled", 1, 0, "total_steps"), "^n_scheduled must be the changes scheduled"),
    ],
)
def test_a_wrong_value_in_an_array_is_named(arrays, message):
    refused(packed(arrays=arrays), message)


@pytest.mark.parametrize("name", ARRAYS)
def test_arrays_must_be_of_their_type_and_shape(name):
    array = ARRAYS[name]
    others = [array[:-1], np.concatenate([array, array]), array[None], array.astype("O")]
    others += [np.zeros(array.shape, "f4"), np.zeros(array.shape, "<U3"), np.zeros(())]
    others += [np.asfortranarray(array)] if array.ndim > 1 else []
    for other in others:
        file = io.BytesIO(DATA)
        if other.dtype.hasobject:
            np.savez(file, header=header_bytes(), **ARRAYS | {name: other})
            data = file.getvalue()
        else:
            data = packed(arrays=ARRAYS | {name: other})
        refused(data, f"^{name} must be|^{name} must have|^file must")
    refused(packed(arrays={n: a for n, a in ARRAYS.items() if n != name}), "^file must hold")
    refused(packed(arrays=ARRAYS | {f"{name}2": array}), "^file must hold")


def header_bytes(header=HEADER):
    return np.frombuffer(json.dumps(header).encode(), np.uint8)


def members():
    with zipfile.ZipFile(io.BytesIO(DATA)) as file:
        return {info.filename: file.read(info) for info in file.infolist()}


def zipped(files, compression=zipfile.ZIP_DEFLATED):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", compression) as file:
        for name, content in files:
            file.writestr(name, content)
    return data.getvalue()


@pytest.mark.parametrize("name", ["header", "q_values", "episode_returns"])
def test_a_zip_bomb_is_refused_before_it_goes_off(name):
    bomb = members()[f"{name}.npy"] + bytes(50_000_000)
    data = zipped((members() | {f"{name}.npy": bomb}).items())
    assert len(data) < 200_000
    refused(data, f"^{name} must have at most .* bytes, got 50,0")


def test_a_member_that_lies_about_its_size_is_refused():
    honest = members()["q_values.npy"]
    bomb = honest + bytes(30_000_000)
    data = bytearray(zipped((members() | {"q_values.npy": bomb}).items()))
    size = struct.pack("<I", len(bomb))
    assert data.count(size) == 2  # in the member and in the directory
    for told in (len(honest), len(honest) - 1, 10, 0):
        refused(bytes(data.replace(size, struct.pack("<I", told))), "^q_values ")


def test_a_directory_that_lies_about_its_size_is_refused():
    for at in (-10, -6):
        data = bytearray(DATA)
        struct.pack_into("<I", data, len(data) + at, 0xFFFF)
        refused(bytes(data), "^(file|header) ")
    data = bytearray(DATA)
    struct.pack_into("<I", data, len(data) - 10, 200_000_000)
    refused(bytes(data), "^file must have a small directory")
    refused(DATA[:-22] + b"PK\6\7" + bytes(16) + DATA[-22:], "^file must be a plain ZIP file")


@pytest.mark.parametrize("compression", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compressions_are_refused(compression):
    refused(zipped(members().items(), compression), "^header must be stored or deflated")


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_members_named_twice_are_refused():
    files = [*members().items(), ("q_values.npy", members()["q_values.npy"])]
    refused(zipped(files), "^file must hold")


@pytest.mark.parametrize(
    "head",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\2\0" + bytes(200),
        b"\x93NUMPY\1\0\xff\xff",
        b"\x93NUMPY\1\0\x04\0{'a'",
        b"\x93NUMPY\1\0\x64\0" + b"(" * 100,
        b"\x93NUMPY\1\0\x08\0__name__",
    ],
)
def test_a_broken_array_header_is_refused(head):
    refused(zipped((members() | {"visits.npy": head}).items()), "^visits must")


def test_an_evaluation_cannot_be_due_in_mid_episode():
    # The run would wait for ever for the end of an episode at which it has to stop first.
    header = changed(HEADER, ["counts", "evaluations"], HEADER["counts"]["evaluations"] - 1)
    fewer = {
        name: array[:-1] if name.startswith("evaluation_") else array
        for name, array in ARRAYS.items()
    }
    refused(packed(header, fewer), "^evaluation_interval must not be due in mid-episode")


@pytest.mark.parametrize("optimal_evaluations", [0, 3])
@pytest.mark.parametrize("fewer", ["keyframe", "evaluation"])
@pytest.mark.parametrize("key", ALGORITHMS)
def test_a_record_that_was_due_when_the_file_was_written_is_made_up_for(
    key, fewer, optimal_evaluations, tmp_path
):
    # An interrupt between a call of the loop and what was to be recorded left such files.
    if ALGORITHMS[key].plans:
        optimal_evaluations = 0  # it is optimal, and ends, too soon
    whole = make(optimal_evaluations=optimal_evaluations, algorithm=key, num_episodes=300)
    whole.advance(1000)
    if fewer == "evaluation":
        interval = whole._run.evaluations.interval
        while not is_between(whole) or whole.snapshot.episode % interval:
            whole.advance(1)
    else:
        interval = whole._run.keyframe_steps.step
        while whole.total_steps % interval:
            whole.advance(1)
    whole.save(tmp_path / "run.npz")
    with np.load(tmp_path / "run.npz") as file:
        header, arrays = json.loads(file["header"].tobytes()), without_header(file)
    if fewer == "keyframe":
        header["counts"]["frames"] -= 1
        for name in ("q_values", "visits", "trails", "steps", "updates", "epsilons"):
            arrays[name] = np.delete(arrays[name], -2, axis=0)
    else:
        header["counts"]["evaluations"] -= 1
        latest = (header["counts"]["evaluations"] - 1) * interval
        header["numbers"] |= {"checked_episode": latest, "n_optimal": 0}
        for name in [name for name in arrays if name.startswith("evaluation_")]:
            arrays[name] = arrays[name][:-1]
    again = Trainer.load(packed(header, arrays))
    for trainer in (whole, again):
        if trainer.status is Status.PAUSED:
            trainer.resume()
        assert trainer.advance(3) == 3
        trainer.train(show_progress=False)
    assert all_of(again) == all_of(whole)


def is_between(trainer):
    return bool(trainer._run.progress["between_episodes"][0])


def test_nothing_is_shown_of_a_text_that_is_too_long():
    message = refused(packed(changed(HEADER, ["status"], "x" * 100_000)))
    assert len(message) < 300


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_flipped_bytes_are_found_or_do_no_harm(data):
    broken = bytearray(DATA)
    for _ in range(data.draw(st.integers(1, 3))):
        broken[data.draw(st.integers(0, len(DATA) - 1))] ^= data.draw(st.integers(1, 255))
    goes_on(bytes(broken))


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_flipped_bytes_under_a_right_checksum_are_found_or_do_no_harm(data):
    files = members()
    name = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[name])
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    goes_on(zipped((files | {name: bytes(content)}).items()))


SPECIAL = [0, 1, -1, 2**31, 2**62, -(2**63), 2**63 - 1, np.nan, np.inf, -np.inf, 1e308, 5e-324]


@settings(deadline=None, max_examples=150)
@given(st.data())
def test_poisoned_values_are_found_or_do_no_harm(data):
    header, arrays = OF_ALL[data.draw(st.sampled_from(list(OF_ALL)))]
    arrays = dict(arrays)
    for _ in range(data.draw(st.integers(1, 2))):
        name = data.draw(st.sampled_from(sorted(arrays)))
        array = arrays[name].copy()
        column = (
            array[data.draw(st.sampled_from(array.dtype.names))] if array.dtype.names else array
        )
        value = data.draw(st.one_of(st.sampled_from(SPECIAL), st.integers(-100, 700)))
        assume(column.dtype.kind in "fS" or np.isfinite(value))
        low, high = (0, 255) if column.dtype == np.uint8 else (-(2**63), 2**63 - 1)
        value = value if column.dtype.kind in "fS" else min(max(int(value), low), high)
        column.flat[data.draw(st.integers(0, column.size - 1))] = value
        arrays[name] = array
    with np.errstate(over="ignore", invalid="ignore"):  # enormous, but finite values
        goes_on(packed(header, arrays))


def paths(fields, before=()):
    for name, value in fields.items():
        yield (*before, name)
        if isinstance(value, dict):
            yield from paths(value, (*before, name))


JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=2), inner),
    max_leaves=3,
)


@settings(deadline=None, max_examples=150)
@given(st.sampled_from(list(paths(HEADER))), JSON | st.integers(-3, 700) | st.sampled_from(SPECIAL))
def test_a_header_with_other_values_is_refused_or_does_no_harm(path, value):
    goes_on(packed(changed(HEADER, path, value)))


def test_messages_say_what_is_wrong_in_one_line():
    assert re.fullmatch(
        r"q_values must be float64 of shape \(\d+, 20, 4\) in C order, got .*'<f4'.*",
        refused(packed(arrays=ARRAYS | {"q_values": ARRAYS["q_values"].astype("f4")})),
    )
