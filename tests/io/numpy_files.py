"""numpy's side of test_npy_numpy.c.

numpy_files.py write FOLDER N: .npy files of N rows of every kind, and beside each a .txt with a line a
column: name, type, and the bytes of its values in hexadecimal, in the machine's order.
numpy_files.py check FOLDER N: the .npy files there are what their .txt files say.
"""
import os
import sys

import numpy as np

TYPES = {"b1": "bool", "f2": "f16", "f4": "f32", "f8": "f64"}
for size in (1, 2, 4, 8):
    TYPES[f"i{size}"] = f"i{8 * size}"
    TYPES[f"u{size}"] = f"u{8 * size}"


def columns(name, array):
    """(name, type, hexadecimal bytes) of each column."""
    if array.dtype.names:
        for field in array.dtype.names:
            yield from columns(field, array[field])
    elif array.ndim == 2:
        for j in range(array.shape[1]):
            yield from columns(f"{name}_{j}", array[:, j])
    elif array.dtype.kind == "c":
        yield from columns(name + ".re", array.real)
        yield from columns(name + ".im", array.imag)
    else:
        native = array.astype(array.dtype.newbyteorder("="))
        yield name, TYPES[array.dtype.str[1:]], native.tobytes().hex()


def tell(name, array):
    return "".join("%s %s %s\n" % column for column in columns(name, array))


def write(folder, n):
    rng = np.random.default_rng(1)

    def random(shape, dtype):
        """Any bits."""
        dtype = np.dtype(dtype)
        array = np.zeros(shape, dtype)
        if dtype.names:
            for field in dtype.names:
                array[field] = random(shape, dtype[field])
            return array
        bits = rng.integers(0, 256, (*shape, dtype.itemsize), dtype="u1")
        return bits[..., 0] % 2 == 1 if dtype.kind == "b" else bits.view(dtype)[..., 0]

    def save(name, array, version=None):
        path = os.path.join(folder, name)
        with open(path + ".npy", "wb") as file:
            np.lib.format.write_array(file, array, version=version)
        with open(path + ".txt", "w", encoding="utf-8") as file:
            file.write(tell(name, array))

    for kind in "b1 i1 i2 i4 i8 u1 u2 u4 u8 f2 f4 f8 c8 c16".split():
        for order, word in (("<", "le"), (">", "be")):
            save(f"one_{kind}_{word}", random((n,), order + kind))
            save(f"c_{kind}_{word}", random((n, 3), order + kind))
            save(f"fortran_{kind}_{word}", np.asfortranarray(random((n, 3), order + kind)))
    fields = [("t", "<f8"), ("v", ">i4"), ("flag", "?"), ("z", "<c8"), ("h", "<u2")]
    save("padded", random((n,), np.dtype(fields, align=True)))
    save("packed", random((n,), [("a b", "<i1"), ("it's", "<f8")]))
    save("single", random((n,), [("only", "<i8")]))
    save("names", random((n,), [("Z\u00fcrich", "<f4"), ("\u4e2d", "<f4")]))
    for version in (1, 2, 3):
        save(f"version_{version}", random((n,), "<i4"), (version, 0))
    save("empty", np.zeros(0))
    save("empty_columns", np.zeros((0, 4)))
    save("wide", random((2, 300), "<i2"))
    save("row", random((1, 5), "<f8"))
    save("one_column", random((n, 1), "<f8"))


def check(folder, n):
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".npy"):
            continue
        path = os.path.join(folder, name)
        array = np.load(path)
        assert len(array) == n, (name, array.shape)
        assert os.path.getsize(path) == np.load(path, mmap_mode="r").offset + array.nbytes, name
        with open(path[:-4] + ".txt", encoding="utf-8") as file:
            told = file.read()
        assert tell(name[:-4], array) == told, (name, array.dtype)


if __name__ == "__main__":
    {"write": write, "check": check}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
