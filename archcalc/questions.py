"""The Python API for several networks, and for all that can be named."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

from archcalc.collector import collector_at_rest
from archcalc.errors import ArchError
from archcalc.network import Network, expect_word, load
from archcalc.spec.catalogue import Catalogue

if TYPE_CHECKING:
    from archcalc.analysis.modules import Modules
    from archcalc.analysis.quoted import Quoted
    from archcalc.analysis.weights import Weights
    from archcalc.answers.audit import Audit
    from archcalc.answers.check import Agreements
    from archcalc.answers.compare import Comparison
    from archcalc.answers.conventions import Conventions
    from archcalc.answers.devices import Devices
    from archcalc.answers.identify import Candidates, Meanings
    from archcalc.answers.list import Catalogue as Listing
    from archcalc.answers.list import Validation
    from archcalc.answers.ops import Kinds
    from archcalc.answers.predict import Calibrated
    from archcalc.answers.report import OnePage, Report
    from archcalc.answers.sweep import Sweep
    from archcalc.layers import Shape
    from archcalc.render.list import Listed
    from archcalc.spec.budget import Limit

Named: TypeAlias = Network | str | os.PathLike[str]
"""A network, or what names one."""

Only = Literal["shapes", "params", "macs", "activations"]

_CHECKPOINTS: Final = (".pth", ".pt", ".bin", ".safetensors", ".ckpt", ".tar", ".pkl", ".pickle", ".th")
"""Endings of what is surely meant to be a file."""


class Tried(NamedTuple):
    """A network that was asked for, or why there is none."""

    word: str
    network: Network | None
    fault: ArchError | None


def every(spec_dir: str | os.PathLike[str] | None = None) -> Iterator[Tried]:
    """Yield every network that can be named, the broken ones with their faults."""
    for path in Catalogue(spec_dir).files().values():
        yield tried(str(path), lambda path=path: load(path, spec_dir=spec_dir))  # type: ignore[misc]


def tried(word: str, read: Callable[[], Network]) -> Tried:
    """Read a network with all its shapes, or return what is wrong with it."""
    try:
        network = read()
        _ = network.graph
        return Tried(word, network, None)
    except ArchError as error:
        return Tried(word, None, error)


def _networks(named: Iterable[Named]) -> list[Network]:
    return [one if isinstance(one, Network) else load(one) for one in named]


def compare(
    *networks: Named,
    batch: int = 1,
    only: Only | None = None,
    changed: bool = False,
) -> "Comparison":
    """Return two networks or more side by side, layer by layer, and what differs from the first.

    Raises ArchError for fewer than two, and where a network does not fit.

    >>> import archcalc
    >>> archcalc.compare("paper", "torchvision").parting.names
    ['conv1']
    """
    from archcalc.analysis.compare.comparison import compare as compared
    from archcalc.answers.compare import Comparison

    expect_word(only, Only, "quantity")
    if len(networks) < 2:
        raise ArchError("compare needs two specs or more, as in archcalc compare paper torchvision")
    found = compared([network.graph for network in _networks(networks)], batch)
    return Comparison.of(found, only=only, changed=changed)


def report(
    *networks: Named,
    batch: int = 1,
    device: str = "h100-sxm",
    title: str = "",
    profiles: Iterable[str | os.PathLike[str]] = (),
    progress: Callable[[str], None] = lambda words: None,
) -> "Report":
    """Return pages for a browser: one for each network, and one that compares them, if there are several.

    Memory and the roofline, which is that of a `device`, are those of `batch` examples. `profiles` are files of records
    that `profile` measured; each page shows those of its network. `title` is that of the page of all.
    `progress` is told which network it is the turn of.
    Raises ArchError for no network at all, for one that does not fit, for an unknown device, and for a file that is no
    record.

    >>> import archcalc
    >>> archcalc.report("paper", "torchvision")
    <Report: index.html, alexnet_paper.html, alexnet_torchvision.html>
    """
    from archcalc.analysis.profile.files import read_records
    from archcalc.analysis.report.gathering import Gathered, gather
    from archcalc.answers.report import Report
    from archcalc.render.report.files import pages

    if not networks:
        raise ArchError("a report needs a network")
    records = [record for path in profiles for record in read_records(Path(path), "--from-profile")]
    several = _networks(networks)

    def gathered() -> Iterator[Gathered]:
        for place, one in enumerate(several, 1):
            progress(f"page {place} of {len(several)}: {one.spec.label}")
            yield gather(one.graph, batch, device, records)

    with collector_at_rest():
        return Report(pages(gathered(), has_index=len(several) > 1, title=title))


def one_page(*networks: Named, title: str = "", batch: int = 1) -> "OnePage":
    """Return networks side by side on one page: what differs, which claims are wrong, and the figure of each.

    All are held against the first, if they can be read beside it layer by layer; otherwise each against the one before
    it with which it has most layers in common. Memory is that of `batch` examples. Raises ArchError for no network at
    all, and for one that does not fit.

    >>> import archcalc
    >>> archcalc.one_page("paper", "torchvision")
    <OnePage: 2 networks; html() and markdown() write it>
    """
    from archcalc.analysis.report.several import gather_several
    from archcalc.answers.report import OnePage
    from archcalc.render.report.together.content import content

    if not networks:
        raise ArchError("a report needs a network")
    with collector_at_rest():
        return OnePage(content(gather_several([one.graph for one in _networks(networks)], batch), title))


def audit(*networks: Named, title: str = "") -> "Audit":
    """Return every claim about these networks, judged; `title` is that of the page."""
    from archcalc.answers.audit import Audit

    return Audit(tuple(one for network in _networks(networks) for one in network.audit().networks), title)


def check(*networks: Named, device: str = "meta") -> "Agreements":
    """Return tables next to what PyTorch and its counters observe. Needs torch and fvcore."""
    from archcalc.answers.check import Agreements

    found = (one for network in _networks(networks) for one in network.check(device).agreements)
    return Agreements(tuple(found))


def identify(
    what: str | int | os.PathLike[str],
    *,
    key: str | None = None,
    spec_dir: str | os.PathLike[str] | None = None,
    on_fault: Callable[[str], None] = lambda path: None,
    show_all: bool = False,
) -> "Meanings | Candidates":
    """Return what a number, such as "0.77G", or a shape, such as "96x55x55", may be, the likeliest first.

    Of the path of a checkpoint, return the networks that it fits; `key` is that of the state_dict in the file, and that
    with most tensors is taken if there is none. `show_all` shows what is less likely too, which is always among what is
    returned. `on_fault` is called with the path of each spec that cannot be read. Raises ArchError for what is no
    number, no shape and no file.

    >>> import archcalc
    >>> archcalc.identify(61_100_840).meanings[0].networks
    ('alexnet_cuda_convnet2', 'alexnet_owt', 'alexnet_torchvision')
    """
    word = os.fspath(what) if not isinstance(what, int) else str(what)
    quoted = _quoted(word)
    if quoted is None:
        return _of_file(Path(word), key, spec_dir)
    if key is not None:
        raise ArchError(f"a key is of a state_dict in a file, and {word} is not a file")
    return _of_quoted(word, quoted, spec_dir, on_fault, show_all)


def _quoted(word: str) -> "Quoted | Shape | None":
    """Return the number or shape that was asked for; None for a file. Raises ArchError for what is none of them."""
    from archcalc.analysis.quoted import read_quoted, read_shape

    path = Path(word)
    if _is_there(path):
        return None
    shape = read_shape(word)
    if shape is not None:
        return shape
    try:
        return read_quoted(word)
    except ArchError as fault:
        if path.suffix in _CHECKPOINTS or len(path.parts) > 1 or os.path.isdir(path):
            return None
        raise ArchError(f"there is no file '{word}', and {fault}") from None


def _is_there(path: Path) -> bool:
    """Return whether there is a file, or a pipe or a device; not for a word that is no name of a file."""
    try:
        return path.exists() and not path.is_dir()
    except OSError:
        return False


def _of_quoted(
    word: str,
    quoted: "Quoted | Shape",
    spec_dir: str | os.PathLike[str] | None,
    on_fault: Callable[[str], None],
    show_all: bool,
) -> "Meanings":
    from archcalc.analysis.identify.number_meanings import meanings
    from archcalc.analysis.identify.sayings import sayings
    from archcalc.analysis.identify.shapes import shape_meanings
    from archcalc.analysis.quoted import Quoted
    from archcalc.answers.identify import Meanings

    graphs = []
    for path, network, _ in every(spec_dir):
        if network is None:
            on_fault(path)
        else:
            graphs.append(network.graph)
    said = tuple(sayings(graphs, quoted))
    if not isinstance(quoted, Quoted):
        return Meanings(word, sayings=said, shapes=tuple(shape_meanings(graphs, quoted)), show_all=show_all)
    return Meanings(word, tuple(meanings(graphs, quoted)), said, hint=quoted.hint, show_all=show_all)


def _of_file(file: Path, key: str | None, spec_dir: str | os.PathLike[str] | None) -> "Candidates":
    from archcalc.analysis.modules import Modules
    from archcalc.answers.identify import Candidates
    from archcalc.checkpoint.read import read

    checkpoint = read(file, key)
    modules = Modules(checkpoint)
    fits = [_fit(network, modules) for _, network, _ in every(spec_dir) if network is not None]
    candidates = sorted((one for one in fits if one), key=lambda one: (one.misfit_count, -one.elements, one.network))
    return Candidates(checkpoint, tuple(candidates))


def _fit(network: Network, found: "Modules") -> "Weights | None":
    """Return a network next to a checkpoint, with as many classes as that has; None where torch has no such network."""
    from archcalc.analysis.weights import CLASSES, fit
    from archcalc.twins import place

    name = network.spec.name
    try:
        first = fit(name, place(network.graph), found)
        if first.rows is None or CLASSES not in network.spec.params:
            return first
        classes: dict[str, Any] = {CLASSES: first.rows}
        again = network.with_(**classes)
        return fit(f"{name} --set {CLASSES}={first.rows}", place(again.graph), found)
    except ArchError:
        return None


def catalogue(spec_dir: str | os.PathLike[str] | None = None, *, show_notes: bool = False) -> "Listing":
    """Return the specs that can be named, with their totals; broken ones with their faults.

    Those of a family come together. `show_notes` shows their notes too, which are always among what is returned.

    >>> import archcalc
    >>> [spec.name for spec in archcalc.catalogue().specs][:2]
    ['alexnet_caffe', 'alexnet_ccv']
    """
    from archcalc.answers.list import Catalogue as Listing
    from archcalc.render.list import by_family

    return Listing(tuple(by_family(map(listed, every(spec_dir)))), show_notes)


def validate(
    *specs: str | os.PathLike[str],
    spec_dir: str | os.PathLike[str] | None = None,
    budget: Mapping[str, Any] | None = None,
) -> "Validation":
    """Return spec files, each with all of its faults and their places, and held against its budget.

    `budget` has limits that stand before those of the specs, as `Network.budget` takes them.

    >>> import archcalc
    >>> [(name, verdict.difference) for name, verdict in archcalc.validate("d2l", budget={"params": "46M"}).exceeded]
    [('alexnet_d2l', Fraction(764746, 1))]
    """
    from archcalc.spec.budget import read_limits

    limits = read_limits(budget or {})
    words = [str(os.fspath(spec)) for spec in specs]
    several = (tried(word, lambda word=word: load(word, spec_dir=spec_dir)) for word in words)  # type: ignore[misc]
    return validated(several, limits)


def validated(several: Iterable[Tried], limits: "Mapping[str, Limit]") -> "Validation":
    """Return networks that were read, each with its faults and held against its budget, and `limits`.

    A budget that cannot be held against a network is one of the faults.
    """
    from archcalc.analysis.budget.judgement import judge
    from archcalc.answers.list import Validation

    read, budgets = [], []
    for one in several:
        spec, judged = listed(one), None
        try:
            judged = judge(one.network.graph, limits) if one.network else None
        except ArchError as error:
            spec = spec._replace(faults=error.at(None, spec.file).faults)
        read.append(spec)
        budgets.append(judged)
    return Validation(tuple(read), budgets=tuple(budgets))


def listed(one: Tried) -> "Listed":
    """Return a network with its table, or what is wrong with it."""
    from archcalc.render.list import Listed
    from archcalc.table import measure

    word, network, fault = one
    if network is None:
        return Listed(word, (), "", word, None, faults=fault.faults if fault else ())
    spec = network.spec
    return Listed(spec.name, spec.aliases, spec.title, spec.file, measure(network.graph), spec.notes, spec.family)


def sweep(network: Named, vary: Mapping[str, Any] | None = None, **asked: Any) -> "Sweep":
    """Return the variants of a network, as `Network.sweep` has them.

    >>> import archcalc
    >>> archcalc.sweep("lenet_d2l", {"conv1.out_channels": "1..64"}, top=1, by="-params").to_frame().params.tolist()
    [86414]
    """
    return _networks([network])[0].sweep(vary, **asked)


def starter(like: Named | None = None, file: str | os.PathLike[str] = "network.yaml") -> str:
    """Return the text of a new spec for a file: a small network, or a copy of all layers of another.

    Raises ArchError for a file whose ending is not that of a spec.

    >>> import archcalc
    >>> archcalc.load(archcalc.starter()).table().totals.params
    545098
    """
    from archcalc.exchange.starter import starter as text_of
    from archcalc.spec.catalogue import SUFFIXES, name_of

    path = Path(file)
    if path.suffix not in SUFFIXES:
        raise ArchError(f"{path} has not the ending of a spec: name a file such as my_net.yaml")
    if like is None and path.suffix == ".json":
        like = load(text_of())
    spec = None if like is None else _networks([like])[0].spec
    return text_of(spec, name_of(path.stem), as_json=path.suffix == ".json")


def conventions(name: str | None = None) -> "Conventions":
    """Return every counting convention, or those that a word means: a name, or a framework such as "tensorflow".

    Raises ArchError for an unknown one.
    """
    from archcalc.analysis.conventions import CONVENTIONS, meant
    from archcalc.answers.conventions import Conventions

    return Conventions(tuple(CONVENTIONS.values()) if name is None else meant(name), is_all=name is None)


def devices(word: str | None = None) -> "Devices":
    """Return the data sheets of devices, or that of one. Raises ArchError for one that is not listed.

    >>> import archcalc
    >>> archcalc.devices("h100-sxm").devices[0].gbs
    3350
    """
    from archcalc.analysis.datasheets import DEVICES
    from archcalc.analysis.devices import find
    from archcalc.answers.devices import Devices

    return Devices(DEVICES) if word is None else Devices((find(word),), is_all=False)


def calibrate(
    device: str = "auto",
    *,
    seed: int = 0,
    save: str | os.PathLike[str] | None = None,
    report: Callable[[str], None] = lambda words: None,
) -> "Calibrated":
    """Measure networks and layers on this machine, in a process of its own, and keep what predictions are made of.

    It is kept in the user's cache, and written to the file `save`. Needs torch. Raises MissingError where there is no
    such device, and ArchError where little can be measured.
    """
    from datetime import UTC, datetime

    from archcalc.analysis.predict import calibration as place
    from archcalc.analysis.predict.grid import KINDS_FILE, grid
    from archcalc.analysis.predict.learning import learn
    from archcalc.answers.predict import Calibrated
    from archcalc.graph import link
    from archcalc.pytorch.calibrate.process import measure_in_a_process

    shipped = Catalogue.shipped()
    jobs = grid([link(shipped.load(name)) for name in shipped.files()], link(shipped.load(str(KINDS_FILE))), seed)
    found = measure_in_a_process(jobs, device, report)
    created = datetime.now(UTC).isoformat(timespec="seconds")
    calibration = learn(jobs, found, seed, created)
    place.keep(calibration)
    if save is not None:
        place.write(calibration, Path(save))
    return Calibrated(calibration)


def ops(op: str | None = None) -> "Kinds":
    """Return the layer kinds and structures with their fields, or the one called `op`."""
    from archcalc.answers.ops import Kinds

    return Kinds(op)
