import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { Problem, Unreachable } from "../../frontend/static/js/common/api.js";
import { UploadQueue } from "../../frontend/static/js/upload/queue.js";
import { byReason, refusalsText } from "../../frontend/static/js/upload/refusals.js";
import { installBrowser, settled } from "./fakes.js";

const study = { study_instance_uid: "1.2", stacks: [{ is_lge: true }] };

/** A server that keeps what it is sent, each content once; answers may be lost, and it may be away. */
class Intake {
  /** @type {string[][]} the paths of each request that reached it */
  requests = [];
  kept = new Set();
  isAway = false;
  losesAnswer = false;
  /** @type {Map<string, string>} reasons by path */
  refuses = new Map();
  problem = null;
  /** @type {(() => void)|null} answers a request that it holds */
  answer = null;
  /** Where a request stays: half of it sent, or all. */
  holds = "";

  send = async (group, onProgress, signal) => {
    if (this.isAway) throw new Unreachable("The server cannot be reached.");
    this.requests.push(group.map(({ path }) => path));
    const bytes = group.reduce((sum, { file }) => sum + file.size, 0);
    onProgress(this.holds === "half" ? bytes / 2 : bytes);
    if (this.holds) await this.#until(signal);
    const problem = this.problem?.(group);
    if (problem) throw problem;
    const usable = group.filter(({ path }) => !this.refuses.has(path));
    const fresh = usable.filter(({ path }) => !this.kept.has(path));
    for (const { path } of usable) this.kept.add(path);
    if (this.losesAnswer) {
      this.losesAnswer = false;
      throw new Unreachable("The server's answer was cut off.");
    }
    const rejected = [...group.entries()]
      .filter(([, { path }]) => this.refuses.has(path))
      .map(([place, { path }]) => ({ name: String(place), reason: this.refuses.get(path) }));
    return {
      studies: usable.length ? [study] : [],
      rejected,
      stored: fresh.length,
      already_here: usable.length - fresh.length,
    };
  };

  #until(signal) {
    return new Promise((done, failed) => {
      this.answer = done;
      signal.addEventListener("abort", () => failed(new Unreachable("The server cannot be reached.")));
    });
  }
}

const found = (...paths) => paths.map((path) => ({ path, file: new File([path], path, { lastModified: 1 }) }));
const many = (count) => found(...Array.from({ length: count }, (_, n) => `series/${n}.dcm`));
const pass = async (milliseconds) => {
  await settled();
  mock.timers.tick(milliseconds);
  await settled();
};

let server;
let queue;

beforeEach(() => {
  installBrowser();
  server = new Intake();
  queue = new UploadQueue(server.send);
});

test("files go in groups, in the order of their paths, each once", async () => {
  await queue.add(many(250).reverse());
  assert.deepEqual(
    server.requests.flat(),
    many(250).map(({ path }) => path),
  );
  assert.ok(server.requests.every((group) => group.length <= 100));
  assert.equal(queue.state, "done");
  assert.deepEqual(queue.files.counts, { waiting: 0, sending: 0, arrived: 250, refused: 0 });
  assert.equal(queue.files.bytesDone, queue.files.bytes);
  assert.deepEqual([queue.files.stored, queue.files.studies.get("1.2")], [250, true]);
});

test("a file that is larger than a group goes alone", async () => {
  const large = { path: "b.zip", file: new File([new Uint8Array(17e6)], "b.zip") };
  await queue.add([...found("a", "c"), large]);
  assert.deepEqual(server.requests, [["a"], ["b.zip"], ["c"]]);
});

test("after a lost connection the rest follows by itself, and nothing that arrived is sent again", async () => {
  server.holds = "all";
  const run = queue.add(many(300));
  await settled();
  server.holds = "";
  server.isAway = true;
  server.answer();
  await settled();
  assert.deepEqual([queue.state, queue.files.counts.arrived, queue.files.counts.waiting], ["lost", 100, 200]);
  server.isAway = false;
  mock.timers.tick(1000);
  await run;
  assert.equal(queue.state, "done");
  assert.deepEqual([server.requests.flat().length, server.kept.size], [300, 300]);
});

test("a server that stays away is asked less and less often, and at once when the reader wants it", async () => {
  server.isAway = true;
  void queue.add(found("a"));
  await pass(1000);
  await pass(1000);
  assert.equal(queue.state, "lost");
  server.isAway = false;
  await pass(900);
  assert.equal(queue.state, "lost");
  await queue.resume();
  await settled();
  assert.deepEqual([queue.state, server.requests], ["done", [["a"]]]);
});

test("what arrived while its answer was lost is counted as already here", async () => {
  server.losesAnswer = true;
  void queue.add(found("a", "b"));
  await pass(1000);
  assert.deepEqual([queue.state, queue.files.stored, queue.files.alreadyHere], ["done", 0, 2]);
  assert.equal(server.kept.size, 2);
});

