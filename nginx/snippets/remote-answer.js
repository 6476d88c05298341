// Of what an S3 store says beside the bytes only what describes them goes on. Runs before add_header: what the worker says
// is put on afterwards, and those that its answer has left in place (X-Accel-Redirect) stay.
const ours = [
    "content-length", "content-range", "content-type", "content-disposition", "cache-control", "accept-ranges",
];

function onlyOurs(request) {
    for (const name in request.headersOut) {
        if (!ours.includes(name.toLowerCase())) {
            delete request.headersOut[name];
        }
    }
}

export default { onlyOurs };
