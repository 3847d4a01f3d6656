"""The published network in Keras, trained one epoch per line on standard input; run by keras_speed.py."""

from __future__ import annotations

import json
import sys
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers

COUNT, THREADS = int(sys.argv[1]), int(sys.argv[2])
tf.config.threading.set_intra_op_parallelism_threads(THREADS)
tf.config.threading.set_inter_op_parallelism_threads(THREADS)
rng = np.random.default_rng(0)
pictures = rng.integers(0, 256, (COUNT, 256, 256, 3), dtype=np.uint8).astype(np.float32) / 255
targets = (np.arange(COUNT) % 2).astype(np.float32)
model = keras.Sequential([layers.Input((256, 256, 3))])
for filters in (16, 32, 64, 128):
    model.add(layers.Conv2D(filters, 3, activation="relu"))
    model.add(layers.MaxPooling2D())
model.add(layers.Flatten())
model.add(layers.Dense(256, activation="relu"))
model.add(layers.Dense(1, activation="sigmoid"))
model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="binary_crossentropy", metrics=["accuracy"])
name = f"Keras {keras.__version__} on TensorFlow {tf.__version__}, {model.count_params()} parameters"
print(json.dumps({"name": name}), flush=True)
for _ in sys.stdin:
    start, before = time.perf_counter(), time.process_time()
    model.fit(pictures, targets, batch_size=32, epochs=1, verbose=0)
    seconds, used = time.perf_counter() - start, time.process_time() - before
    print(json.dumps({"images_per_s": COUNT / seconds, "cpu_ms": 1000 * used / COUNT}), flush=True)
