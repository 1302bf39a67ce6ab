"""plot_trace.py SCRIPT PROGRAM SAMPLES: the trace of a real run drawn as a picture, and files that are no
trace."""
import importlib.util
import os
import subprocess
import sys
import tempfile


def check(condition, message):
    if not condition:
        print(message)
        sys.exit(1)


def draw(script, path):
    return subprocess.run([sys.executable, script, path], capture_output=True, text=True, check=False)


def main():
    script, program, samples = sys.argv[1:]
    if importlib.util.find_spec("matplotlib") is None:
        print(f"skipped: {sys.executable} has no matplotlib (python3-matplotlib)")
        return 77
    with tempfile.TemporaryDirectory() as folder:
        trace = os.path.join(folder, "run.json")
        subprocess.run([program, "image", os.path.join(samples, "photos"), "-o", os.path.join(folder, "out"),
                        "-q", "-j", "2", "--io", "sim:2ms", "--trace", trace], check=True)
        drawn = draw(script, trace)
        check(drawn.returncode == 0, drawn.stderr)
        check(os.path.getsize(os.path.join(folder, "run.png")) > 10000, "no PNG")
        check(os.path.getsize(os.path.join(folder, "run.svg")) > 5000, "no SVG")
        for text in ("", "[]", "{}", '{"traceEvents":[]}', '{"traceEvents":[{"ph":"X"}]}'):
            bad = os.path.join(folder, "bad.json")
            with open(bad, "w", encoding="utf-8") as stream:
                stream.write(text)
            drawn = draw(script, bad)
            check(drawn.returncode == 1 and "is not a trace of pelton" in drawn.stderr,
                  f"{text!r} gave {drawn.returncode}: {drawn.stderr}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
