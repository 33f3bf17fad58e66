#!/usr/bin/env bash
# threadpoolctl 3.8: a limit on OpenBLAS that another Python thread asks for is ignored without a word,
# as long as the thread that has set the first limit keeps it. 3.6 does what is asked.
#
# This hurts users who serve a tagger from worker threads: `threadpool_limits(1)` in a request handler does
# nothing if the main thread has set any limit at start-up, and every request then uses all cores.
# Seen with numpy 2.2.6 on Linux: version 3.6.0 prints "worker asked for 1 and has 1", version 3.8.0
# prints "worker asked for 1 and has 2".
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cat > "$folder/limits.py" <<'PYTHON'
import threading
from importlib.metadata import version

import numpy
from threadpoolctl import threadpool_info, threadpool_limits


def n_threads():
    (blas,) = [library for library in threadpool_info() if library["user_api"] == "blas"]
    return blas["num_threads"]


def work():
    with threadpool_limits(limits=1, user_api="blas"):
        print(f"worker asked for 1 and has {n_threads()}")


print(f"threadpoolctl {version('threadpoolctl')}, numpy {version('numpy')}")
limits = threadpool_limits(limits=2, user_api="blas")
worker = threading.Thread(target=work)
worker.start()
worker.join()
PYTHON
for release in 3.6.0 3.8.0; do
    python3 -m venv "$folder/$release"
    "$folder/$release/bin/pip" install --quiet threadpoolctl==$release numpy==2.2.6
    OPENBLAS_NUM_THREADS=2 "$folder/$release/bin/python" "$folder/limits.py" | tee "$folder/$release.txt"
done
grep -q "asked for 1 and has 1" "$folder/3.6.0.txt"
grep -q "asked for 1 and has 2" "$folder/3.8.0.txt"
