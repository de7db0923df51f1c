// Makes static/vendor/: the one bundle of the reading page, and Swagger UI for a self-hosted /docs.

import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "static", "vendor");

// cornerstone3D reaches for these only in Node; the browser never calls them.
const nodeOnly = {
  name: "node-only",
  setup(bundle) {
    bundle.onResolve({ filter: /^(fs|path|url|xmlbuilder2)$/ }, ({ path }) => ({ path, namespace: "node-only" }));
    bundle.onLoad({ filter: /.*/, namespace: "node-only" }, () => ({
      contents: "module.exports = {}",
      loader: "js",
    }));
  },
};

// What the page uses, and its types.
const exported = `export {
  init, RenderingEngine, Enums, metaData, imageLoader, getShouldUseCPURendering,
} from "@cornerstonejs/core";`;

await mkdir(vendor, { recursive: true });
await writeFile(join(vendor, "cornerstone.d.ts"), exported);
await build({
  absWorkingDir: here,
  stdin: {
    contents: exported,
    resolveDir: here,
    loader: "js",
  },
  outfile: join(vendor, "cornerstone.js"),
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  legalComments: "linked",
  define: { global: "globalThis", "process.env.NODE_ENV": '"production"' },
  plugins: [nodeOnly],
  logLevel: "warning",
});

const swagger = join(here, "node_modules", "swagger-ui-dist");
for (const name of ["swagger-ui.css", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt"])
  await copyFile(join(swagger, name), join(vendor, name));
