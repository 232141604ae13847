#!/bin/sh
# Holds the includes to the arrows of doc/design.md, keeps I/O out of the protocol core, and
# compiles every header alone. Speaks TAP.
set -u
cd "${srcdir:-.}" || exit 1
CC=${CC:-cc}
n=0
bad=0

report() { # NAME OFFENDING-LINES
    n=$((n + 1))
    if [ -z "$2" ]; then
        echo "ok $n - $1"
    else
        echo "not ok $n - $1"
        echo "$2" | sed 's/^/# /'
        bad=1
    fi
}

sources() { find "$@" \( -name '*.[ch]' -o -name '*.cc' \) 2>/dev/null; }

# folder, then what it may include besides its own files
allowed() {
    report "$1 includes only downwards" "$(
        sources "$1" | xargs -r grep -nE '^#include "' |
            grep -vE "#include \"($2|config\\.h)" || true)"
}

allowed src/base 'base/'
for core in sip sdp rtp; do
    allowed "src/$core" "($core|base)/"
done
allowed audio '(audio|base)/'
allowed src/net '(net|sip|sdp|rtp|base)/'
allowed src/phone '(phone|net|audio|sip|sdp|rtp|base)/'
allowed ui '(ui/|base/|phone/|net/loop\.h|net/spawner\.h|net/unix\.h|net/watch\.h)'

report "the protocol core knows no socket, loop, thread or clock" "$(
    sources src/sip src/sdp src/rtp | xargs -r grep -nE \
        '#include (<(uv|sys/socket|netinet/[a-z]+|arpa/inet|pthread|threads|unistd|time|sys/time|netdb|poll)\.h>|"base/thread\.h")')"
report "the jitter buffer knows no clock either" "$(
    grep -nE '#include (<(uv|pthread|unistd|time|sys/time)\.h>|"base/thread\.h")' audio/jitter*.[ch] audio/playout.[ch])"
report "nothing below ui prints to the terminal" "$(
    sources src/base src/sip src/sdp src/rtp src/net src/phone audio |
        xargs -r grep -nE '(^|[^a-z_])(printf|puts|putchar|perror)\(|fprintf\((stdout|stderr)')"
report "no unbounded copies" "$(
    sources src audio ui | xargs -r grep -nE '(^|[^a-z_])(strcpy|strcat|sprintf|vsprintf|gets|alloca)\(')"
report "no variable outlives its object, but those of what a process has one of" "$(
    sources src audio ui | xargs -r grep -nE '^[[:space:]]*static [^()]*[;=]' |
        grep -vE 'const |^(src/base/log|src/rtp/srtp|src/phone/media_secure)\.c:' |
        grep -vE '^(audio/device|audio/libsndfile|audio/spandsp|ui/screen/restore)\.c:')"
report "no file over 900 lines" "$(
    sources src audio ui | xargs -r wc -l | awk '$1 > 900 && $2 != "total"')"

headers=$(sources src audio ui tests | grep '\.h$' | sort)
report "every header compiles alone" "$(
    flags=$(pkg-config --cflags libuv opus portaudio-2.0 sndfile speexdsp libcares libcrypto libssl libsrtp2 sqlite3 jansson ncursesw cmocka 2>/dev/null)
    for h in $headers; do
        # shellcheck disable=SC2086
        echo "#include \"$h\"" | $CC -std=gnu17 -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only \
            -I. -Isrc -Itests $flags -x c - 2>&1 | head -3
    done)"
lists=$(find tests -name local.mk -exec cat {} + | tr -s '[:space:]' ' ')
report "every test stands in a list, so that it is run" "$(
    find tests -name 'test_*.py' -o -name 'test_*.c' -o -name 'fuzz_*.c' | sed 's/\.c$//' | sort |
        while read -r test; do
            case "$lists" in
            *" $test "*) ;;
            *) echo "$test" ;;
            esac
        done)"
report "every test that doc/security.md goes by exists" "$(
    grep -oE '`[a-z/]+/(test|fuzz)_[a-z_0-9]+`' doc/security.md | tr -d '`' | sort -u |
        while read -r test; do
            [ -e "tests/$test.py" ] || [ -e "tests/$test.c" ] || echo "$test"
        done)"
report "no word of things to do is left" "$(
    sources src audio ui tests | xargs -r grep -nwE 'TODO|FIXME|XXX|HACK')"

echo "1..$n"
exit $bad
