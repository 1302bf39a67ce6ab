"""bulk_numpy.py PELTON FOLDER: queries over files that numpy wrote, and files that numpy reads back."""
import json
import math
import subprocess
import sys

import numpy as np

pelton, folder = sys.argv[1:]


def bulk(*arguments):
    return subprocess.run([pelton, "bulk", *arguments], cwd=folder, check=True, capture_output=True).stdout


def values(inputs, query):
    return list(json.loads(bulk(*inputs, query, "--json")).values())


def near(got, expected, relative=1e-13):
    for a, b in zip(got, expected, strict=True):
        if isinstance(b, (int, np.integer)) or math.isinf(b):
            assert a == b, (a, b)
        elif math.isnan(b):
            assert a is None, a
        else:
            assert abs(a - b) <= relative * (1 + abs(b)), (a, b)


def save(name, array):
    np.save(f"{folder}/{name}.npy", array)
    return [f"{name}.npy"]


rng = np.random.default_rng(1)
for n in (1, 1023, 1024, 1025, 65536, 65537, 150001):
    x = rng.normal(size=n)
    inputs = save("x", x)
    near(values(inputs, "select sum(x), mean(x), var(x), std(x), min(x), max(x), argmin(x), argmax(x), median(x), "
                        "quantile(x, 0.9), count(x > 0)"),
         [x.sum(), x.mean(), x.var(), x.std(), x.min(), x.max(), x.argmin(), x.argmax(), np.median(x),
          np.quantile(x, 0.9), int((x > 0).sum())])

# Every type and byte order.
for dtype in ("?", "i1", "u1", "<i2", ">i2", "<u4", ">u4", "<i8", ">i8", "<f2", ">f2", "<f4", ">f4", "<f8", ">f8"):
    kind = np.dtype(dtype).kind
    a = rng.normal(size=3000) * 50
    a = (np.abs(a) if kind == "u" else np.clip(a, -128, 127)).astype(dtype)
    got = values(save("a", a), "select sum(float(a)), min(float(a)), argmax(a)")
    near(got, [a.astype(float).sum(), a.astype(float).min(), a.argmax()])

# Two dimensions, both orders, names; a structured array; complex numbers.
m = rng.normal(size=(4000, 3))
for array in (m, np.asfortranarray(m)):
    near(values(save("m", array) + ["--columns", "p,q,r"], "select sum(p), sum(q * r), max(r)"),
         [m[:, 0].sum(), (m[:, 1] * m[:, 2]).sum(), m[:, 2].max()])
pairs = np.zeros(2000, dtype=[("k", "<i4"), ("v", ">f8")])
pairs["k"], pairs["v"] = rng.integers(0, 9, 2000), rng.normal(size=2000)
near(values(save("pairs", pairs), "where k == 3 | select sum(v), count()"),
     [pairs["v"][pairs["k"] == 3].sum(), int((pairs["k"] == 3).sum())])
z = rng.normal(size=999) + 1j * rng.normal(size=999)
near(values(save("z", z), "select sum(`z.re`), sum(`z.im`)"), [z.real.sum(), z.imag.sum()])

# NaN and infinities.
x = np.array([1.0, np.nan, np.inf, -np.inf, -0.0])
near(values(save("x", x), "select sum(x), min(x), max(x), argmax(x), count(x != x), count(x < 1)"),
     [np.nan, np.nan, np.nan, 1, 1, 2])

# What is written is what numpy computes, bit for bit where both round once.
x, y = rng.normal(size=70001), rng.normal(size=70001)
inputs = save("x", x) + save("y", y)
bulk(*inputs, "select a = x + y, b = sqrt(abs(x)) * y, c = where(x > y, x, y)", "-o", "out.npy")
out = np.load(f"{folder}/out.npy")
assert np.array_equal(out, np.stack([x + y, np.sqrt(np.abs(x)) * y, np.where(x > y, x, y)], axis=1))
bulk(*inputs, "where x > 0 and y < 0 | select x", "-o", "kept.npy")
assert np.array_equal(np.load(f"{folder}/kept.npy"), x[(x > 0) & (y < 0)])
bulk(*inputs, "select i = row, x, s = float32(y), b = x > y", "-o", "mixed.npy")
mixed = np.load(f"{folder}/mixed.npy")
assert mixed.dtype.names == ("i", "x", "s", "b")
assert np.array_equal(mixed["i"], np.arange(70001)) and np.array_equal(mixed["s"], y.astype("f4"))
assert np.array_equal(mixed["b"], x > y)
bulk(*inputs, "order by x | select x", "-o", "sorted.npy")
assert np.array_equal(np.load(f"{folder}/sorted.npy"), np.sort(x))
bulk(*inputs, "where x > 9 | select x", "-o", "none.npy")
assert np.load(f"{folder}/none.npy").shape == (0,)

# Running sums, in one pass: of a pipe too.
count = np.arange(70001) % 1000 - 300
bulk(*inputs, *save("count", count), "where x > 0 | select s = cumsum(x), n = cumsum(count)", "-o", "running.npy")
running = np.load(f"{folder}/running.npy")
assert np.allclose(running["s"], np.cumsum(x[x > 0]), rtol=1e-12)
assert np.array_equal(running["n"], np.cumsum(count[x > 0]))
text = "\n".join(str(c) for c in count).encode()
piped = subprocess.run([pelton, "bulk", "-", "select cumsum(x) | last", "-j", "3", "--no-header"], input=text, check=False,
                       capture_output=True)
assert int(piped.stdout.split()[-1]) == count.sum(), piped.stderr

# Text keeps every bit.
text = bulk(*inputs, "select x").decode().split()[1:]
assert np.array_equal(np.array([float(t) for t in text]), x)

# Histograms.
rows = json.loads(bulk(*inputs, "select histogram(x, 40, -2, 2)", "--json"))
assert [r["count"] for r in rows] == np.histogram(x, 40, (-2, 2))[0].tolist()
