"""The table of benchmarks. A further one is a folder with a benchmark.py, and a line here."""

from lbf_model.tasks.css.benchmark import CSS
from lbf_model.tasks.fashion200k.benchmark import FASHION200K
from lbf_model.tasks.garments.benchmark import GARMENTS
from lbf_model.tasks.mit_states.benchmark import MIT_STATES
from lbf_model.tasks.triplets.benchmark import TRIPLETS

BENCHMARKS = {
    benchmark.name: benchmark
    for benchmark in (
        CSS,  # the default of --dataset
        GARMENTS,
        FASHION200K,
        MIT_STATES,
        TRIPLETS,
    )
}
