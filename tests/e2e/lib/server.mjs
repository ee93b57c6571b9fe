// Serves the built page as a static host would, under a content security policy that a strict site has.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("../../../", import.meta.url));

const TYPES = {
  ".css": "text/css; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml; charset=utf-8",
  ".toml": "text/plain; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".woff2": "font/woff2",
};

// `frame-ancestors` stays open: the page is made to be embedded.
const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "font-src 'self'",
  "worker-src 'self'",
  "frame-src 'self'",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

// What a careful person writes who has read which one thing WebAssembly needs.
const STRICT = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'";

// The first prefix that fits decides. `tests/e2e/fixtures` holds pages of others, which embed ours.
const FOLDERS = [
  { prefix: "/fixtures/", folder: join(root, "tests/e2e/fixtures"), headers: {} },
  { prefix: "/strict/", folder: join(root, "dist"), headers: { "content-security-policy": STRICT } },
  { prefix: "/a/b/", folder: join(root, "dist"), headers: { "content-security-policy": POLICY } },
  { prefix: "/", folder: join(root, "dist"), headers: { "content-security-policy": POLICY } },
];

async function answer(request, response) {
  const path = decodeURIComponent(new URL(request.url, "http://localhost").pathname);
  const { prefix, folder, headers } = FOLDERS.find(({ prefix }) => path.startsWith(prefix));
  const name = path.slice(prefix.length) || "index.html";
  const file = normalize(join(folder, name));
  try {
    if (!file.startsWith(folder + sep)) throw new Error("outside");
    const body = await readFile(file);
    const type = TYPES[extname(file)] ?? "application/octet-stream";
    response.writeHead(200, { "content-type": type, "cache-control": "no-store", ...headers });
    response.end(body);
  } catch {
    response.writeHead(404, { "content-type": "text/plain" });
    response.end(`nothing at ${path}\n`);
  }
}

/**
 * Starts the server on a free port; `url` is the page, `subUrl` the same page under a longer path, `strictUrl` under
 * a policy that could not be shorter.
 */
export async function serve() {
  const index = await readFile(join(root, "dist/index.html"), "utf8").catch(() => "");
  // Trunk by itself leaves its script inline, which the policy above forbids.
  if (!index || /<script type="?module"?>/.test(index)) {
    console.error("dist/ does not hold the page to be shipped; `cargo page` builds it.");
    process.exit(1);
  }
  const server = createServer(answer);
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${server.address().port}/`;
  return { url, subUrl: `${url}a/b/`, strictUrl: `${url}strict/`, fixturesUrl: `${url}fixtures/`, close: () => server.close() };
}
