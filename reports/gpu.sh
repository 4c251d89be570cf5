#!/usr/bin/env bash
# Everything that needs a GPU, most wanted first, and its records: bash reports/gpu.sh [OPTION...]
#
# Options go to every `archcalc profile`, after its own: `--device cuda:1`, or `--device cpu --batch 2` to try the script.
# No step begins after $LIMIT seconds (600), and none takes longer than what is left of them; what is left out is named.
# Records go to reports/profiles/, what was printed to reports/gpu/. Ends with 1 where a step failed or was left out.
set -uo pipefail
cd "$(dirname "$0")/.."

limit=${LIMIT:-600}
printed=reports/gpu
failed=()
mkdir -p "$printed"

step() { # NAME COMMAND...: run one step, and keep what it prints
    local name=$1 left=$((limit - SECONDS))
    shift
    if ((left <= 0)); then
        echo "left out: $name"
        failed+=("$name")
        return
    fi
    echo "== $name: $*"
    if timeout --signal INT "$left" "$@" >"$printed/$name.txt" 2>"$printed/$name.err"; then
        cat "$printed/$name.txt"
    else
        echo "failed: $name"
        failed+=("$name")
    fi
    cat "$printed/$name.err" >&2
    [[ -s $printed/$name.err ]] || rm "$printed/$name.err"
}

profile() { # NAME [SPEC...] OPTION...
    local name=$1
    shift
    step "$name" python -m archcalc profile "$@" --quick "${options[@]}"
}

preset() { # NAME: how long it measures is the preset's own matter
    step "$1" python -m archcalc profile --preset "$1" --device cuda "${options[@]}"
}

options=("$@")
some=(paper caffe single_tower owt owt_bn torchvision)
step about python -c 'import torch; print(torch.__version__, torch.cuda.is_available() and torch.cuda.get_device_name())'
step tests python -m pytest -q -n 0 -m cuda
profile alexnets-fp32 --device cuda --mode both
profile layers torchvision paper owt_bn --device cuda --layers profiler
preset convnet-benchmarks
preset tf-benchmark
preset tf-cnn-benchmarks
profile alexnets-bf16 "${some[@]}" --device cuda --mode both --precision bf16
profile alexnets-tf32 "${some[@]}" --device cuda --mode both --precision tf32

echo "$SECONDS s in all"
if ((${#failed[@]})); then
    echo "failed or left out: ${failed[*]}"
    exit 1
fi
