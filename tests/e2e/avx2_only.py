"""Run under valgrind by test_avx2_only: compares a model with onnxruntime on an emulated processor.

valgrind's processor has AVX2 and neither VNNI nor AMX. argv: the model, an npz with x.
"""

import sys
from pathlib import Path

import numpy as np
from zkpot.compiler.frontend.oracle import check_model

samples = np.load(sys.argv[2], allow_pickle=False)["x"]
report = check_model(Path(sys.argv[1]), samples)
print(report)
sys.exit(0 if report.default.agrees else 1)
