// Removes all headers of an S3 store's response except those that describe the bytes. This runs before add_header,
// which adds the worker's headers afterwards.
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
