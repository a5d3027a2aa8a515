#!/bin/bash
# Fuzzes the HL7 and HL7Conformance libraries with libFuzzer.
#
#   Scripts/fuzz.sh [SECONDS]            default 60; 0: until stopped. Guided by coverage, with the address sanitizer:
#                                        some thousand inputs a second
#   Scripts/fuzz.sh --fast [SECONDS]     without either in the libraries, on changes of what the first way has found:
#                                        ten times as many
#
# The checks are Tests/FuzzTests/FuzzChecks.swift. Inputs that break one are left in .build/fuzz/finds; put them into
# Tests/Fixtures/fuzz as NAME.bin, where FuzzFindsTests runs them for ever. Needs the toolchain's libclang_rt.fuzzer.
set -euo pipefail
cd "$(dirname "$0")/.."
sanitize=(-sanitize=fuzzer,address)
out=$PWD/.build/fuzz
if [ "${1:-}" = --fast ]; then
    shift
    sanitize=()
    out=$PWD/.build/fuzz-fast
fi
seconds=${1:-60}
corpus=$PWD/.build/fuzz/corpus
finds=$PWD/.build/fuzz/finds
mkdir -p "$out" "$corpus" "$finds"

runtime=$(find "$(dirname "$(readlink -f "$(command -v swiftc)")")/../lib" -name 'libclang_rt.fuzzer*' -print -quit)
if [ -z "$runtime" ]; then
    echo "fuzz.sh: this toolchain has no libclang_rt.fuzzer; install that of its clang version" >&2
    exit 2
fi

flags=(-O -swift-version 6 -package-name wardline -parse-as-library -I "$out")
for feature in ExistentialAny InternalImportsByDefault MemberImportVisibility NonisolatedNonsendingByDefault; do
    flags+=(-enable-upcoming-feature "$feature")
done
module() { # NAME: a static library and its module
    find "Sources/$1" -name '*.swift' -print0 | sort -z |
        xargs -0 swiftc "${flags[@]}" "${sanitize[@]}" -wmo -module-name "$1" -emit-module -emit-module-path "$out/$1.swiftmodule" \
            -emit-object -o "$out/$1.o"
}
module HL7
module HL7Conformance
swiftc "${flags[@]}" "${sanitize[@]:--sanitize=fuzzer}" -module-name Fuzz Tests/FuzzTests/FuzzChecks.swift Scripts/fuzz/FuzzTarget.swift \
    "$out/HL7.o" "$out/HL7Conformance.o" -o "$out/fuzz"

# Every sample message as an input for every check, and conditions and times that messages do not hold.
seed() { # NAME CHECK TEXT
    printf "\\x$(printf %02x "$2")%s" "$3" > "$corpus/$1"
}
for check in 0 1 2 3 4 5 6 7; do
    for file in Tests/Fixtures/messages/*.hl7 Tests/Fixtures/torture/*.hl7; do
        [ -e "$file" ] && { printf "\\x0$check"; [ "$check" = 6 ] && printf '\x01'; cat "$file"; } \
            > "$corpus/seed-$check-$(basename "$file")"
    done
done
seed condition-1 1 'MSH-9.1 = "ADT" and PV1-2 in ("I", "E") or not (count(OBX) > 0)'
seed condition-2 1 'PID-3[*].5 matches "M*" and PID-7 < "20080101" and length(PID-5.1) >= 2'
seed condition-3 1 'null(PID-5) or OBX[2]-5 not valued and ZPI valued'
seed time-1 5 '20240229101500.1234-0600'
seed time-2 5 '2024'
for set in 00 01 02 03 06 07 08 09 0a 0b 0c 0d; do
    printf "\\x03\\x$set\\x1b\$B;3EDa\\x1b(B\\xc8\\x7e\\xdf\\x7c|\\xa5\\x5c\\xe9" > "$corpus/charset-$set"
done

exec env ASAN_OPTIONS=detect_leaks=0 "$out/fuzz" "$corpus" -artifact_prefix="$finds/" -dict=Scripts/fuzz/hl7.dict \
    -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1
