"""numpy, numexpr and pandas, asked as protocol.h says:  peers.py N [FILE.csv]

read_csv reads FILE.csv; every other work is on the numbers of protocol.h."""
import sys
import time

import numexpr
import numpy
import pandas

n = int(float(sys.argv[1]))


def random_bits(first, count):
    with numpy.errstate(over="ignore"):
        z = numpy.arange(first + 1, first + count + 1, dtype=numpy.uint64)
        z *= numpy.uint64(0x9E3779B97F4A7C15)
        z ^= z >> numpy.uint64(30)
        z *= numpy.uint64(0xBF58476D1CE4E5B9)
        z ^= z >> numpy.uint64(27)
        z *= numpy.uint64(0x94D049BB133111EB)
        z ^= z >> numpy.uint64(31)
    return z


def make(dtype, first, of_bits):
    """Part by part, so that the steps between take no memory to speak of."""
    values = numpy.empty(n, dtype)
    for lo in range(0, n, 1 << 20):
        part = values[lo : lo + (1 << 20)]
        part[:] = of_bits(random_bits(first + lo, len(part)))
    return values


x = make(numpy.float64, 0, lambda bits: (bits >> numpy.uint64(11)) * 2.0**-53 - 0.5)


class SqrtSum:
    def prepare(self):
        pass

    def run(self):
        return numexpr.evaluate("sum(where(x > 0, sqrt(x), 0))")

    def check(self, result):
        return float(result)


class Array(SqrtSum):
    def run(self):
        return numexpr.evaluate("sqrt(x * x + 1)")

    def check(self, result):
        return result[n // 2] + result[n - 1]


class SortF64(SqrtSum):
    def prepare(self):
        self.keys = x.copy()

    def run(self):
        self.keys.sort()

    def check(self, result):
        return self.keys[n // 2]


class Group(SqrtSum):
    def __init__(self, ngroups):
        self.ngroups = ngroups
        self.frame = None

    def prepare(self):
        if self.frame is not None:
            return
        scale = numpy.uint64(self.ngroups)
        half = numpy.uint64(32)
        keys = make(numpy.int64, n, lambda bits: (bits >> half) * scale >> half)
        self.frame = pandas.DataFrame({"k": keys, "x": x}, copy=False)

    def run(self):
        return self.frame.groupby("k", sort=False)["x"].sum()

    def check(self, result):
        return len(result) + (result**2).sum()


class ReadCsv(SqrtSum):
    def run(self):
        return pandas.read_csv(sys.argv[2])

    def check(self, result):
        return len(result)


def repetition(work):
    work.prepare()
    start = time.perf_counter()
    result = work.run()
    taken = time.perf_counter() - start
    return taken, work.check(result)


works = {
    "sqrt_sum": SqrtSum,
    "array": Array,
    "sort_f64": SortF64,
    "group_1e3": lambda: Group(10**3),
    "group_1e6": lambda: Group(10**6),
    "read_csv": ReadCsv,
}
current = work = None
for line in sys.stdin:
    name, threads = line.split()
    numexpr.set_num_threads(int(threads))
    if name != current:
        work = None  # and its memory, before the next one's
        current, work = name, works[name]()
    repetition(work)
    taken, check = repetition(work)
    print(f"{taken:.6f} {check:.17g}", flush=True)
