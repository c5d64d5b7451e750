"""Tables of size and load: galleries, indexing, many visitors, a GPU."""

from scripts.figure_sources import Cell, Source, load, number


def gallery_scale_source() -> Source:
    figures = load("benchmarks/gallery_scale.json")
    rows = {
        (f"{int(pictures):,}", backend): row
        for backend in ("flat", "hnsw", "ivf-pq", "milvus-lite")
        for pictures, row in figures.get(backend, {}).items()
    }

    def unit(key: str, form: str, told: str) -> Cell:
        return lambda row: f"{row[key]:{form}} {told}"

    columns = {
        "recall": number("recall"),
        "search": unit("search_ms", ".1f", "ms"),
        "of product and sort": number("search_over_product_and_sort"),
        "start to first search": unit("load_to_first_search_seconds", ".2f", "s"),
        "rank of 20 queries": unit("rank_for_20_queries_ms", ".0f", "ms"),
        "built in": unit("build_seconds", ".1f", "s"),
        "memory over vectors": number("resident_over_vectors"),
        "without mapped files": number("unmapped_over_vectors"),
    }
    return Source(("pictures", "back end"), rows, columns)


def near_duplicate_source() -> Source:
    sizes = load("benchmarks/near_duplicate_speed.json")["sizes"]
    columns = {
        "in": lambda row: f"{row['seconds']:.1f} s",
        "a picture": lambda row: f"{row['microseconds a picture']:.0f} µs",
        "of asking for each": number("of asking for each"),
    }
    return Source(("pictures to group",), {(f"{int(size):,}",): row for size, row in sizes.items()}, columns)


def index_sources() -> list[Source]:
    rates, memory = load("benchmarks/index_rate.json"), load("benchmarks/index_memory.json")
    columns = {
        "pictures a second": lambda row: f"{row['this']['rate']:.1f}",
        "of before": number("rate_over_before"),
        "processor time a picture": lambda row: f"{row['this']['cpu_ms']:.0f} ms",
        "of before, processor time": number("cpu_ms_over_before"),
    }
    told = {f"{int(done):,}": mib for done, mib in memory["resident_mib"].items() if done in ("0", "10000", "50000", "100000")}
    told["finished"] = memory["finished_mib"]
    return [
        Source(("photographs",), {(size,): rates[size] for size in ("256 pixels", "12 megapixels")}, columns),
        Source(
            ("pictures indexed",),
            {(done,): {"mib": mib} for done, mib in told.items()},
            {"memory": lambda r: f"{r['mib']:,.0f} MiB"},
        ),
    ]


def throughput_source() -> Source:
    figures = load("benchmarks/throughput.json")["this"]
    columns = {
        "searches a second": lambda row: f"{row['searches_per_second']:.1f}",
        "wait, median": lambda row: f"{row['median_seconds']:.1f} s",
        "wait, p95": lambda row: f"{row['p95_seconds']:.1f} s",
        "told to ask again": lambda row: str(row["refused"]),
        "server's memory": lambda row: f"{row['mib']:,.0f} MiB",
    }
    return Source(("visitors at once",), {(name.split()[0],): row for name, row in figures.items()}, columns)


def hostile_source() -> Source:
    figures = load("benchmarks/hostile_pictures.json")
    sent = figures["clients"] * figures["uploads_of_each"]
    names = {"peak_mib": "resident_mib_before", "beside_p95_s": "alone_p95_s", "beside_searches": "alone_searches"}
    alone = {name: figures[of_alone] for name, of_alone in names.items()}
    rows = {("nobody else",): alone}
    rows |= {(f"{sent} of {size}",): row for size, row in figures.items() if isinstance(row, dict)}
    columns = {
        "answered": lambda row: str(row.get("answered", "–")),
        "server's peak so far": lambda row: f"{row['peak_mib']:,.0f} MiB",
        "another visitor's searches": lambda row: str(row["beside_searches"]),
        "their wait, p95": lambda row: f"{row['beside_p95_s']:.1f} s",
    }
    return Source(("WebP pictures of a few KB",), rows, columns)


def gpu_source() -> Source:
    stages = load("benchmarks/gpu_stages.json")["float32"]["stages"]
    keys = {"find regions": "detect_ms", "encode them": "encode_ms", "compose queries": "compose_ms"}
    rows = {(name,): {batch: stages[f"batch {batch}"][key] for batch in (1, 64, 256)} for name, key in keys.items()}
    titles = {1: "1 picture", 64: "64 pictures", 256: "256 pictures"}
    return Source(("stage on an H100, float32",), rows, {title: number(b, form=".0f") for b, title in titles.items()})


def scale_sources() -> list[Source]:
    """Sources of the tables of size and load."""
    single = (gallery_scale_source(), near_duplicate_source(), gpu_source(), hostile_source(), throughput_source())
    return [*index_sources(), *single]
