# shellcheck shell=bash
# What scripts/nginx-site and scripts/apache-site share: templates filled in with an installation's values and with the
# registry's texts. Sourced, never run.

declare -A values

fail() {
    echo "$(basename "$0"): $1" >&2
    exit 2
}

# Adds the texts of the registry to `values`. WEB_HEADERS are lines of the server's own: `%s` in the form is the name of
# a header, then its value.
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

# A value that is missing is a mistake of ours, which the server might not notice.
check_filled() {
    local line
    ! line=$(grep -rnE '@[A-Z][A-Z0-9_]*@' "$1") || fail "there is no value for $line"
}
