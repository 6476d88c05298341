# shellcheck shell=bash
# Shared by scripts/run and scripts/setup. It is sourced, never run.

# Prints the origin of requests for blobs, as the workers derive it from the storage URL.
storage_origin() {
    local storage_url=$1 bucket=${1#s3://} query="" pair value
    local -A parameters=()
    if [[ $storage_url == *\?* ]]; then query=${storage_url#*\?}; fi
    bucket=${bucket%%[/?]*}
    while IFS="=" read -r -d "&" pair value; do [[ -z $pair ]] || parameters[$pair]=$value; done <<<"$query&"
    local endpoint=${parameters[endpoint]-}
    local style=${parameters[style]-}
    : "${style:=$([[ $endpoint ]] && echo path || echo virtual)}"
    : "${endpoint:=https://s3.${parameters[region]-us-east-1}.amazonaws.com}"
    if [[ $style == virtual ]]; then endpoint=${endpoint%%://*}://$bucket.${endpoint#*://}; fi
    echo "$endpoint"
}
