#!/usr/bin/env bash
# Makes the tables that the examples of `pelton bulk` read, out of random numbers of the program's own: the
# same on every machine.
#
#     scripts/sample_tables.sh [FOLDER]      (default: out/tables)
#
#     x.npy       1,000,000 f64, uniform in [-1, 1)
#     a.npy b.npy 1,000,000 f64 each: normal, and 1 + 0.1 normal
#     trades.csv  200,000 trades: city, price, quantity
#     log.raw     500,000 rows of two f32: a time in seconds, and a value in [-1, 1)
. "$(dirname "$0")/common.sh"
case ${1:-} in -h | --help) show_help ;; esac
prepare_pelton
folder=${1:-$root/out/tables}

# make FILE QUERY INPUT...
make() {
    local file=$1 query=$2
    shift 2
    "$pelton" bulk "$@" "$query" -o "$folder/$file" --overwrite -q
}

# What is left of a uniform number times k is uniform again: one number gives several. Box and Muller make
# two of them normal.
make x.npy 'select x = 2 * x - 1' 'random(1e6, 1)'
make a.npy 'let v = x * 1e6 % 1 | select a = sqrt(-2 * log(1 - x)) * cos(2 * pi * v)' 'random(1e6, 2)'
make b.npy 'let v = x * 1e6 % 1 | select b = 1 + 0.1 * sqrt(-2 * log(1 - x)) * sin(2 * pi * v)' 'random(1e6, 3)'
make trades.csv 'let k = x * 5, u = k % 1, v = u * 1000 % 1
    | let city = where(k < 1, "Basel", where(k < 2, "Bern", where(k < 3, "Genève",
                 where(k < 4, "St. Gallen", "Zürich"))))
    | select city, price = floor(100 * exp(1 + k / 4 + u)) / 100, quantity = int(1 + floor(v * 100))' 'random(2e5, 4)'
make log.raw 'select t = float32(row * 0.01), v = float32(2 * x - 1) ' 'random(5e5, 5)'
