# `make book` and `make test` are all a fresh machine needs; both make their own virtual environment.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
PAGE := _build/html/index.html
EPUB := _build/epub/softmax.epub
ZIP := _build/softmax-html.zip
BUILD := $(BIN)/jupyter-book build --quiet -W -n --keep-going
PYTEST := $(BIN)/python -m pytest --numprocesses=auto

TESTED := _build/tested/_build
EDITION := BOOK_VERSION="1.2 & more" BOOK_DATE=2026-02-03
SOURCES := Makefile requirements.txt pyproject.toml _config.yml _toc.yml $(shell find book softmax_lib -type f -not -path "*/.*" -not -path "*/__pycache__/*" | sort)

MUTANTS := _build/mutants
MUTATED := $(patsubst softmax_lib/%.py,%,$(filter-out %/__init__.py,$(wildcard softmax_lib/*.py softmax_lib/*/*.py)))

.PHONY: help book pdf epub zip links frameworks test quick test-library test-notebooks test-pages test-chapter
.PHONY: portable mutants bench lighthouse lab serve notebooks check clean
.DELETE_ON_ERROR:

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-15s %s\n", $$1, $$2}'

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(None if v >= (3, 11) else f"Python 3.11 or later is needed; $(PYTHON) is {v.major}.{v.minor}. Name another one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	touch $@

book: $(READY)  ## build the HTML book and print where it is
	$(BUILD) --all .
	@test -f $(PAGE) && echo "The book is built. Open $(CURDIR)/$(PAGE)"

pdf: $(READY)  ## print the book, with Chromium, as a PDF
	$(BUILD) --all --builder custom --custom-builder paper .
	@$(BIN)/python tools/pdf.py _build/paper _build/pdf/softmax.pdf

epub: $(READY)  ## build the book for e-readers and print where it is
	rm -rf _build/epub
	$(BUILD) --all --builder=custom --custom-builder=epub .
	@test -f $(EPUB) && echo "The book for e-readers is $(CURDIR)/$(EPUB)"

zip: book  ## zip the HTML book, for reading from disk
	$(BIN)/python tools/zip_book.py $(dir $(PAGE)) $(ZIP)
	@echo "The zipped book is $(CURDIR)/$(ZIP)"

links: $(READY)  ## ask every other site that the book links to whether the page is still there
	$(BIN)/jupyter-book build --quiet --all --keep-going --builder=custom --custom-builder=linkcheck .

frameworks: $(READY)  ## install PyTorch and JAX, which the chapter on frameworks runs
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-frameworks.txt

# One core for each worker.
quick test-library test-notebooks test-pages test-chapter portable: export OPENBLAS_NUM_THREADS := 1

test: test-library test-notebooks test-pages  ## run every test, in three parts: about 10 minutes on two cores

quick: $(READY)  ## style, types, the library, one notebook: about a minute and a half, before every commit
	@echo "Style, types, the library without the adversarial set, the notebook of the definition: about a minute and a half"
	@$(MAKE) --no-print-directory check
	$(PYTEST) README.md softmax_lib tests/library tests/press tests/project --ignore=tests/library/test_accuracy.py
	$(PYTEST) --dist=loadscope book/definition.ipynb

test-library: $(READY)  ## the library, its examples and its bounds, every branch
	@echo "The library, its examples and bounds, the project's own files: about 2 minutes on two cores"
	$(PYTEST) --dist=loadfile README.md softmax_lib tests/library tests/press tests/project --cov --cov-report=term-missing:skip-covered

test-notebooks: $(READY)  ## every cell of every notebook, its output compared
	@echo "Every cell of every notebook, its output compared with the stored one: about 2 minutes on two cores"
	$(PYTEST) --dist=loadscope book tests/notebooks

test-pages: $(READY)  ## every page in a browser, the live figures, the PDF, the e-book
	@echo "Every page in a browser, the live figures, the PDF, the e-book: about 7 minutes on two cores"
	$(PYTEST) --dist=worksteal tests/pages

test-chapter: $(READY)  ## one chapter, or another page, as in: make test-chapter CHAPTER=overflow
	@test -n "$(wildcard book/$(CHAPTER).ipynb book/$(CHAPTER).md)" || { echo "CHAPTER needs the name of a notebook or a page in book/, such as overflow; got '$(CHAPTER)'"; exit 2; }
	@echo "The cells of $(CHAPTER), its page and its live figures: about 2 minutes"
	$(PYTEST) --dist=loadscope $(wildcard book/$(CHAPTER).ipynb) tests/notebooks --chapter $(CHAPTER)
	$(PYTEST) --dist=worksteal tests/pages --chapter $(CHAPTER)

# The names of the sources, written anew where one has come or gone.
$(TESTED)/names: always
	@mkdir -p $(@D)
	@echo $(SOURCES) | cmp --silent - $@ || echo $(SOURCES) >$@

.PHONY: always
always:

# What the tests of pages look at: one reading of the sources, three builders, an edition that they know.
$(TESTED)/html/index.html: $(READY) $(SOURCES) $(TESTED)/names
	rm -rf $(@D) $(TESTED)/.doctrees
	mkdir -p $(TESTED) && touch $(TESTED)/begun
	$(EDITION) $(BUILD) --all --path-output $(TESTED:/_build=) .
	@touch -r $(TESTED)/begun $@  # what was edited meanwhile is newer

$(TESTED)/paper/index.html $(TESTED)/epub/softmax.epub: $(TESTED)/html/index.html
	rm -rf $(@D)
	$(EDITION) $(BUILD) --path-output $(TESTED:/_build=) --builder=custom --custom-builder=$(notdir $(@D)) .

$(TESTED)/pdf/softmax.pdf: $(TESTED)/paper/index.html tools/pdf.py tools/chromium.py
	$(BIN)/python tools/pdf.py $(<D) $@

portable: $(READY)  ## run the notebooks as on older processors: nothing may change
	@echo "Every notebook twice, as on two older processors: about 3 minutes on two cores"
	NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR" OPENBLAS_CORETYPE=Haswell $(PYTEST) --dist=loadscope book
	NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL AVX512_SPR" OPENBLAS_CORETYPE=Nehalem $(PYTEST) --dist=loadscope book

mutants: $(MUTATED:%=$(MUTANTS)/%.txt)  ## change the library a little, 2000 times: do the tests notice?
	@for m in $(MUTATED); do echo "$$m: $$(tail -n 1 $(MUTANTS)/$$m.txt)"; done

$(MUTANTS)/tool/ready:
	$(PYTHON) -m venv $(@D)
	$(@D)/bin/python -m pip install --quiet --disable-pip-version-check cosmic-ray==8.7.0
	touch $@

.SECONDEXPANSION:  # the tests of engine/sums are tests/library/engine/test_sums.py
$(MUTANTS)/%.txt: softmax_lib/%.py tests/library/$$(dir $$*)test_$$(notdir $$*).py tests/mutants.toml | $(READY) $(MUTANTS)/tool/ready
	rm -rf $(MUTANTS)/$*
	mkdir -p $(MUTANTS)/$*
	cp -r softmax_lib tests pyproject.toml $(MUTANTS)/$*
	find $(MUTANTS)/$* -name __pycache__ -prune -exec rm -r {} +
	sed 's|MODULE|$*|; s|TESTS|$(word 2,$^)|; s|PYTHON|$(CURDIR)/$(BIN)/python|' tests/mutants.toml >$(MUTANTS)/$*/mutants.toml
	cd $(MUTANTS)/$* && export PATH="$(CURDIR)/$(MUTANTS)/tool/bin:$$PATH" OMP_NUM_THREADS=1 \
	PYTEST_DISABLE_PLUGIN_AUTOLOAD=1 && cosmic-ray init mutants.toml mutants.sqlite \
	&& cosmic-ray baseline mutants.toml && cr-filter-operators mutants.sqlite mutants.toml && cosmic-ray exec mutants.toml mutants.sqlite
	$(MUTANTS)/tool/bin/cr-report --surviving-only --show-diff $(MUTANTS)/$*/mutants.sqlite >$@

bench: $(READY)  ## time the library beside its peers, on one thread
	PYTHONPATH=.:tools:tests OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 MKL_NUM_THREADS=1 $(BIN)/python -m measure peers --output _build/bench

lighthouse: book  ## measure every page as a phone loads it, beside Jupyter Book's own pages
	$(BIN)/jupyter-book build --quiet --all --config tools/stock.yml --path-output _build/stock .
	$(BIN)/python tools/lighthouse.py _build/html _build/stock/_build/html

lab: $(READY)  ## open the notebooks in JupyterLab
	$(BIN)/jupyter trust book/*.ipynb  # JupyterLab shows SVG figures of trusted notebooks alone
	$(BIN)/jupyter lab --notebook-dir=book

serve: book  ## serve the built book on http://localhost:8000
	$(BIN)/python -m http.server --directory _build/html --bind localhost 8000

notebooks: $(READY)  ## run every notebook and write its outputs, normalised
	$(BIN)/python tools/notebooks.py

check: $(READY)  ## check the style of the code, and the types of the library
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

clean:  ## remove what was built, the virtual environment included
	rm -rf _build $(VENV)
