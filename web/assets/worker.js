// The service worker of the installed app. It keeps no file and no answer: without a server it only says so.

const PAGE = `<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <meta name="color-scheme" content="light dark">
  <title>Offline – Coffer</title>
</head>
<body>
  <h1>Coffer cannot be reached</h1>
  <p>Your files are safe on the server. Check your connection, then reload this page.</p>
  <p lang="de">Coffer ist nicht erreichbar. Ihre Dateien liegen sicher auf dem Server. Prüfen Sie die Verbindung und
    laden Sie die Seite neu.</p>
</body>
</html>
`;

const HEADERS = {
  "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'none'",
  "Cache-Control": "no-store",
};

const isPage = ({ mode, url }) => mode === "navigate" && !new URL(url).pathname.includes("/rpc/");

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("fetch", (event) => {
  if (!isPage(event.request)) return;
  event.respondWith(fetch(event.request).catch(() => new Response(PAGE, { status: 503, headers: HEADERS })));
});
