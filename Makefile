# make demo: set up and start the page; TORCH=cpu installs PyTorch without CUDA, from PyTorch's own index.
# make test: set up, find or install a browser, and run everything.
# make results DATA=data/css: train and evaluate every row of docs/results.md; BUDGET=gpu trains longer, on a GPU.
# make space SPACE=user/name: upload the app to a Hugging Face Space; a new Space runs on ZeroGPU, or on the hardware that
# HARDWARE=cpu-basic names. GALLERY=name=folder also uploads a gallery of your own (CHECKPOINT=folder: the checkpoint that
# made it, if that is not in checkpoints/); GALLERY="a=x b=y" uploads two. FORCE=1 also uploads uncommitted changes.
# make space-check: check what can be checked without a Space, including your own GALLERY; takes about ten minutes and 8 GB.
PYTHON ?= $(shell for p in python3.12 python3.11 python3; do $$p -c "" 2>/dev/null && echo $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
DATA ?= data/css
REGIONS ?= data/regions
BUDGET ?= cpu
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
PIP_INSTALL = $(BIN)/python -m pip install --disable-pip-version-check
OWN_GALLERIES = $(foreach gallery,$(GALLERY),--gallery "$(gallery)") $(foreach folder,$(CHECKPOINT),--checkpoint "$(folder)")

.PHONY: demo test unit results space space-check clean

demo: $(VENV)/app.done
	$(BIN)/python app.py

test: $(VENV)/dev.done
	$(BIN)/python -m scripts.browser
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m pytest tests

unit: $(VENV)/dev.done
	$(BIN)/python -m pytest tests/unit

results: $(VENV)/dev.done
	$(BIN)/python -m lbf_model results --data "$(DATA)" --regions "$(REGIONS)" --budget $(BUDGET) $(if $(filter gpu,$(BUDGET)),--device cuda --workers 2)
	$(BIN)/python -m scripts.results_page

space: $(VENV)/app.done
	$(BIN)/python -m scripts.space_upload $(OWN_GALLERIES) $(if $(HARDWARE),--hardware "$(HARDWARE)") $(if $(filter 1,$(FORCE)),--force) -- "$(SPACE)"

space-check: $(VENV)/dev.done
	$(BIN)/python -m scripts.space_check --python "$(PYTHON)" $(OWN_GALLERIES)

$(VENV)/app.done: requirements.txt
	@echo "Installing Python packages into $(VENV): with CUDA, on Linux x86_64, about 3 GB to download and 5.6 GB on disk; far less with TORCH=cpu and on macOS. Nothing else is downloaded."
	@test -n "$(PYTHON)" || { echo "error: no Python was found; install 3.12, or name one: make PYTHON=/path/to/python3.12"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(if $(filter cpu,$(TORCH)),$(PIP_INSTALL) --index-url $(TORCH_INDEX) $(shell grep -E '^torch(vision)?==' requirements.txt))
	$(PIP_INSTALL) -r requirements.txt
	touch $@

$(VENV)/dev.done: $(VENV)/app.done requirements-dev.txt requirements-train.txt requirements-milvus.txt
	@echo "Adding what tests and training need to $(VENV)"
	$(PIP_INSTALL) --quiet -r requirements-dev.txt
	touch $@

clean:
	rm -rf $(VENV)
