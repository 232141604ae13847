#!/bin/sh
# search.sh SECONDS FOUND SRCDIR TARGET…: libFuzzer on each TARGET.fuzzer for so many seconds of a
# processor, however long that takes on a busy machine. Stops at the first crash; closes with how
# much was tried by all of them. For make fuzz.
set -u
seconds=$1 found=$2 srcdir=$3
shift 3

# How much of a processor our children have had, in whole seconds; no subshell may ask.
spent() {
    times >"$found/times"
    spent=$(awk 'END { for (i = 1; i <= 2; i++) { split($i, t, "m"); s += 60 * t[1] + t[2] }
                       printf "%d", s }' "$found/times")
}

mkdir -p "$found"
rm -f "$found"/*.log
for target; do
    name=${target##*/}
    case $name in # whose inputs are messages as they come; tests/fuzz/replay.c says so too
    fuzz_core | fuzz_sip_parse) torture=$srcdir/tests/data/torture ;;
    *) torture= ;;
    esac
    mkdir -p "$found/$name"
    echo "== $name: $seconds s; new inputs go to $found/$name"
    spent
    before=$spent left=$seconds
    while [ "$left" -gt $((seconds / 50)) ]; do
        "$target.fuzzer" -max_total_time="$left" -timeout=5 -rss_limit_mb=1024 \
            -artifact_prefix="$found/$name-" -print_final_stats=1 -verbosity=0 \
            "$found/$name" "$srcdir/tests/fuzz/corpus/$name" ${torture:+"$torture"} \
            >"$found/last" 2>&1 || {
            cat "$found/last"
            echo "$name failed; the input lies in $(find "$found" -name "$name-*" -newer "$found/times")"
            exit 1
        }
        cat "$found/last" >>"$found/$name.log"
        spent
        left=$((seconds - (spent - before)))
    done
    cat "$found/$name.log"
done
spent
awk -v spent="$spent" '
    FNR == 1 { targets++ }
    /^stat::number_of_executed_units/ { inputs += $2 }
    END { printf "%d targets, %.0f inputs in %d s of a processor, no crash\n", targets, inputs, spent }
' "$found"/*.log