test("cancelled half-way through a request, the request is taken back and the rest can be resumed", async () => {
  server.holds = "half";
  const run = queue.add(many(150));
  await settled();
  queue.cancel();
  await run;
  assert.deepEqual([queue.state, queue.trouble], ["stopped", ""]);
  assert.deepEqual(queue.files.counts, { waiting: 150, sending: 0, arrived: 0, refused: 0 });
  server.holds = "";
  await queue.resume();
  assert.equal(queue.files.counts.arrived, 150);
});

test("cancelled when all bytes have left, the answer is waited for: what arrived is known", async () => {
  server.holds = "all";
  const run = queue.add(many(150));
  await settled();
  queue.cancel();
  assert.ok(queue.isEnding);
  server.answer();
  await run;
  assert.equal(queue.state, "stopped");
  assert.deepEqual(queue.files.counts, { waiting: 50, sending: 0, arrived: 100, refused: 0 });
});

test("cancelled twice, nothing is waited for", async () => {
  server.holds = "all";
  const run = queue.add(found("a"));
  await settled();
  queue.cancel();
  queue.cancel();
  await run;
  assert.deepEqual([queue.state, queue.files.counts.waiting], ["stopped", 1]);
});

test("a folder that is chosen again while its upload is stopped goes on where it was", async () => {
  server.holds = "all";
  const run = queue.add(many(150));
  await settled();
  queue.cancel();
  server.answer();
  await run;
  server.holds = "";
  await queue.add(many(150));
  assert.deepEqual([queue.state, server.requests.flat().length], ["done", 150]);
});

test("what is refused is told by path and reason, also of files within an archive", async () => {
  server.refuses.set("x/notes.txt", "not a DICOM file");
  await queue.add(found("x/a.dcm", "x/notes.txt"));
  queue.files.answered([], { rejected: [] });
  assert.deepEqual(queue.files.refusals, [{ name: "x/notes.txt", reason: "not a DICOM file" }]);
  assert.deepEqual(queue.files.counts, { waiting: 0, sending: 0, arrived: 1, refused: 1 });
  const [archive] = queue.files.items;
  queue.files.answered([archive], { rejected: [{ name: "0/in/b.txt", reason: "not a DICOM file" }] });
  assert.deepEqual(queue.files.refusals[1], { name: "x/a.dcm/in/b.txt", reason: "not a DICOM file" });
  assert.equal(archive.state, "arrived");
  queue.files.answered([archive], { rejected: [{ name: "of a long path/c.txt", reason: "not a DICOM file" }] });
  assert.equal(queue.files.refusals[2].name, "of a long path/c.txt");
});

test("a file that cannot be read any more is refused, and the others go", async () => {
  const gone = { path: "b", file: new File(["b"], "b") };
  gone.file.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException("gone", "NotFoundError")) });
  await queue.add([...found("a", "c"), gone, { path: "locked", file: null }]);
  assert.deepEqual(server.requests, [["a", "c"]]);
  assert.deepEqual(queue.files.refusals.map(({ name }) => name).sort(), ["b", "locked"]);
  assert.equal(queue.state, "done");
});

test("where a proxy takes less at once, less is sent at once; a file that is too large alone is refused", async () => {
  server.problem = (group) =>
    group.length > 30 || group[0].path === "z" ? new Problem(413, { title: "Too large" }) : null;
  await queue.add([...many(100), ...found("z")]);
  assert.equal(server.kept.size, 100);
  assert.deepEqual(queue.files.refusals, [{ name: "z", reason: "Too large" }]);
});

test("a full disk stops the upload with its reason; a server that fails is tried a few times", async () => {
  server.problem = () => new Problem(507, { detail: "the server's disk is full" });
  await queue.add(found("a"));
  assert.deepEqual([queue.state, queue.trouble], ["stopped", "the server's disk is full"]);
  server.problem = () => new Problem(500, { title: "Broken" });
  const run = queue.resume();
  for (let time = 0; time < 6; time++) await pass(15_000);
  await run;
  assert.deepEqual([queue.state, queue.trouble, server.requests.length], ["stopped", "Broken", 1 + 4]);
  server.problem = null;
  await queue.resume();
  assert.deepEqual([queue.state, queue.trouble], ["done", ""]);
});

test("refusals are grouped by reason, those of most files first, and written as text", () => {
  const refusals = ["a", "b", "c"].map((name) => ({ name, reason: name === "a" ? "empty" : "damaged" }));
  assert.deepEqual(byReason(refusals), [
    ["damaged", ["b", "c"]],
    ["empty", ["a"]],
  ]);
  assert.equal(refusalsText(refusals), "damaged (2 files)\n  b\n  c\n\nempty (1 file)\n  a\n");
});
