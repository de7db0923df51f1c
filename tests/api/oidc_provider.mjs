/**
 * A strict OpenID Connect provider for tests: `node oidc_provider.mjs PACKAGE_JSON PORT REDIRECT_URI PEOPLE`.
 * It says when it listens, takes what it is to say of people otherwise as lines of JSON, and ends with its input:
 * whoever started it may have been killed, or may have ended a wrapper of node alone.
 */
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [packages, port, redirectUri, people] = process.argv.slice(2);
const { Provider } = createRequire(packages)("oidc-provider");
const known = JSON.parse(people);

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [{ client_id: "scarmass", client_secret: "a secret of the tests alone", redirect_uris: [redirectUri] }],
  claims: { openid: ["sub"], profile: ["name", "preferred_username", "groups"], email: ["email"] },
  findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ sub, ...known[sub] }) }),
  pkce: { required: () => true },
  cookies: { keys: ["of the tests alone"] },
});
createInterface({ input: process.stdin })
  .on("line", (line) => {
    Object.assign(known, JSON.parse(line));
    console.log("changed");
  })
  .on("close", () => process.exit());
provider.listen(Number(port), "127.0.0.1", () => console.log("listening"));
