#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test.
#
#     scripts/test.sh [--sanitize] [--no-openmp] [--clang] [--werror]
#
# --sanitize   AddressSanitizer and UndefinedBehaviorSanitizer
# --no-openmp  the toolkit for one thread
# --clang      compile with clang
# --werror     warnings are errors
#
# The last line says how many tests passed, failed and were skipped, and those before it why. Each
# combination has a build folder of its own.
. "$(dirname "$0")/common.sh"

options=() folder=$root/build extra=()
for argument; do
    case $argument in
    --sanitize) options+=(-DPELTON_SANITIZE=ON) folder+=-sanitize ;;
    --no-openmp) options+=(-DPELTON_OPENMP=OFF) folder+=-no-openmp ;;
    --clang)
        options+=(-DCMAKE_C_COMPILER=clang) folder+=-clang
        # OpenMP for clang comes in a package of its own, named after its version.
        extra=(clang libomp-dev)
        ;;
    --werror) options+=(-DPELTON_WERROR=ON) ;;
    -h | --help)
        sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
        exit 0
        ;;
    *) die "unknown option '$argument'; see --help" ;;
    esac
done

"$root/scripts/setup.sh" "${extra[@]}"
build_pelton "$folder" "${options[@]}"

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# A sanitizer's report must fail the test that caused it.
export ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=1:abort_on_error=0}
export UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1}
status=0
(cd "$folder" && ctest --output-on-failure --no-tests=error -j "$cores" </dev/null) | tee "$log" || status=$?

# "  3/11 Test  #5: house_headers ......***Skipped   0.31 sec"
count() {
    grep -cE "^ *[0-9]+/[0-9]+ Test +#[0-9]+: .*$1" "$log" || true
}
passed=$(count ' Passed ') skipped=$(count '\*\*\*Skipped')
total=$(grep -cE '^ *[0-9]+/[0-9]+ Test +#' "$log" || true)
failed=$((total - passed - skipped))

echo
sed -nE 's/^ *[0-9]+\/[0-9]+ Test +#[0-9]+: ([^ ]+) .*\*\*\*Skipped.*/\1/p' "$log" | sort | while read -r name; do
    # A test that skips says why on its last line.
    reason=$(cd "$folder" && awk -v name="$name" '
        $0 ~ "^[0-9]+/[0-9]+ Test(ing)?: " name "$" { in_test = 1; next }
        in_test && /^<end of output>/ { exit }
        in_test && NF { last = $0 }
        END { print last }' Testing/Temporary/LastTest.log)
    echo "skipped: $name: ${reason#skipped: }"
done
# Within a program that ran, single cases may have been skipped too.
awk '/^[0-9]+\/[0-9]+ Test(ing)?: / { name = $NF }
     /^skipped: / && !seen[name $0]++ { sub(/^skipped: /, ""); print "skipped within " name ": " $0 }' \
    "$folder/Testing/Temporary/LastTest.log" | sort >"$log.within"
while read -r line; do
    name=${line#skipped within }
    grep -qE "Test +#[0-9]+: ${name%%:*} .*\*\*\*Skipped" "$log" || echo "$line"
done <"$log.within"
rm -f "$log.within"
[ "$status" = 0 ] || [ "$failed" != 0 ] || failed=1
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
