"""plot_scaling.py SCRIPT: the plotting script against an experiment whose speedup is known (Amdahl's law
with a serial part of 1/10 and a drift that grows from run to run), and against files that are no
experiment."""
import importlib.util
import os
import subprocess
import sys
import tempfile

HEADER = "schema,run_id,round,position_in_round,threads,wall_s,images,megapixels,failed,effective_cpus,a_new_column\n"


def amdahl(threads):
    return 0.1 + 0.9 / threads


def experiment():
    rows, run = [HEADER], 0
    for round_number in range(1, 10):
        for position, threads in enumerate((1, 2, 4, 8)):
            drift = 1 + 0.2 * round_number  # the same for all runs of a round
            rows.append(f"pelton.scaling/1,x-{run},{round_number},{position},{threads},"
                        f"{10 * drift * amdahl(threads):.9f},96,37.7,0,4,anything\n")
            run += 1
    return "".join(rows)


def run(script, folder, text, name="runs.csv"):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    return subprocess.run([sys.executable, script, path], capture_output=True, text=True, check=False)


def check(condition, message):
    if not condition:
        print(message)
        sys.exit(1)


def main():
    script = sys.argv[1]
    for module in ("matplotlib", "numpy"):
        if importlib.util.find_spec(module) is None:
            print(f"skipped: {sys.executable} has no {module} (python3-{module})")
            return 77
    with tempfile.TemporaryDirectory() as folder:
        good = run(script, folder, experiment())
        check(good.returncode == 0, good.stderr)
        for threads in (1, 2, 4, 8):
            wanted = f"{threads} threads: speedup {1 / amdahl(threads):.2f}, "
            check(wanted in good.stdout, f"'{wanted}' is not in:\n{good.stdout}")
        with open(os.path.join(folder, "runs.svg"), "rb") as stream:
            first = stream.read()
        check(b"Speedup" in first and b"ideal" in first, "the SVG has no text")
        run(script, folder, experiment())
        with open(os.path.join(folder, "runs.svg"), "rb") as stream:
            check(stream.read() == first, "the second SVG differs from the first")
        check(os.path.getsize(os.path.join(folder, "runs.png")) > 10000, "no PNG")

        lines = experiment().splitlines(keepends=True)
        bad_files = {"": "line 1", "\0\1\2 garbage\n": "line 1", HEADER: "line 2",
                     "".join(lines[:3]) + "pelton.scaling/1,x-9,1\n": "line 4",
                     "".join(lines[:5]) + lines[5].replace(",1,", ",one,"): "line 6",
                     "".join(lines[:2]) + lines[2].replace("scaling/1", "scaling/2"): "line 3",
                     "".join(lines[:2]) + "pelton.scaling/1,x,1,0,2,-1,9,9,0,4,\n": "line 3",
                     "".join(lines[:2]) + "pelton.scaling/1,x,1,0,2,nan,9,9,0,4,\n": "line 3"}
        for number, (text, place) in enumerate(bad_files.items()):
            name = f"bad{number}.csv"
            bad = run(script, folder, text, name)
            check(bad.returncode == 2 and place in bad.stderr and "Traceback" not in bad.stderr,
                  f"{name}: wanted status 2 and '{place}', got {bad.returncode}: {bad.stderr}")
            check(not os.path.exists(os.path.join(folder, f"bad{number}.svg")), f"{name} was drawn")
    return 0


if __name__ == "__main__":
    sys.exit(main())
