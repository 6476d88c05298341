# shellcheck shell=bash
# Shared by scripts/nginx-site and scripts/apache-site, which fill in templates with the values of an installation and
# with the texts of the registry; scripts/setup uses `fail`. It is sourced, never run.

declare -A values
# The options as they were given, each a line.
given=()

fail() {
    echo "$(basename "$0"): $1" >&2
    exit 2
}

# Adds the texts of the registry to `values`. WEB_HEADERS become lines in the server's syntax: the form contains `%s`
# for the name of a header and `%s` for its value.
read_texts() {
    local form=$1 kind name text line headers=
    while read -r kind name text; do
        case $kind in
            value) values[$name]=$text ;;
            web-header)
                # shellcheck disable=SC2059 # the form is the caller's
                printf -v line "$form" "$name" "$text"
                headers+=${headers:+$'\n'}$line
                ;;
        esac
    done <"$(dirname "${BASH_SOURCE[0]}")/web-server-texts"
    values[WEB_HEADERS]=$headers
}

# Prints a template with its values.
filled() {
    local text name
    text=$(<"$1")
    for name in "${!values[@]}"; do
        text=${text//"@$name@"/"${values[$name]}"}
    done
    printf '%s\n' "$text"
}

# Writes down the options that were given, so that `coffer setup` and people know how the site was made.
record_options() {
    {
        echo "# The options with which scripts/$(basename "$0") has written this directory."
        ((${#given[@]} == 0)) || printf '%s\n' "${given[@]}"
    } >"$1/options"
}

# Fails if a placeholder is left. The server might accept it.
check_filled() {
    local line
    ! line=$(grep -rnE '@[A-Z][A-Z0-9_]*@' "$1") || fail "there is no value for $line"
}
