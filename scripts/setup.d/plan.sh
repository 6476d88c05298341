# shellcheck shell=bash
# The plan of scripts/setup: steps with their actions, the question, and what is printed if a step fails. It is sourced,
# never run.
#
# All inspection comes first. It calls `there` for what exists, and for what does not `will`, followed by `does` and
# `acts` for each action. `problem` records a reason not to begin at all.

plan_lines=()
problems=()
notes=()
step_texts=()
# One entry for each action: its step's number, what is shown, and the code to evaluate.
action_steps=()
action_texts=()
action_codes=()
finished=()
current=
stamp=$(date +%Y%m%dT%H%M%S)
backups=/var/backups/coffer-setup/$stamp

say() { printf '%s\n' "$*"; }

there() { plan_lines+=("  there already  $*"); }

# Begins a step.
will() {
    step_texts+=("$*")
    plan_lines+=("  will be made   $*")
}

# Adds a command to the step.
does() { acts "$(shown "$@")" "$@"; }

# Adds an action to the step: the text that the plan shows, of several lines or empty, and a command.
acts() {
    local line
    action_steps+=(${#step_texts[@]})
    action_texts+=("$1")
    while [[ $1 ]] && IFS= read -r line; do plan_lines+=("                   $line"); done <<<"$1"
    shift
    action_codes+=("$(printf '%q ' "$@")")
}

# Something that only a person can do. It is printed at the end.
note() { notes+=("$*"); }

problem() { [[ $'\n'$(printf '%s\n' "${problems[@]}")$'\n' == *$'\n'"$*"$'\n'* ]] || problems+=("$*"); }

# Prints words as a shell reads them, with quotes only where they are needed.
shown() {
    local word text=
    for word; do
        [[ $word =~ ^[][A-Za-z0-9_./:=,@%+-]+$ ]] || word=${word@Q}
        text+="${text:+ }$word"
    done
    printf '%s\n' "$text"
}

# Stops before anything is changed.
refuse() {
    printf 'setup: %s Nothing was changed.\n' "$*" >&2
    exit 1
}

# Records a problem if a file or a directory that a step will write cannot be written. access(2) considers read-only
# file systems, even for root.
must_be_writable() {
    local path
    for path; do
        path=$(realpath -m -- "$path")
        while [[ ! -e $path ]]; do path=$(dirname "$path"); done
        [[ -w $path ]] || problem "$path cannot be written. Is its file system read-only?"
    done
}

# Stops before anything is changed, if there are problems.
stop_at_problems() {
    local text
    ((${#problems[@]})) || return 0
    for text in "${problems[@]}"; do printf 'setup: %s\n' "$text" >&2; done
    printf 'setup: Nothing was changed.\n' >&2
    exit 1
}

show_plan() {
    say "The plan for this machine:"
    say ""
    printf '%s\n' "${plan_lines[@]}"
    say ""
}

# Asks whether to begin. --yes answers.
ask_to_begin() {
    local answer=
    [[ -z $yes ]] || return 0
    [[ -t 0 ]] || refuse "standard input is not a terminal, so nobody can answer: use --yes."
    read -rp "Go on? [y/N] " answer || true
    [[ ${answer,,} == @(y|yes) ]] || { say "Nothing was changed."; exit 1; }
}

carry_out() {
    local step=0 index
    trap report_failure EXIT
    trap 'exit 130' INT TERM HUP
    for index in "${!action_codes[@]}"; do
        if ((step != action_steps[index])); then
            [[ -z $current ]] || finished+=("$current")
            step=${action_steps[index]}
            current=${step_texts[step - 1]}
            say "== $current"
        fi
        eval "${action_codes[index]}"
    done
    finished+=("$current")
    current=
    trap - EXIT INT TERM HUP
}

# Says what failed and what was done. Everything that was done stays.
report_failure() {
    local status=$? text
    [[ $current ]] || return 0
    {
        if ((status == 130)); then
            say "setup: Interrupted at this step: $current"
        else
            say "setup: This step failed: $current"
        fi
        say "setup: Done before it: ${finished[0]-nothing}"
        for text in "${finished[@]:1}"; do say "setup:                 $text"; done
        say "setup: What was done stays. Run coffer setup again to continue."
    } >&2
    ((status)) || exit 1
}

# Files

# Copies files to the directory of backups before they are changed. Not beside them, as a server may read every file of
# the directory.
back_up() {
    local file
    for file; do
        [[ -e $file ]] || continue
        install -d -m 700 /var/backups/coffer-setup "$backups"
        # Not from elsewhere: for the attributes of the parents, cp takes an absolute path as a relative one.
        (cd / && cp -a --parents -- ".$file" "$backups")
    done
}

# Replaces the contents of a file by what a command prints, at once. Keeps its owner and mode, and a backup.
replace_file() {
    local file new
    file=$(realpath -- "$1")
    new=$(dirname "$file")/.$(basename "$file").coffer-new
    back_up "$file"
    cp -p -- "$file" "$new"
    "${@:2}" >"$new"
    sync -- "$new"
    mv -- "$new" "$file"
}

# Adds lines at the end of a file.
append_lines() { replace_file "$1" with_lines_after "$@"; }

with_lines_after() {
    cat -- "$1"
    # A last line without its newline stays a line of its own.
    [[ -z $(tail -c 1 -- "$1") ]] || echo
    printf '%s\n' "${@:2}"
}

# Adds a line at the beginning of a file.
prepend_line() { replace_file "$1" with_line_before "$@"; }

with_line_before() {
    printf '%s\n' "$2"
    cat -- "$1"
}

# Writes a whole file with mode 0644, at once. The temporary file is in another directory of the same file system, since
# a server may read every file of this one. Arguments: the file, that directory, the lines.
write_file() {
    local file=$1 place=$2 new
    shift 2
    back_up "$file"
    mkdir -p "$(dirname "$file")"
    new=$(mktemp "$place/.coffer-new.XXXXXX")
    printf '%s\n' "$@" >"$new"
    chmod 644 "$new"
    mv -- "$new" "$file"
}

# Whether a file has exactly these lines.
has_lines() { [[ -f $1 ]] && cmp -s -- "$1" <(printf '%s\n' "${@:2}"); }

# Restarts and reloads
#
# If setup is interrupted between a change and the reload, a mark remains, so the next run knows. /run is empty after a
# boot, when everything has been loaded.

marks=/run/coffer-setup

mark() { mkdir -p "$marks" && : >"$marks/$1"; }
is_marked() { [[ -e $marks/$1 ]]; }
unmark() { rm -f "$marks/$1"; }
