# shellcheck shell=sh
# Whether this host can start the programs of the archive by itself. It is sourced, never run.

# Fails with a message if the archive is for another kind of machine. Argument: the directory of the archive.
check_machine() {
    [ "$(uname -sm)" != "$(cat "$1/lib/machine")" ] || return 0
    echo "This archive is for $(cat "$1/lib/machine"), and this host is $(uname -sm)." >&2
    return 1
}

# Whether the host has the libraries that the programs need, in versions that are new enough. Otherwise the loader and
# the libraries in lib/bundled start them. Argument: the directory of the archive.
has_libraries() {
    # The host's loader lists what a program would load. What is missing or too old is not found.
    case $(for name in coffer coffer.fcgi; do LD_TRACE_LOADED_OBJECTS=1 "$1/lib/$name" 2>&1; done) in
        *"not found"*) return 1 ;;
    esac
}
