#!/usr/bin/env bash
# Makes the README's pictures again, into data/pictures: what a batch does, a run's trace, a scaling
# experiment (which takes a minute or two and wants a quiet machine; --no-scaling leaves it out).
. "$(dirname "$0")/common.sh"
cd "$root"

scaling=1
while [ $# -gt 0 ]; do
    case $1 in
    --no-scaling) scaling=0 ;;
    *) show_help ;;
    esac
    shift
done

prepare_pelton
scripts/setup.sh python3-numpy python3-matplotlib
make_scratch
mkdir -p data/pictures

# Left as they are stored, right as the batch leaves them.
"$pelton" image data/samples/photos data/samples/charts/zone-plate.png -o "$scratch/tour" -q \
    --gray --resize 300x200 --fit cover --format png
/usr/bin/python3 - "$scratch/tour" data/pictures/tour.png <<'END'
import sys
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

names = ["Zürich lake.jpg", "balloons.jpg", "pebbles.jpg", "night/moon.jpg", "marbles.png"]
figure, axes = plt.subplots(2, len(names), figsize=(11, 4), layout="constrained")
for (above, below), name in zip(axes.T, names):
    stored = plt.imread(f"data/samples/photos/{name}")
    done = plt.imread(f"{sys.argv[1]}/{name.rsplit('.', 1)[0]}.png")
    above.imshow(stored, cmap="gray")
    below.imshow(done, cmap="gray", vmin=0, vmax=1)
    above.set_title(name, fontsize=9)
    for axis, image in ((above, stored), (below, done)):
        axis.set_xlabel(f"{image.shape[1]} x {image.shape[0]}", fontsize=8)
        axis.set_xticks([])
        axis.set_yticks([])
figure.savefig(sys.argv[2], dpi=90)
END

repeat_images data/samples/photos "$scratch/in" 60
"$pelton" image "$scratch/in" -o "$scratch/out" -q -j 2 --gray --resize 400x300 --format jpeg --io sim:25ms \
    --trace "$scratch/trace.json"
/usr/bin/python3 scripts/plot_trace.py "$scratch/trace.json" -o "$scratch/trace"
cp "$scratch/trace.png" data/pictures/

if [ $scaling = 1 ]; then
    scripts/scaling.sh -o "$scratch/scaling.csv"
    /usr/bin/python3 scripts/plot_scaling.py "$scratch/scaling.csv" -o "$scratch/scaling"
    cp "$scratch/scaling.png" data/pictures/
fi
ls -l data/pictures
